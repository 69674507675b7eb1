#include "schemas/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 16 * 1024, ALIGNMENT = alignof(max_align_t) };

struct flinch__arena_chunk {
    flinch__arena_chunk *next;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
};

static flinch__arena_chunk *add_chunk(flinch__arena *arena, size_t bytes) {
    size_t size = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
    flinch__arena_chunk *chunk = calloc(1, sizeof *chunk + size);
    if (chunk == NULL)
        return NULL;
    chunk->size = size;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->used = 0;
    return chunk;
}

void *flinch__arena_alloc(flinch__arena *arena, size_t count, size_t size) {
    if (size != 0 && count > SIZE_MAX / 4 / size)
        return NULL;
    size_t bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    flinch__arena_chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->size - arena->used < bytes)
        chunk = add_chunk(arena, bytes);
    if (chunk == NULL)
        return NULL;
    void *memory = chunk->bytes + arena->used;
    arena->used += bytes;
    return memory;
}

char *flinch__arena_text(flinch__arena *arena, const char *text, size_t size) {
    char *copy = flinch__arena_alloc(arena, size + 1, 1);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

void flinch__arena_fini(flinch__arena *arena) {
    while (arena->chunks != NULL) {
        flinch__arena_chunk *next = arena->chunks->next;
        free(arena->chunks);
        arena->chunks = next;
    }
    arena->used = 0;
}
