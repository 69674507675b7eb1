/* Compiling a plan. The plan is compiled from our own tree of the schema, not from the one that
 * Avro C parses, for two reasons. Avro C's drops what we bind by: the aliases of fields and the
 * logical types. And its safety would be ours to prove: it takes a fixed of a negative size, a
 * record that holds itself and two fields of one name as they come. So our tree is read and vetted
 * first, and Avro C is asked afterwards, as a second opinion, whether it reads the text as a schema
 * at all. It never sees the bytes of a record. */
#include "schemas/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/plan_code.h"

static flinch_status no_memory(flinch_error *error) {
    return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a plan");
}

static flinch_status prepare(flinch__plan *plan, const flinch__want *want, flinch_error *error) {
    const flinch_input_list *inputs = &want->inputs;
    flinch__arena *arena = &plan->arena;
    plan->input_count = inputs->count;
    plan->capture_count = want->capture_count;
    plan->routines = flinch__arena_alloc(arena, plan->schema->type_count, sizeof *plan->routines);
    plan->categories = flinch__arena_alloc(arena, inputs->count, sizeof *plan->categories);
    plan->bindings = flinch__arena_alloc(arena, inputs->count, sizeof *plan->bindings);
    plan->one_hot = flinch__arena_alloc(arena, inputs->count, sizeof *plan->one_hot);
    if (plan->routines == NULL || plan->categories == NULL || plan->bindings == NULL ||
        plan->one_hot == NULL)
        return no_memory(error);
    for (uint32_t i = 0; i < inputs->count; i++) {
        if (!flinch__category_set_init(&plan->categories[i], arena, &inputs->items[i]))
            return no_memory(error);
        if (inputs->items[i].transform == FLINCH_TRANSFORM_ONE_HOT)
            plan->one_hot[plan->one_hot_count++] = i;
    }
    return flinch_status_of(FLINCH_OK);
}

static void append(char *text, size_t capacity, const char *name) {
    size_t used = strlen(text);
    (void)snprintf(text + used, capacity - used, "%s%s", used == 0 ? "" : ", ", name);
}

/* Fails if inputs are wanted and the schema has none of them: it is then a schema of something
 * else, and every record would be nothing but holes. */
static flinch_status check_bound(const flinch__plan *plan, const flinch__want *want,
                                 flinch_error *error) {
    enum { NAMES = 4, LIST_BYTES = 200 };
    char wanted[LIST_BYTES] = "";
    char present[LIST_BYTES] = "";
    for (uint32_t i = 0; i < plan->input_count; i++) {
        if (plan->bindings[i].problem == NULL)
            return flinch_status_of(FLINCH_OK);
        if (i < NAMES)
            append(wanted, sizeof wanted, want->inputs.items[i].field);
    }
    if (plan->input_count == 0)
        return flinch_status_of(FLINCH_OK);
    const flinch__type *root = plan->schema->root;
    for (uint32_t i = 0; i < NAMES && root->kind == FLINCH_KIND_RECORD && i < root->count; i++)
        append(present, sizeof present, root->fields[i].name);
    return flinch_fail(error, FLINCH_BAD_DATA,
                       "schema: none of the %u features binds (%.200s, …): it has %.200s",
                       plan->input_count, wanted, present[0] == '\0' ? "no fields" : present);
}

static flinch_status compile(flinch__plan *plan, const flinch__want *want, flinch_error *error) {
    FLINCH_TRY(prepare(plan, want, error));
    FLINCH_TRY(flinch__plan_emit(plan, want, error));
    return check_bound(plan, want, error);
}

flinch_status flinch__plan_compile(const char *schema, size_t schema_size, const flinch__want *want,
                                   flinch__plan **out_plan, flinch_error *error) {
    *out_plan = NULL;
    flinch__plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return no_memory(error);
    flinch_status status = flinch__schema_parse(schema, schema_size, &plan->schema, error);
    if (flinch_is_ok(status))
        status = compile(plan, want, error);
    if (flinch_is_ok(status))
        *out_plan = plan;
    else
        flinch__plan_free(plan);
    return status;
}

void flinch__plan_free(flinch__plan *plan) {
    if (plan == NULL)
        return;
    flinch__code_fini(&plan->code);
    flinch__arena_fini(&plan->arena);
    flinch__schema_free(plan->schema);
    free(plan);
}

flinch__binding flinch__plan_binding(const flinch__plan *plan, uint32_t input) {
    return plan->bindings[input];
}
