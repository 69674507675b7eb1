#include "schemas/category.h"

#include <stdlib.h>
#include <string.h>

/* By size first: most comparisons of a search then look at no text. */
static int compare_text(const flinch__category *category, const char *text, size_t size) {
    if (category->size != size)
        return category->size < size ? -1 : 1;
    return memcmp(category->text, text, size);
}

static int compare(const void *a, const void *b) {
    const flinch__category *other = b;
    return compare_text(a, other->text, other->size);
}

bool flinch__category_set_init(flinch__category_set *set, flinch__arena *arena,
                               const flinch_input *input) {
    set->count = input->transform == FLINCH_TRANSFORM_ONE_HOT ? input->category_count : 0;
    set->sorted = flinch__arena_alloc(arena, set->count, sizeof *set->sorted);
    if (set->sorted == NULL)
        return false;
    for (uint32_t i = 0; i < set->count; i++) {
        size_t size = strlen(input->categories[i]);
        const char *text = flinch__arena_text(arena, input->categories[i], size);
        if (text == NULL)
            return false;
        set->sorted[i] = (flinch__category){.text = text, .size = size, .index = i};
    }
    qsort(set->sorted, set->count, sizeof *set->sorted, compare);
    return true;
}

double flinch__category_index(const flinch__category_set *set, const char *text, size_t size) {
    uint32_t low = 0;
    uint32_t high = set->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare_text(&set->sorted[middle], text, size);
        if (order == 0)
            return set->sorted[middle].index;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}
