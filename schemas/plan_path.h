/* The dotted paths of wanted fields, and how they part at a record's fields, an array's items or a
 * map's keys while a plan is compiled. */
#ifndef FLINCH_SCHEMAS_PLAN_PATH_H
#define FLINCH_SCHEMAS_PLAN_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schemas/arena.h"
#include "schemas/schema_json.h"

#define FLINCH__NO_SLOT UINT32_MAX

/* A wanted input or capture, and what of its path is left below the type at hand. */
typedef struct flinch__target {
    uint32_t want; /* inputs first, then captures */
    const char *rest;
} flinch__target;

typedef struct flinch__targets {
    const flinch__target *items;
    uint32_t count;
    uint32_t depth;            /* segments that led here */
    const flinch__type *shown; /* the type to name in a binding: the union around a branch */
} flinch__targets;

/* Which part of a type each target leads into, and what of its path is left there. */
typedef struct flinch__split {
    uint32_t *slots; /* [targets], FLINCH__NO_SLOT: none */
    const char **rests;
} flinch__split;

size_t flinch__segment_size(const char *path);
/* "a.b" → "b"; "b" → "". */
const char *flinch__after_segment(const char *path);
/* Whether `name` is the first segment of the path. */
bool flinch__is_segment(const char *name, const char *path);
/* "12.x" → 12; FLINCH__NO_SLOT for what is no index. */
uint32_t flinch__segment_index(const char *path);

/* A split into nothing yet; false for want of memory. */
bool flinch__split_init(flinch__split *split, flinch__arena *arena, flinch__targets wanted);
/* The smallest slot over `after` (-1: the smallest), or FLINCH__NO_SLOT. */
uint32_t flinch__split_next(const flinch__split *split, flinch__targets wanted, int64_t after);
/* Different slots in use. */
uint32_t flinch__split_count(const flinch__split *split, flinch__targets wanted);
/* The targets that lead into `slot`, one segment deeper; false for want of memory. */
bool flinch__split_pick(const flinch__split *split, flinch__arena *arena, uint32_t slot,
                        flinch__targets *wanted);

#endif
