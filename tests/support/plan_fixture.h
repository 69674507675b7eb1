/* A plan with its row, compiled from a list of field names, for tests of decoding. */
#ifndef FLINCH_TESTS_SUPPORT_PLAN_FIXTURE_H
#define FLINCH_TESTS_SUPPORT_PLAN_FIXTURE_H

#include "schemas/plan.h"
#include "tests/support/test_bytes.h"

enum { FIXTURE_MAX = 48 };

typedef struct plan_fixture {
    flinch__plan *plan;
    double values[FIXTURE_MAX];
    flinch__capture captures[FIXTURE_MAX];
    flinch__row row;
    size_t used;
    flinch_status status;
    flinch_error error;
} plan_fixture;

/* `inputs` and `captures` are lists of paths set apart by spaces. An input "path=a|b" is one_hot
 * with the categories a and b. */
void plan_fixture_init(plan_fixture *fixture, const char *schema, const char *inputs,
                       const char *captures);
/* Runs the plan and frees the bytes. */
flinch__cause plan_fixture_run(plan_fixture *fixture, test_bytes *bytes);
void plan_fixture_fini(plan_fixture *fixture);

#endif
