/* The walk of one record along a plan. Errors stick: the first one is kept, and from then on
 * nothing more is read, so that the code needs to look at the cause only where it loops. */
#include <string.h>

#include "schemas/plan_row.h"
#include "schemas/varint.h"

enum {
    CALL_DEPTH_MAX = 64,
    WORK_PER_BYTE = 8, /* calls, branches, items: an honest record needs about one for a byte */
    WORK_FREE = 4096
};

typedef flinch__walk walk;

static void run(walk *w, uint32_t from);

/* --- Bytes ------------------------------------------------------------------------------------ */

static void fail(walk *w, flinch__cause cause) {
    if (w->cause == FLINCH_CAUSE_NONE)
        w->cause = cause;
    w->end = w->at;
}

static size_t left(const walk *w) {
    return (size_t)(w->end - w->at);
}

/* The next `size` bytes, or NULL. */
static const uint8_t *take(walk *w, size_t size) {
    const uint8_t *bytes = w->at;
    if (size > left(w)) {
        fail(w, FLINCH_CAUSE_TRUNCATED);
        return NULL;
    }
    w->at += size;
    return bytes;
}

/* Every step that could be repeated without end pays here. */
static void spend(walk *w, size_t work) {
    if (w->work_left < work)
        fail(w, FLINCH_CAUSE_TOO_MUCH_WORK);
    else
        w->work_left -= work;
}

static int64_t read_long(walk *w) {
    int64_t value = 0;
    flinch__cause cause = flinch__varint_read(&w->at, w->end, &value);
    if (cause != FLINCH_CAUSE_NONE)
        fail(w, cause);
    return value;
}

static int64_t read_int(walk *w) {
    int64_t value = read_long(w);
    if (value < INT32_MIN || value > INT32_MAX) {
        fail(w, FLINCH_CAUSE_MALFORMED);
        return 0;
    }
    return value;
}

/* 0 … count - 1. */
static uint32_t read_index(walk *w, uint32_t count) {
    int64_t index = read_long(w);
    if (index < 0 || index >= count) {
        fail(w, FLINCH_CAUSE_MALFORMED);
        return 0;
    }
    return (uint32_t)index;
}

/* Spelt out, for compilers then see that it is one load. */
static uint32_t load_32(const uint8_t *b) {
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static double load_double(const uint8_t *bytes) {
    uint64_t bits = load_32(bytes) | (uint64_t)load_32(bytes + 4) << 32;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double load_float(const uint8_t *bytes) {
    uint32_t bits = load_32(bytes);
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

static const uint8_t *read_sized(walk *w, size_t *out_size) {
    int64_t size = read_long(w);
    *out_size = size < 0 ? 0 : (size_t)size;
    if (size < 0)
        fail(w, FLINCH_CAUSE_MALFORMED);
    return w->cause == FLINCH_CAUSE_NONE ? take(w, *out_size) : NULL;
}

/* --- Leaves ------------------------------------------------------------------------------------
 */

static void step_boolean(walk *w, const flinch__ins *ins) {
    const uint8_t *byte = take(w, 1);
    if (byte == NULL)
        return;
    if (*byte > 1) {
        fail(w, FLINCH_CAUSE_MALFORMED);
        return;
    }
    flinch__deliver(w, ins,
                    &(flinch__value){.is_number = true,
                                     .number = *byte,
                                     .text = *byte == 1 ? "true" : "false",
                                     .size = *byte == 1 ? 4 : 5});
}

static void step_doubles(walk *w, const flinch__ins *ins) {
    const uint8_t *bytes = take(w, (size_t)ins->count * 8);
    if (bytes == NULL)
        return;
    const flinch__sink *sinks = w->plan->code.sinks + ins->first;
    double *values = w->row->values;
    for (uint32_t i = 0; i < ins->count; i++)
        values[sinks[i].index] = flinch__finite_or_mark(load_double(bytes + (size_t)8 * i));
}

static void step_real(walk *w, const flinch__ins *ins, size_t size) {
    const uint8_t *bytes = take(w, size);
    if (bytes != NULL)
        flinch__deliver_number(w, ins, size == 4 ? load_float(bytes) : load_double(bytes));
}

static void step_text(walk *w, const flinch__ins *ins) {
    size_t size = 0;
    const uint8_t *bytes = read_sized(w, &size);
    if (bytes != NULL)
        flinch__deliver_text(w, ins, (const char *)bytes, size);
}

static void step_fixed(walk *w, const flinch__ins *ins) {
    const uint8_t *bytes = take(w, ins->arg);
    if (bytes != NULL)
        flinch__deliver_text(w, ins, (const char *)bytes, ins->arg);
}

static void step_decimal(walk *w, const flinch__ins *ins) {
    size_t size = 0;
    const uint8_t *bytes = read_sized(w, &size);
    if (bytes != NULL && ins->count > 0)
        flinch__deliver_number(w, ins, flinch__decimal(bytes, size, ins->arg));
}

static void step_fixed_decimal(walk *w, const flinch__ins *ins) {
    const flinch__type *type = w->plan->schema->types[ins->arg];
    const uint8_t *bytes = take(w, type->size);
    if (bytes != NULL && ins->count > 0)
        flinch__deliver_number(w, ins, flinch__decimal(bytes, type->size, type->scale));
}

static void step_enum(walk *w, const flinch__ins *ins) {
    const flinch__type *type = w->plan->schema->types[ins->arg];
    const char *symbol = type->symbols[read_index(w, type->count)];
    if (ins->count > 0)
        flinch__deliver_text(w, ins, symbol, strlen(symbol));
}

/* --- Blocks of arrays and maps ---------------------------------------------------------------- */

typedef struct block {
    uint64_t count;
    const uint8_t *end; /* NULL if the writer gave no size */
} block;

static bool next_block(walk *w, block *b) {
    int64_t count = read_long(w);
    *b = (block){0};
    if (count == 0 || w->cause != FLINCH_CAUSE_NONE)
        return false;
    spend(w, 1);
    b->count = count < 0 ? 0 - (uint64_t)count : (uint64_t)count;
    if (count < 0) {
        int64_t size = read_long(w);
        if (size < 0)
            fail(w, FLINCH_CAUSE_MALFORMED);
        else if ((uint64_t)size > left(w))
            fail(w, FLINCH_CAUSE_TRUNCATED);
        else
            b->end = w->at + size;
    }
    if (b->count > left(w)) /* an item takes a byte at least */
        fail(w, FLINCH_CAUSE_TRUNCATED);
    return w->cause == FLINCH_CAUSE_NONE;
}

static void end_block(walk *w, const block *b) {
    if (b->end != NULL && w->at != b->end)
        fail(w, FLINCH_CAUSE_MALFORMED);
}

static void step_array(walk *w, const flinch__ins *ins) {
    const uint32_t *wanted = w->plan->code.table + ins->table;
    const uint32_t *end = wanted + 2 * (size_t)ins->arg;
    const uint32_t any = (uint32_t)(ins - w->plan->code.ins) + 1;
    uint64_t index = 0;
    block b;
    while (next_block(w, &b)) {
        for (; b.count > 0 && w->cause == FLINCH_CAUSE_NONE; b.count--, index++) {
            spend(w, 1);
            if (wanted < end && wanted[0] == index) {
                run(w, wanted[1]);
                wanted += 2;
            } else {
                run(w, any);
            }
        }
        end_block(w, &b);
    }
}

static uint32_t find_key(const walk *w, const flinch__ins *ins, const uint8_t *text, size_t size) {
    const flinch__key *keys = w->plan->code.keys + ins->table;
    for (uint32_t i = 0; i < ins->arg; i++) {
        if (keys[i].size == size && memcmp(keys[i].text, text, size) == 0)
            return keys[i].body;
    }
    return (uint32_t)(ins - w->plan->code.ins) + 1;
}

static void step_map(walk *w, const flinch__ins *ins) {
    block b;
    while (next_block(w, &b)) {
        for (; b.count > 0 && w->cause == FLINCH_CAUSE_NONE; b.count--) {
            size_t size = 0;
            const uint8_t *key = read_sized(w, &size);
            spend(w, 1);
            if (key != NULL)
                run(w, find_key(w, ins, key, size));
        }
        end_block(w, &b);
    }
}

static void skip_items(walk *w, const flinch__ins *ins, uint64_t count) {
    const uint32_t body = (uint32_t)(ins - w->plan->code.ins) + 1;
    if (ins->op == FLINCH_OP_SKIP_ARRAY && ins->arg > 0) {
        if (count > left(w) / ins->arg)
            fail(w, FLINCH_CAUSE_TRUNCATED);
        else
            w->at += count * ins->arg;
        return;
    }
    for (; count > 0 && w->cause == FLINCH_CAUSE_NONE; count--) {
        size_t size = 0;
        spend(w, 1);
        if (ins->op == FLINCH_OP_SKIP_MAP && read_sized(w, &size) == NULL)
            return;
        run(w, body);
    }
}

/* A block that says its size is stepped over whole. */
static void step_skip_blocks(walk *w, const flinch__ins *ins) {
    block b;
    while (next_block(w, &b)) {
        if (b.end != NULL)
            w->at = b.end;
        else
            skip_items(w, ins, b.count);
    }
}

/* --- The walk --------------------------------------------------------------------------------- */

static void step_union(walk *w, const flinch__ins *ins) {
    uint32_t branch = read_index(w, ins->arg);
    spend(w, 1);
    run(w, w->plan->code.table[ins->table + branch]);
}

static void step_call(walk *w, const flinch__ins *ins) {
    spend(w, 1);
    if (w->depth == CALL_DEPTH_MAX) {
        fail(w, FLINCH_CAUSE_TOO_DEEP);
        return;
    }
    w->depth++;
    run(w, w->plan->routines[ins->arg]);
    w->depth--;
}

static void step(walk *w, const flinch__ins *ins) {
    switch (ins->op) {
    case FLINCH_OP_RETURN:
        break;
    case FLINCH_OP_SKIP:
        (void)take(w, ins->arg);
        break;
    case FLINCH_OP_DOUBLES:
        step_doubles(w, ins);
        break;
    case FLINCH_OP_BOOLEAN:
        step_boolean(w, ins);
        break;
    case FLINCH_OP_INT:
        flinch__deliver_integer(w, ins, read_int(w));
        break;
    case FLINCH_OP_LONG:
        flinch__deliver_integer(w, ins, read_long(w));
        break;
    case FLINCH_OP_FLOAT:
        step_real(w, ins, 4);
        break;
    case FLINCH_OP_DOUBLE:
        step_real(w, ins, 8);
        break;
    case FLINCH_OP_TEXT:
        step_text(w, ins);
        break;
    case FLINCH_OP_FIXED:
        step_fixed(w, ins);
        break;
    case FLINCH_OP_DECIMAL:
        step_decimal(w, ins);
        break;
    case FLINCH_OP_FIXED_DECIMAL:
        step_fixed_decimal(w, ins);
        break;
    case FLINCH_OP_ENUM:
        step_enum(w, ins);
        break;
    case FLINCH_OP_WRONG:
        flinch__deliver_text(w, ins, NULL, 0);
        break;
    case FLINCH_OP_UNION:
        step_union(w, ins);
        break;
    case FLINCH_OP_ARRAY:
        step_array(w, ins);
        break;
    case FLINCH_OP_MAP:
        step_map(w, ins);
        break;
    case FLINCH_OP_SKIP_ARRAY:
    case FLINCH_OP_SKIP_MAP:
        step_skip_blocks(w, ins);
        break;
    case FLINCH_OP_CALL:
        step_call(w, ins);
        break;
    }
}

static void run(walk *w, uint32_t from) {
    const flinch__ins *code = w->plan->code.ins;
    const flinch__ins *ins = &code[from];
    while (ins->op != FLINCH_OP_RETURN && w->cause == FLINCH_CAUSE_NONE) {
        step(w, ins);
        ins = &code[ins->next];
    }
}

flinch__cause flinch__plan_run(const flinch__plan *plan, const uint8_t *data, size_t size,
                               flinch__row *row, size_t *out_used) {
    walk w = {.plan = plan, .at = data, .end = data + size, .row = row};
    w.work_left =
        size > SIZE_MAX / WORK_PER_BYTE - WORK_FREE ? SIZE_MAX : size * WORK_PER_BYTE + WORK_FREE;
    flinch__row_clear(plan, row);
    run(&w, 0);
    flinch__row_tally(plan, row);
    *out_used = (size_t)(w.at - data);
    return w.cause;
}
