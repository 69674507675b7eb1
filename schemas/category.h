/* The categories of a one_hot input, looked up by text. */
#ifndef FLINCH_SCHEMAS_CATEGORY_H
#define FLINCH_SCHEMAS_CATEGORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flinch/features.h"
#include "schemas/arena.h"

typedef struct flinch__category {
    const char *text;
    size_t size;
    uint32_t index;
} flinch__category;

typedef struct flinch__category_set {
    flinch__category *sorted;
    uint32_t count;
} flinch__category_set;

/* Copies the categories of `input` (none is a set of nothing); false for want of memory. */
bool flinch__category_set_init(flinch__category_set *set, flinch__arena *arena,
                               const flinch_input *input);

/* Index in the input's list, or -1. [any] */
double flinch__category_index(const flinch__category_set *set, const char *text, size_t size);

#endif
