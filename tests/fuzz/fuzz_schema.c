/* A hostile schema with a hostile record: schema text up to the first zero byte, record behind it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/plan.h"

enum { INPUTS = 4, CAPTURES = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_plan(const flinch__plan *plan, const uint8_t *data, size_t size) {
    double values[INPUTS];
    flinch__capture captures[CAPTURES];
    flinch__row row = {.values = values, .captures = captures};
    size_t used = 0;
    if (flinch__plan_run(plan, data, size, &row, &used) == FLINCH_CAUSE_NONE && used > size)
        abort();
}

static void list_paths(const char *schema, size_t size) {
    static const char *const EXCEPT[] = {"b"};
    flinch__paths paths;
    flinch_error error;
    if (flinch_is_ok(flinch__schema_numeric_paths(schema, size, EXCEPT, 1, &paths, &error)))
        flinch__paths_free(&paths);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const CATEGORIES[] = {"A", "true", "0"};
    static const char *const CAPTURED[CAPTURES] = {"a", "b.a", "a.0.k"};
    static const flinch_input ITEMS[INPUTS] = {
        {.field = "a"},
        {.field = "b",
         .transform = FLINCH_TRANSFORM_ONE_HOT,
         .categories = CATEGORIES,
         .category_count = 3},
        {.field = "a.a.a"},
        {.field = "b.0"},
    };
    /* Without inputs no schema is refused for binding none. */
    const uint32_t input_counts[] = {INPUTS, 0};
    const uint8_t *zero = size == 0 ? NULL : memchr(data, 0, size);
    size_t schema_size = zero == NULL ? size : (size_t)(zero - data);
    size_t record_at = zero == NULL ? size : schema_size + 1;
    for (size_t i = 0; i < 2; i++) {
        flinch__want want = {.inputs = {.items = ITEMS, .count = input_counts[i]},
                             .captures = CAPTURED,
                             .capture_count = CAPTURES};
        flinch__plan *plan = NULL;
        flinch_error error;
        flinch_status status =
            flinch__plan_compile((const char *)data, schema_size, &want, &plan, &error);
        if (flinch_is_ok(status))
            run_plan(plan, data + record_at, size - record_at);
        flinch__plan_free(plan);
    }
    list_paths((const char *)data, schema_size);
    return 0;
}
