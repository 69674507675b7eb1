#include "plugin/host/arena.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 8 };

typedef struct block {
    struct block *next;
    size_t size;
    max_align_t bytes[];
} block;

struct flinch__arena {
    block *blocks;
    bool failed;
};

flinch__arena *flinch__arena_new(void) {
    return calloc(1, sizeof(flinch__arena));
}

void flinch__arena_free(flinch__arena *arena) {
    if (arena == NULL)
        return;
    while (arena->blocks != NULL) {
        block *old = arena->blocks;
        arena->blocks = old->next;
        explicit_bzero(old->bytes, old->size);
        free(old);
    }
    free(arena);
}

void *flinch__arena_take(flinch__arena *arena, size_t size) {
    block *new_block = size > SIZE_MAX - sizeof(block) ? NULL : calloc(1, sizeof(block) + size);
    if (new_block == NULL) {
        arena->failed = true;
        return NULL;
    }
    new_block->size = size;
    new_block->next = arena->blocks;
    arena->blocks = new_block;
    return new_block->bytes;
}

const char *flinch__arena_copy(flinch__arena *arena, const char *text, size_t size) {
    char *copy = flinch__arena_take(arena, size + 1);
    if (copy == NULL)
        return "";
    if (size > 0)
        memcpy(copy, text, size);
    return copy;
}

const char *flinch__arena_join(flinch__arena *arena, const char *left, const char *right) {
    size_t left_size = strlen(left);
    size_t right_size = strlen(right);
    char *joined = flinch__arena_take(arena, left_size + right_size + 1);
    if (joined == NULL)
        return "";
    memcpy(joined, left, left_size);
    memcpy(joined + left_size, right, right_size);
    return joined;
}

void *flinch__arena_room(flinch__arena *arena, void *items, uint32_t count, size_t item_size) {
    bool full = count == 0 || (count >= FIRST_ROOM && (count & (count - 1)) == 0);
    if (!full)
        return items;
    size_t room = count == 0 ? FIRST_ROOM : (size_t)count * 2;
    void *moved = flinch__arena_take(arena, room * item_size);
    if (moved != NULL && count > 0)
        memcpy(moved, items, count * item_size);
    return moved;
}

bool flinch__arena_failed(const flinch__arena *arena) {
    return arena->failed;
}
