/* The topics that must be there before a worker begins. */
#ifndef FLINCH_CONSUMER_TOPICS_H
#define FLINCH_CONSUMER_TOPICS_H

#include <librdkafka/rdkafka.h>

#include "consumer/worker.h"

/* Waits for the input topic, telling every few seconds what is missing; makes the output topics,
 * with as many partitions, if they are missing. Also primes the producer's metadata: without it the
 * first commit takes most of a second. STOPPED, or FATAL with text if an output topic has fewer
 * partitions than the input. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__topics_ready(rd_kafka_t *client,
                                                     const flinch__worker_config *config,
                                                     const atomic_bool *stop, flinch_error *error);

/* Partitions of a topic. NOT_FOUND or TRY_AGAIN with text that names address and setting. [any] */
FLINCH_MUST_CHECK flinch_status flinch__topic_partitions(rd_kafka_t *client, const char *topic,
                                                         const char *setting, const char *brokers,
                                                         int *out_partitions, flinch_error *error);

#endif
