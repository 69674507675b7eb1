/* What was counted, for all workers of a process. Each figure is written by workers and read by any
 * thread; they are consistent each by itself, not with each other. */
#ifndef FLINCH_CONSUMER_STATS_H
#define FLINCH_CONSUMER_STATS_H

#include <stdatomic.h>
#include <stdint.h>

#include "flinch/score.h"
#include "schemas/cause.h"

typedef enum flinch__stat {
    FLINCH_STAT_CONSUMED,       /* records taken from the input, replayed ones included */
    FLINCH_STAT_REPLAYED,       /* of them learned again or for the first time, not published */
    FLINCH_STAT_TOMBSTONES,     /* records with a null or empty value: skipped */
    FLINCH_STAT_ANOMALIES,      /* published scores with is_anomaly */
    FLINCH_STAT_MISSING,        /* inputs without a value */
    FLINCH_STAT_NON_FINITE,     /* inputs that were NaN or ±Inf */
    FLINCH_STAT_WRONG_TYPE,     /* inputs whose value is no number */
    FLINCH_STAT_OTHER_CATEGORY, /* one_hot inputs with a category that is not listed */
    FLINCH_STAT_COMMITS,
    FLINCH_STAT_ABORTS,
    FLINCH_STAT_CHECKPOINTS,    /* partitions written to the state topic */
    FLINCH_STAT_EVICTIONS,      /* streams that left memory for the state topic */
    FLINCH_STAT_FETCHES,        /* streams that came back from it */
    FLINCH_STAT_RESTORES,       /* partitions whose state was loaded */
    FLINCH_STAT_REFUSED_STATES, /* partitions or streams whose state was not fit to load */
    FLINCH_STAT_REGISTRY_WAITS, /* times that a partition waited for the registry */
    FLINCH_STAT_REBALANCES,
    FLINCH_STAT_STREAMS, /* streams in memory now */
    FLINCH_STAT_COUNT
} flinch__stat;

enum { FLINCH__SCORE_STATUSES = FLINCH_SCORE_DEGRADED + 1 };

typedef struct flinch__stats {
    _Atomic uint64_t count[FLINCH_STAT_COUNT];
    _Atomic uint64_t scored[FLINCH__SCORE_STATUSES]; /* published, by status */
    _Atomic uint64_t dead[FLINCH_CAUSE_COUNT];       /* published dead letters, by cause */
} flinch__stats;

static inline void flinch__stats_add(flinch__stats *stats, flinch__stat stat, uint64_t n) {
    if (n > 0)
        atomic_fetch_add_explicit(&stats->count[stat], n, memory_order_relaxed);
}

static inline uint64_t flinch__stats_get(flinch__stats *stats, flinch__stat stat) {
    return atomic_load_explicit(&stats->count[stat], memory_order_relaxed);
}

#endif
