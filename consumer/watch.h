/* What a worker waits for, for a thread that watches: calls of librdkafka that are known to hang.
 */
#ifndef FLINCH_CONSUMER_WATCH_H
#define FLINCH_CONSUMER_WATCH_H

#include <stdatomic.h>
#include <stddef.h>

#include "consumer/clock.h"

typedef struct flinch__watch {
    _Atomic(const char *) call; /* NULL: none */
    _Atomic int64_t since_ms;   /* by flinch__monotonic_ms */
    int64_t told_ms;            /* of the call that was told of last: its since_ms. [watcher] */
} flinch__watch;

/* Around a call; `watch` may be NULL. [worker] */
static inline void flinch__watch_begin(flinch__watch *watch, const char *call) {
    if (watch == NULL)
        return;
    atomic_store(&watch->since_ms, flinch__monotonic_ms());
    atomic_store(&watch->call, call);
}

static inline void flinch__watch_end(flinch__watch *watch) {
    if (watch != NULL)
        atomic_store(&watch->call, NULL);
}

/* The call that lasts for longer than so many milliseconds; NULL if there is none. [any] */
static inline const char *flinch__watch_late(flinch__watch *watch, int64_t limit_ms) {
    const char *call = atomic_load(&watch->call);
    return call != NULL && flinch__monotonic_ms() - atomic_load(&watch->since_ms) > limit_ms ? call
                                                                                             : NULL;
}

#endif
