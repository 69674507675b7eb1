#include "schemas/plan_path.h"

#include <string.h>

size_t flinch__segment_size(const char *path) {
    return strcspn(path, ".");
}

const char *flinch__after_segment(const char *path) {
    size_t size = flinch__segment_size(path);
    return path[size] == '.' ? path + size + 1 : path + size;
}

bool flinch__is_segment(const char *name, const char *path) {
    size_t size = flinch__segment_size(path);
    return strncmp(name, path, size) == 0 && name[size] == '\0';
}

uint32_t flinch__segment_index(const char *path) {
    size_t size = flinch__segment_size(path);
    uint32_t index = 0;
    if (size == 0 || size > 9)
        return FLINCH__NO_SLOT;
    for (size_t i = 0; i < size; i++) {
        if (path[i] < '0' || path[i] > '9')
            return FLINCH__NO_SLOT;
        index = 10 * index + (uint32_t)(path[i] - '0');
    }
    return index;
}

bool flinch__split_init(flinch__split *split, flinch__arena *arena, flinch__targets wanted) {
    split->slots = flinch__arena_alloc(arena, wanted.count, sizeof *split->slots);
    split->rests = flinch__arena_alloc(arena, wanted.count, sizeof *split->rests);
    if (split->slots == NULL || split->rests == NULL)
        return false;
    for (uint32_t i = 0; i < wanted.count; i++)
        split->slots[i] = FLINCH__NO_SLOT;
    return true;
}

uint32_t flinch__split_next(const flinch__split *split, flinch__targets wanted, int64_t after) {
    uint32_t next = FLINCH__NO_SLOT;
    for (uint32_t i = 0; i < wanted.count; i++) {
        if (split->slots[i] < next && split->slots[i] > after)
            next = split->slots[i];
    }
    return next;
}

uint32_t flinch__split_count(const flinch__split *split, flinch__targets wanted) {
    uint32_t count = 0;
    uint32_t slot = flinch__split_next(split, wanted, -1);
    for (; slot != FLINCH__NO_SLOT; count++)
        slot = flinch__split_next(split, wanted, slot);
    return count;
}

bool flinch__split_pick(const flinch__split *split, flinch__arena *arena, uint32_t slot,
                        flinch__targets *wanted) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < wanted->count; i++)
        count += split->slots[i] == slot;
    flinch__target *items = flinch__arena_alloc(arena, count, sizeof *items);
    if (items == NULL)
        return false;
    uint32_t filled = 0;
    for (uint32_t i = 0; i < wanted->count; i++) {
        if (split->slots[i] != slot)
            continue;
        items[filled].want = wanted->items[i].want;
        items[filled++].rest = split->rests[i];
    }
    wanted->items = items;
    wanted->count = count;
    wanted->depth++;
    return true;
}
