/* Where learning and publishing begin in a partition. */
#ifndef FLINCH_CONSUMER_POSITIONS_H
#define FLINCH_CONSUMER_POSITIONS_H

#include <librdkafka/rdkafka.h>

#include "consumer/partitions.h"
#include "consumer/worker.h"

/* Finds m and c of the listed partitions, by asking the group's committed offsets and, for one that
 * has none or of which nothing is known, the log. Called at every assignment and every recovery. A
 * partition that has learn_from keeps it. TRY_AGAIN with text while the brokers do not answer.
 * [worker] */
FLINCH_MUST_CHECK flinch_status flinch__positions_find(rd_kafka_t *consumer,
                                                       const flinch__worker_config *config,
                                                       flinch__partitions *partitions,
                                                       flinch_error *error);

#endif
