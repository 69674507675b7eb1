#include "plugin/host/vault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 8 };

typedef struct block {
    struct block *next;
    size_t size;
    max_align_t bytes[];
} block;

struct flinch__vault {
    block *blocks;
    bool failed;
};

flinch__vault *flinch__vault_new(void) {
    return calloc(1, sizeof(flinch__vault));
}

void flinch__vault_free(flinch__vault *vault) {
    if (vault == NULL)
        return;
    while (vault->blocks != NULL) {
        block *old = vault->blocks;
        vault->blocks = old->next;
        explicit_bzero(old->bytes, old->size);
        free(old);
    }
    free(vault);
}

void *flinch__vault_take(flinch__vault *vault, size_t size) {
    block *new_block = size > SIZE_MAX - sizeof(block) ? NULL : calloc(1, sizeof(block) + size);
    if (new_block == NULL) {
        vault->failed = true;
        return NULL;
    }
    new_block->size = size;
    new_block->next = vault->blocks;
    vault->blocks = new_block;
    return new_block->bytes;
}

const char *flinch__vault_copy(flinch__vault *vault, const char *text, size_t size) {
    char *copy = flinch__vault_take(vault, size + 1);
    if (copy == NULL)
        return "";
    if (size > 0)
        memcpy(copy, text, size);
    return copy;
}

const char *flinch__vault_join(flinch__vault *vault, const char *left, const char *right) {
    size_t left_size = strlen(left);
    size_t right_size = strlen(right);
    char *joined = flinch__vault_take(vault, left_size + right_size + 1);
    if (joined == NULL)
        return "";
    snprintf(joined, left_size + right_size + 1, "%s%s", left, right);
    return joined;
}

void *flinch__vault_room(flinch__vault *vault, void *items, uint32_t count, size_t item_size) {
    bool full = count == 0 || (count >= FIRST_ROOM && (count & (count - 1)) == 0);
    if (!full)
        return items;
    size_t room = count == 0 ? FIRST_ROOM : (size_t)count * 2;
    void *moved = flinch__vault_take(vault, room * item_size);
    if (moved != NULL && count > 0)
        memcpy(moved, items, count * item_size);
    return moved;
}

bool flinch__vault_failed(const flinch__vault *vault) {
    return vault->failed;
}
