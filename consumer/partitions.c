#include "consumer/partitions.h"

#include <stdlib.h>
#include <string.h>

flinch__partition *flinch__partitions_find(const flinch__partitions *partitions, int32_t id) {
    for (uint32_t i = 0; i < partitions->count; i++)
        if (partitions->items[i].id == id)
            return &partitions->items[i];
    return NULL;
}

flinch_status flinch__partitions_add(flinch__partitions *partitions, int32_t id,
                                     flinch__partition **out_partition) {
    *out_partition = NULL;
    if (partitions->count == partitions->capacity) {
        uint32_t capacity = partitions->capacity == 0 ? 8 : 2 * partitions->capacity;
        flinch__partition *items = realloc(partitions->items, capacity * sizeof *items);
        if (items == NULL)
            return flinch_status_of(FLINCH_NO_MEMORY);
        partitions->items = items;
        partitions->capacity = capacity;
    }
    *out_partition = &partitions->items[partitions->count++];
    **out_partition = (flinch__partition){
        .id = id, .learn_from = -1, .publish_from = -1, .next = -1, .committed = -1, .marker = -1};
    return flinch_status_of(FLINCH_OK);
}

void flinch__partitions_remove(flinch__partitions *partitions, int32_t id) {
    flinch__partition *gone = flinch__partitions_find(partitions, id);
    if (gone == NULL)
        return;
    flinch__skips_fini(&gone->skips);
    *gone = partitions->items[--partitions->count];
}

void flinch__partitions_fini(flinch__partitions *partitions) {
    for (uint32_t i = 0; i < partitions->count; i++)
        flinch__skips_fini(&partitions->items[i].skips);
    free(partitions->items);
    *partitions = (flinch__partitions){0};
}

bool flinch__partition_has_progress(const flinch__partition *partition) {
    return partition->next >= partition->publish_from && partition->next > partition->committed;
}
