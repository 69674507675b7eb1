/* A hostile container file, its records read by the plan of the schema that it carries. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "schemas/container.h"
#include "schemas/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_records(flinch__container *container, const flinch__plan *plan) {
    flinch__capture captures[1];
    flinch__row row = {.captures = captures};
    flinch_error error;
    for (;;) {
        const uint8_t *data = NULL;
        size_t size = 0;
        size_t used = 0;
        if (!flinch_is_ok(flinch__container_peek(container, &data, &size, &error)) || size == 0)
            return;
        if (flinch__plan_run(plan, data, size, &row, &used) != FLINCH_CAUSE_NONE)
            return;
        if (!flinch_is_ok(flinch__container_advance(container, used, &error)))
            return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const CAPTURED[] = {"a"};
    flinch__want want = {.captures = CAPTURED, .capture_count = 1};
    flinch__container *container = NULL;
    flinch__plan *plan = NULL;
    flinch_error error;
    if (!flinch_is_ok(flinch__container_open(data, size, &container, &error)))
        return 0;
    const char *schema = flinch__container_schema(container);
    if (flinch_is_ok(flinch__plan_compile(schema, strlen(schema), &want, &plan, &error)))
        read_records(container, plan);
    flinch__plan_free(plan);
    flinch__container_close(container);
    return 0;
}
