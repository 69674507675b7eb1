/* The producer of the demo: a thread that puts records into the input topic, as Kafka clients do.
 */
#ifndef FLINCH_HOST_DEMO_FEED_H
#define FLINCH_HOST_DEMO_FEED_H

#include <stdatomic.h>
#include <stdint.h>

#include "plugin/host/demo_source.h"

typedef struct flinch__demo_feed {
    const char *servers;
    const char *topic;
    const flinch__demo_table *table; /* NULL: this machine, ten times a second */
    double rate;                     /* records a second; 0: as fast as scores come back */
    _Atomic uint64_t produced;
    _Atomic uint64_t received; /* scores that the reader has seen: the producer keeps near it, since
                                  the demonstration broker holds 5 MB of a partition */
    atomic_bool stop;
    atomic_bool failed;
    flinch_error error; /* once failed */
} flinch__demo_feed;

/* Body of the thread; `argument` is a flinch__demo_feed. */
void *flinch__demo_feed_run(void *argument);

#endif
