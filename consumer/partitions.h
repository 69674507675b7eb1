/* The partitions that a worker holds, and where it stands in each. */
#ifndef FLINCH_CONSUMER_PARTITIONS_H
#define FLINCH_CONSUMER_PARTITIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "consumer/skips.h"
#include "flinch/status.h"

/* Offsets of one partition:
 *
 *     learn_from (m)          publish_from (c)              next
 *     |  learned, not published  |  scored, published, learned  |  …
 *
 * Recovery is always the same: forget the streams, go back to m, learn up to c, go on from there.
 */
typedef struct flinch__partition {
    int32_t id;
    int64_t learn_from;
    int64_t publish_from;
    int64_t next;      /* first offset whose outcome was not handed on yet */
    int64_t committed; /* as the broker knows it; −1 if nothing is */
    bool is_restored;  /* its state was looked for */
    bool is_lost;      /* the record at its next offset is gone: librdkafka fetches no more of it */
    int64_t marker; /* as the state topic has it: streams are kept up to here; −1: it has none */
    flinch__skips skips; /* from the marker on */
    int64_t retry_at_ms; /* waiting for the registry until then; 0: not waiting */
    uint32_t waits;      /* in a row, for the backoff */
} flinch__partition;

typedef struct flinch__partitions {
    flinch__partition *items;
    uint32_t count;
    uint32_t capacity;
} flinch__partitions;

/* NULL if the worker does not hold it. */
flinch__partition *flinch__partitions_find(const flinch__partitions *partitions, int32_t id);

/* Adds a partition, all offsets −1. */
FLINCH_MUST_CHECK flinch_status flinch__partitions_add(flinch__partitions *partitions, int32_t id,
                                                       flinch__partition **out_partition);
void flinch__partitions_remove(flinch__partitions *partitions, int32_t id);
void flinch__partitions_fini(flinch__partitions *partitions);

/* Is there something to commit? */
bool flinch__partition_has_progress(const flinch__partition *partition);

#endif
