/* Memory that is freed all at once: the tree of a schema and the tables of a plan. */
#ifndef FLINCH_SCHEMAS_ARENA_H
#define FLINCH_SCHEMAS_ARENA_H

#include <stddef.h>

typedef struct flinch__arena_chunk flinch__arena_chunk;

/* All zero is an empty arena. */
typedef struct flinch__arena {
    flinch__arena_chunk *chunks;
    size_t used; /* of the newest chunk */
} flinch__arena;

/* Zeroed, aligned for any type, valid until fini; NULL for want of memory. A size of 0 gives a
 * pointer that must not be read. */
void *flinch__arena_alloc(flinch__arena *arena, size_t count, size_t size);
/* A NUL-terminated copy. */
char *flinch__arena_text(flinch__arena *arena, const char *text, size_t size);
void flinch__arena_fini(flinch__arena *arena);

#endif
