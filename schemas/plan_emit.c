#include <string.h>

#include "schemas/plan_code.h"
#include "schemas/plan_path.h"

enum { PATH_DEPTH_MAX = 64 };

typedef struct compiler {
    flinch__plan *plan;
    const flinch__want *want;
    flinch__arena scratch;
    const flinch__type **shown; /* [inputs] what each one met */
    uint32_t barrier;  /* code before it ends elsewhere than where the next instruction begins */
    uint32_t *pending; /* records whose routine is called but not yet written */
    uint32_t pending_count;
    flinch_error *error;
} compiler;

static flinch_status emit_type(compiler *c, const flinch__type *type, flinch__targets wanted);
static flinch_status emit_skip(compiler *c, const flinch__type *type);

static flinch_status checked(const compiler *c, flinch_code code) {
    if (code == FLINCH_TOO_LARGE)
        return flinch_fail(c->error, FLINCH_BAD_DATA, "schema: its plan would be too long");
    if (code != FLINCH_OK)
        return flinch_fail(c->error, code, "no memory for a plan");
    return flinch_status_of(FLINCH_OK);
}

static flinch_status emit(compiler *c, flinch__ins ins, uint32_t *out_at) {
    ins.next = c->plan->code.ins_count + 1;
    uint32_t at = 0;
    FLINCH_TRY(checked(c, flinch__code_ins(&c->plan->code, ins, &at)));
    if (out_at != NULL)
        *out_at = at;
    return flinch_status_of(FLINCH_OK);
}

/* The last instruction, if the next one may be merged into it. */
static flinch__ins *last_ins(compiler *c) {
    flinch__code *code = &c->plan->code;
    return code->ins_count > c->barrier ? &code->ins[code->ins_count - 1] : NULL;
}

static void set_barrier(compiler *c) {
    c->barrier = c->plan->code.ins_count;
}

static void end_bodies(compiler *c, uint32_t at) {
    c->plan->code.ins[at].next = c->plan->code.ins_count;
    set_barrier(c);
}

static flinch_status emit_body(compiler *c, const flinch__type *type, flinch__targets wanted,
                               uint32_t *out_at) {
    set_barrier(c);
    *out_at = c->plan->code.ins_count;
    FLINCH_TRY(emit_type(c, type, wanted));
    return emit(c, (flinch__ins){.op = FLINCH_OP_RETURN}, NULL);
}

static flinch_status emit_bytes(compiler *c, uint32_t bytes) {
    if (bytes == 0)
        return flinch_status_of(FLINCH_OK);
    flinch__ins *last = last_ins(c);
    if (last != NULL && last->op == FLINCH_OP_SKIP && last->arg < FLINCH__WIDTH_MAX) {
        last->arg += bytes;
        return flinch_status_of(FLINCH_OK);
    }
    return emit(c, (flinch__ins){.op = FLINCH_OP_SKIP, .arg = bytes}, NULL);
}

static flinch__ins leaf_ins(const flinch__type *type) {
    switch (type->kind) {
    case FLINCH_KIND_BOOLEAN:
        return (flinch__ins){.op = FLINCH_OP_BOOLEAN};
    case FLINCH_KIND_INT:
        return (flinch__ins){.op = FLINCH_OP_INT};
    case FLINCH_KIND_LONG:
        return (flinch__ins){.op = FLINCH_OP_LONG};
    case FLINCH_KIND_FLOAT:
        return (flinch__ins){.op = FLINCH_OP_FLOAT};
    case FLINCH_KIND_DOUBLE:
        return (flinch__ins){.op = FLINCH_OP_DOUBLE};
    case FLINCH_KIND_ENUM:
        return (flinch__ins){.op = FLINCH_OP_ENUM, .arg = type->id};
    case FLINCH_KIND_FIXED:
        if (type->logical == FLINCH_LOGICAL_DECIMAL)
            return (flinch__ins){.op = FLINCH_OP_FIXED_DECIMAL, .arg = type->id};
        return (flinch__ins){.op = FLINCH_OP_FIXED, .arg = type->size};
    case FLINCH_KIND_BYTES:
        if (type->logical == FLINCH_LOGICAL_DECIMAL)
            return (flinch__ins){.op = FLINCH_OP_DECIMAL, .arg = type->scale};
        return (flinch__ins){.op = FLINCH_OP_TEXT};
    case FLINCH_KIND_STRING:
        return (flinch__ins){.op = FLINCH_OP_TEXT};
    case FLINCH_KIND_NULL:
    case FLINCH_KIND_RECORD:
    case FLINCH_KIND_ARRAY:
    case FLINCH_KIND_MAP:
    case FLINCH_KIND_UNION:
        break;
    }
    return (flinch__ins){.op = FLINCH_OP_SKIP};
}

/* Remembers how an input met the schema; of several branches, one that has values as asked. */
static void note_binding(compiler *c, uint32_t input, const flinch__type *shown,
                         const char *problem) {
    flinch__binding *binding = &c->plan->bindings[input];
    if (c->shown[input] != NULL && (binding->problem == NULL || problem != NULL))
        return;
    c->shown[input] = shown;
    binding->problem = problem;
}

static bool is_composite(const flinch__type *type) {
    return type->kind == FLINCH_KIND_RECORD || type->kind == FLINCH_KIND_ARRAY ||
           type->kind == FLINCH_KIND_MAP;
}

static flinch_status add_sink(compiler *c, uint32_t want, const flinch__type *type,
                              const flinch__type *shown) {
    const flinch_input_list *inputs = &c->want->inputs;
    bool is_input = want < inputs->count;
    flinch__sink sink = {.kind = FLINCH_SINK_CAPTURE,
                         .index = is_input ? want : want - inputs->count};
    if (is_input) {
        const char *problem = NULL;
        sink.kind = flinch__plan_judge(&inputs->items[want], type, &problem);
        /* The null branch of a union does not say what the field is. */
        if (type->kind != FLINCH_KIND_NULL || shown == type)
            note_binding(c, want, shown, problem);
    }
    /* Null leaves its sinks as they are, and there is nothing to capture of a type with parts. */
    if (type->kind == FLINCH_KIND_NULL || (is_composite(type) && !is_input))
        return flinch_status_of(FLINCH_OK);
    return checked(c, flinch__code_sink(&c->plan->code, sink));
}

/* Adds sinks for the targets whose path ends here. */
static flinch_status add_sinks(compiler *c, const flinch__type *type, flinch__targets wanted,
                               flinch__ins *ins) {
    ins->first = c->plan->code.sink_count;
    for (uint32_t i = 0; i < wanted.count; i++) {
        if (wanted.items[i].rest[0] == '\0')
            FLINCH_TRY(add_sink(c, wanted.items[i].want, type, wanted.shown));
    }
    ins->count = c->plan->code.sink_count - ins->first;
    return flinch_status_of(FLINCH_OK);
}

static bool is_one_number(const compiler *c, const flinch__ins *ins) {
    return ins->count == 1 && c->plan->code.sinks[ins->first].kind == FLINCH_SINK_NUMBER;
}

static flinch_status emit_leaf(compiler *c, const flinch__type *type, flinch__targets wanted) {
    flinch__ins ins = leaf_ins(type);
    FLINCH_TRY(add_sinks(c, type, wanted, &ins));
    if (ins.count == 0 && type->width >= 0)
        return emit_bytes(c, (uint32_t)type->width);
    if (ins.op == FLINCH_OP_DOUBLE && is_one_number(c, &ins)) {
        flinch__ins *last = last_ins(c);
        if (last != NULL && last->op == FLINCH_OP_DOUBLES) {
            last->count++; /* its sinks are the newest but this one */
            return flinch_status_of(FLINCH_OK);
        }
        ins.op = FLINCH_OP_DOUBLES;
    }
    return emit(c, ins, NULL);
}

/* The whole of a record, array or map that an input asks a number of. */
static flinch_status emit_wrong(compiler *c, const flinch__type *type, flinch__targets wanted) {
    flinch__ins ins = {.op = FLINCH_OP_WRONG};
    FLINCH_TRY(add_sinks(c, type, wanted, &ins));
    return ins.count == 0 ? flinch_status_of(FLINCH_OK) : emit(c, ins, NULL);
}

static flinch_status new_split(compiler *c, flinch__targets wanted, flinch__split *out_split) {
    bool is_done = flinch__split_init(out_split, &c->scratch, wanted);
    return checked(c, is_done ? FLINCH_OK : FLINCH_NO_MEMORY);
}

/* Narrows `wanted` to the targets that lead into a part, which is of type `shown`. */
static flinch_status pick(compiler *c, flinch__split parts, uint32_t slot,
                          const flinch__type *shown, flinch__targets *wanted) {
    bool is_done = flinch__split_pick(&parts, &c->scratch, slot, wanted);
    wanted->shown = shown;
    return checked(c, is_done ? FLINCH_OK : FLINCH_NO_MEMORY);
}

/* --- Records ---------------------------------------------------------------------------------- */

static uint32_t find_field(const flinch__type *record, const char *path) {
    for (uint32_t i = 0; i < record->count; i++) {
        if (flinch__is_segment(record->fields[i].name, path))
            return i;
    }
    return FLINCH__NO_SLOT;
}

static uint32_t find_alias(const flinch__type *record, const char *path) {
    for (uint32_t i = 0; i < record->count; i++) {
        for (uint32_t k = 0; k < record->fields[i].alias_count; k++) {
            if (flinch__is_segment(record->fields[i].aliases[k], path))
                return i;
        }
    }
    return FLINCH__NO_SLOT;
}

static void split_by_field(compiler *c, const flinch__type *record, flinch__targets wanted,
                           flinch__split parts) {
    for (uint32_t i = 0; i < wanted.count; i++) {
        const flinch__target *item = &wanted.items[i];
        if (item->rest[0] == '\0')
            continue;
        parts.rests[i] = flinch__after_segment(item->rest);
        parts.slots[i] = find_field(record, item->rest);
        if (parts.slots[i] != FLINCH__NO_SLOT)
            continue;
        parts.slots[i] = find_alias(record, item->rest);
        if (parts.slots[i] != FLINCH__NO_SLOT && item->want < c->want->inputs.count)
            c->plan->bindings[item->want].alias = record->fields[parts.slots[i]].name;
    }
}

static flinch_status emit_record(compiler *c, const flinch__type *record, flinch__targets wanted) {
    flinch__split parts;
    FLINCH_TRY(emit_wrong(c, record, wanted));
    FLINCH_TRY(new_split(c, wanted, &parts));
    split_by_field(c, record, wanted, parts);
    for (uint32_t i = 0; i < record->count; i++) {
        flinch__targets picked = wanted;
        FLINCH_TRY(pick(c, parts, i, record->fields[i].type, &picked));
        FLINCH_TRY(emit_type(c, record->fields[i].type, picked));
    }
    return flinch_status_of(FLINCH_OK);
}

/* --- Unions, arrays, maps --------------------------------------------------------------------- */

static flinch_status emit_union(compiler *c, const flinch__type *type, flinch__targets wanted) {
    flinch__ins ins = {.op = FLINCH_OP_UNION, .arg = type->count};
    uint32_t at = 0;
    FLINCH_TRY(checked(c, flinch__code_table(&c->plan->code, type->count, &ins.table)));
    FLINCH_TRY(emit(c, ins, &at));
    for (uint32_t i = 0; i < type->count; i++) {
        uint32_t body = 0;
        FLINCH_TRY(emit_body(c, type->branches[i], wanted, &body));
        c->plan->code.table[ins.table + i] = body;
    }
    end_bodies(c, at);
    return flinch_status_of(FLINCH_OK);
}

static flinch_status emit_items(compiler *c, const flinch__type *array, flinch__targets wanted,
                                flinch__split parts) {
    const flinch__type *item = array->branches[0];
    uint32_t at = 0;
    uint32_t body = 0;
    flinch__ins ins = {.op = FLINCH_OP_ARRAY, .arg = flinch__split_count(&parts, wanted)};
    FLINCH_TRY(checked(c, flinch__code_table(&c->plan->code, 2 * ins.arg, &ins.table)));
    FLINCH_TRY(emit(c, ins, &at));
    FLINCH_TRY(emit_body(c, item, (flinch__targets){0}, &body));
    uint32_t slot = flinch__split_next(&parts, wanted, -1);
    for (uint32_t entry = ins.table; slot != FLINCH__NO_SLOT; entry += 2) {
        flinch__targets picked = wanted;
        FLINCH_TRY(pick(c, parts, slot, item, &picked));
        FLINCH_TRY(emit_body(c, item, picked, &body));
        c->plan->code.table[entry] = slot;
        c->plan->code.table[entry + 1] = body;
        slot = flinch__split_next(&parts, wanted, slot);
    }
    end_bodies(c, at);
    return flinch_status_of(FLINCH_OK);
}

static flinch_status emit_array(compiler *c, const flinch__type *array, flinch__targets wanted) {
    flinch__split parts;
    FLINCH_TRY(emit_wrong(c, array, wanted));
    FLINCH_TRY(new_split(c, wanted, &parts));
    for (uint32_t i = 0; i < wanted.count; i++) {
        parts.slots[i] = flinch__segment_index(wanted.items[i].rest);
        parts.rests[i] = flinch__after_segment(wanted.items[i].rest);
    }
    if (flinch__split_count(&parts, wanted) == 0)
        return emit_skip(c, array);
    return emit_items(c, array, wanted, parts);
}

static bool has_parts(const flinch__type *type) {
    if (type->kind == FLINCH_KIND_UNION) {
        for (uint32_t i = 0; i < type->count; i++) {
            if (has_parts(type->branches[i]))
                return true;
        }
    }
    return is_composite(type);
}

/* Gives each distinct key the number of the first target that names it. Where values have no parts,
 * all that is left of the path is the key, dots and all. */
static void split_by_key(const flinch__type *map, flinch__targets wanted, flinch__split parts) {
    bool whole = !has_parts(map->branches[0]);
    for (uint32_t i = 0; i < wanted.count; i++) {
        const char *path = wanted.items[i].rest;
        if (path[0] == '\0')
            continue;
        size_t size = whole ? strlen(path) : flinch__segment_size(path);
        parts.rests[i] = whole ? path + size : flinch__after_segment(path);
        parts.slots[i] = i;
        for (uint32_t k = 0; k < i && parts.slots[i] == i; k++) {
            const char *other = wanted.items[k].rest;
            size_t other_size = whole ? strlen(other) : flinch__segment_size(other);
            if (parts.slots[k] == k && other_size == size && memcmp(other, path, size) == 0)
                parts.slots[i] = k;
        }
    }
}

static flinch_status emit_keys(compiler *c, const flinch__type *map, flinch__targets wanted,
                               flinch__split parts) {
    const flinch__type *value = map->branches[0];
    uint32_t at = 0;
    uint32_t body = 0;
    flinch__ins ins = {.op = FLINCH_OP_MAP, .arg = flinch__split_count(&parts, wanted)};
    FLINCH_TRY(checked(c, flinch__code_keys(&c->plan->code, ins.arg, &ins.table)));
    FLINCH_TRY(emit(c, ins, &at));
    FLINCH_TRY(emit_body(c, value, (flinch__targets){0}, &body));
    uint32_t slot = flinch__split_next(&parts, wanted, -1);
    for (uint32_t entry = ins.table; slot != FLINCH__NO_SLOT; entry++) {
        const char *path = wanted.items[slot].rest;
        size_t size = has_parts(value) ? flinch__segment_size(path) : strlen(path);
        const char *text = flinch__arena_text(&c->plan->arena, path, size);
        if (text == NULL)
            return checked(c, FLINCH_NO_MEMORY);
        flinch__targets picked = wanted;
        FLINCH_TRY(pick(c, parts, slot, value, &picked));
        FLINCH_TRY(emit_body(c, value, picked, &body));
        c->plan->code.keys[entry] =
            (flinch__key){.text = text, .size = (uint32_t)size, .body = body};
        slot = flinch__split_next(&parts, wanted, slot);
    }
    end_bodies(c, at);
    return flinch_status_of(FLINCH_OK);
}

static flinch_status emit_map(compiler *c, const flinch__type *map, flinch__targets wanted) {
    flinch__split parts;
    FLINCH_TRY(emit_wrong(c, map, wanted));
    FLINCH_TRY(new_split(c, wanted, &parts));
    split_by_key(map, wanted, parts);
    if (flinch__split_count(&parts, wanted) == 0)
        return emit_skip(c, map);
    return emit_keys(c, map, wanted, parts);
}

/* --- What nobody wants ------------------------------------------------------------------------ */

static flinch_status emit_skip_items(compiler *c, const flinch__type *type) {
    const flinch__type *item = type->branches[0];
    bool is_array = type->kind == FLINCH_KIND_ARRAY;
    flinch__ins ins = {.op = is_array ? FLINCH_OP_SKIP_ARRAY : FLINCH_OP_SKIP_MAP};
    uint32_t at = 0;
    uint32_t body = 0;
    if (is_array && item->width > 0) {
        ins.arg = (uint32_t)item->width;
        return emit(c, ins, NULL);
    }
    FLINCH_TRY(emit(c, ins, &at));
    FLINCH_TRY(emit_body(c, item, (flinch__targets){0}, &body));
    end_bodies(c, at);
    return flinch_status_of(FLINCH_OK);
}

/* Records are skipped by a routine for each: a schema that names one at many places, or within
 * itself, makes no longer a program. */
static flinch_status emit_call(compiler *c, const flinch__type *record) {
    uint32_t *routine = &c->plan->routines[record->id];
    if (*routine == 0) {
        *routine = FLINCH__NO_SLOT;
        c->pending[c->pending_count++] = record->id;
    }
    return emit(c, (flinch__ins){.op = FLINCH_OP_CALL, .arg = record->id}, NULL);
}

static flinch_status emit_skip(compiler *c, const flinch__type *type) {
    if (type->width >= 0)
        return emit_bytes(c, (uint32_t)type->width);
    if (type->kind == FLINCH_KIND_RECORD)
        return emit_call(c, type);
    if (type->kind == FLINCH_KIND_UNION)
        return emit_union(c, type, (flinch__targets){0});
    if (type->kind == FLINCH_KIND_ARRAY || type->kind == FLINCH_KIND_MAP)
        return emit_skip_items(c, type);
    return emit_leaf(c, type, (flinch__targets){0});
}

static flinch_status emit_routines(compiler *c) {
    while (c->pending_count > 0) {
        const flinch__type *record = c->plan->schema->types[c->pending[--c->pending_count]];
        set_barrier(c);
        c->plan->routines[record->id] = c->plan->code.ins_count;
        for (uint32_t i = 0; i < record->count; i++)
            FLINCH_TRY(emit_skip(c, record->fields[i].type));
        FLINCH_TRY(emit(c, (flinch__ins){.op = FLINCH_OP_RETURN}, NULL));
    }
    return flinch_status_of(FLINCH_OK);
}

static flinch_status emit_type(compiler *c, const flinch__type *type, flinch__targets wanted) {
    if (wanted.count == 0 || wanted.depth > PATH_DEPTH_MAX)
        return emit_skip(c, type);
    switch (type->kind) {
    case FLINCH_KIND_RECORD:
        return emit_record(c, type, wanted);
    case FLINCH_KIND_ARRAY:
        return emit_array(c, type, wanted);
    case FLINCH_KIND_MAP:
        return emit_map(c, type, wanted);
    case FLINCH_KIND_UNION:
        return emit_union(c, type, wanted);
    case FLINCH_KIND_NULL:
    case FLINCH_KIND_BOOLEAN:
    case FLINCH_KIND_INT:
    case FLINCH_KIND_LONG:
    case FLINCH_KIND_FLOAT:
    case FLINCH_KIND_DOUBLE:
    case FLINCH_KIND_BYTES:
    case FLINCH_KIND_STRING:
    case FLINCH_KIND_FIXED:
    case FLINCH_KIND_ENUM:
        break;
    }
    return emit_leaf(c, type, wanted);
}

static flinch_status emit_all(compiler *c) {
    const flinch__want *want = c->want;
    flinch__plan *plan = c->plan;
    uint32_t count = want->inputs.count + want->capture_count;
    flinch__target *items = flinch__arena_alloc(&c->scratch, count, sizeof *items);
    c->shown = flinch__arena_alloc(&c->scratch, want->inputs.count, sizeof(const flinch__type *));
    c->pending = flinch__arena_alloc(&c->scratch, plan->schema->type_count, sizeof *c->pending);
    if (items == NULL || c->shown == NULL || c->pending == NULL)
        return checked(c, FLINCH_NO_MEMORY);
    for (uint32_t i = 0; i < count; i++) {
        const char *path = i < want->inputs.count ? want->inputs.items[i].field
                                                  : want->captures[i - want->inputs.count];
        items[i] = (flinch__target){.want = i, .rest = path};
    }
    flinch__targets all = {.items = items, .count = count, .shown = plan->schema->root};
    FLINCH_TRY(emit_type(c, plan->schema->root, all));
    FLINCH_TRY(emit(c, (flinch__ins){.op = FLINCH_OP_RETURN}, NULL));
    return emit_routines(c);
}

static flinch_status name_types(compiler *c) {
    for (uint32_t i = 0; i < c->want->inputs.count; i++) {
        flinch__binding *binding = &c->plan->bindings[i];
        char text[160];
        if (c->shown[i] == NULL) {
            binding->alias = NULL; /* the path ended below the alias */
            binding->problem = "is not in the schema";
            continue;
        }
        flinch__type_describe(c->shown[i], text, sizeof text);
        binding->type = flinch__arena_text(&c->plan->arena, text, strlen(text));
        if (binding->type == NULL)
            return checked(c, FLINCH_NO_MEMORY);
    }
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__plan_emit(flinch__plan *plan, const flinch__want *want, flinch_error *error) {
    compiler c = {.plan = plan, .want = want, .error = error};
    flinch_status status = emit_all(&c);
    if (flinch_is_ok(status))
        status = name_types(&c);
    flinch__arena_fini(&c.scratch);
    return status;
}
