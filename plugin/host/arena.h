/* Memory that is freed as one, and wiped first: a config holds secrets. */
#ifndef FLINCH_HOST_ARENA_H
#define FLINCH_HOST_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct flinch__arena flinch__arena;

/* NULL if there is no memory. */
flinch__arena *flinch__arena_new(void);
void flinch__arena_free(flinch__arena *arena);

/* Zeroed bytes, aligned for any type, or NULL; a failure is remembered. */
void *flinch__arena_take(flinch__arena *arena, size_t size);

/* A NUL-terminated copy; "" if there is no memory, so that a failure may be seen late, and once. */
const char *flinch__arena_copy(flinch__arena *arena, const char *text, size_t size);
const char *flinch__arena_join(flinch__arena *arena, const char *left, const char *right);

/* An array of `count` items with room for one more at its end: `items`, or where it was moved to.
 * Start with NULL and 0. NULL if there is no memory. */
void *flinch__arena_room(flinch__arena *arena, void *items, uint32_t count, size_t item_size);

bool flinch__arena_failed(const flinch__arena *arena);

#endif
