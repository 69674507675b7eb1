#include "schemas/plan_code.h"

#include <stdlib.h>
#include <string.h>

/* A hostile schema may branch at every level of a wanted path: no honest one comes near this. */
enum { CODE_MAX = 1 << 18 };

/* Makes room for `more` entries of a growing array. */
static flinch_code reserve(void **items, uint32_t *capacity, uint32_t needed, size_t size) {
    if (needed <= *capacity)
        return FLINCH_OK;
    if (needed > CODE_MAX)
        return FLINCH_TOO_LARGE;
    uint32_t grown = *capacity == 0 ? 64 : *capacity;
    while (grown < needed)
        grown *= 2;
    void *memory = realloc(*items, grown * size);
    if (memory == NULL)
        return FLINCH_NO_MEMORY;
    *items = memory;
    *capacity = grown;
    return FLINCH_OK;
}

flinch_code flinch__code_ins(flinch__code *code, flinch__ins ins, uint32_t *out_at) {
    void *items = code->ins;
    flinch_code result = reserve(&items, &code->ins_capacity, code->ins_count + 1, sizeof ins);
    code->ins = items;
    if (result != FLINCH_OK)
        return result;
    *out_at = code->ins_count;
    code->ins[code->ins_count++] = ins;
    return FLINCH_OK;
}

flinch_code flinch__code_sink(flinch__code *code, flinch__sink sink) {
    void *items = code->sinks;
    flinch_code result = reserve(&items, &code->sink_capacity, code->sink_count + 1, sizeof sink);
    code->sinks = items;
    if (result == FLINCH_OK)
        code->sinks[code->sink_count++] = sink;
    return result;
}

flinch_code flinch__code_table(flinch__code *code, uint32_t count, uint32_t *out_at) {
    void *items = code->table;
    flinch_code result =
        reserve(&items, &code->table_capacity, code->table_count + count, sizeof *code->table);
    code->table = items;
    *out_at = code->table_count;
    if (result == FLINCH_OK)
        code->table_count += count;
    return result;
}

flinch_code flinch__code_keys(flinch__code *code, uint32_t count, uint32_t *out_at) {
    void *items = code->keys;
    flinch_code result =
        reserve(&items, &code->key_capacity, code->key_count + count, sizeof *code->keys);
    code->keys = items;
    *out_at = code->key_count;
    if (result == FLINCH_OK)
        code->key_count += count;
    return result;
}

void flinch__code_fini(flinch__code *code) {
    free(code->ins);
    free(code->sinks);
    free(code->table);
    free(code->keys);
    memset(code, 0, sizeof *code);
}
