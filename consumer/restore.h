/* What was learned, from the state topic. */
#ifndef FLINCH_CONSUMER_RESTORE_H
#define FLINCH_CONSUMER_RESTORE_H

#include <librdkafka/rdkafka.h>

#include "consumer/partitions.h"
#include "consumer/router.h"
#include "consumer/worker.h"

/* A client that reads the state topic, of no group. */
typedef struct flinch__restorer {
    const flinch__worker_config *config;
    rd_kafka_t *client;
} flinch__restorer;

FLINCH_MUST_CHECK flinch_status flinch__restorer_open(flinch__restorer *restorer,
                                                      const flinch__worker_config *config,
                                                      flinch_error *error);
void flinch__restorer_close(flinch__restorer *restorer);

/* Finds what is kept of a partition: routes, without their streams, in the place of those that the
 * router has of it; marker and skips. Without a state, or with one that is broken (which is told),
 * there are no routes and the marker is −1. TRY_AGAIN while the brokers do not answer; STOPPED.
 * [worker]
 */
FLINCH_MUST_CHECK flinch_status flinch__restore(const flinch__restorer *restorer,
                                                flinch__partition *partition,
                                                flinch__router *router, const atomic_bool *stop,
                                                flinch_error *error);

/* Gives a route the stream that is kept at its place in the state topic, or a new one if that is
 * not fit to load (which is told and counted). TRY_AGAIN while the brokers do not answer. [worker]
 */
FLINCH_MUST_CHECK flinch_status flinch__restore_stream(const flinch__restorer *restorer,
                                                       flinch__router *router, flinch__route *route,
                                                       flinch_error *error);

#endif
