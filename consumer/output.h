/* Scores and dead letters to the producer. */
#ifndef FLINCH_CONSUMER_OUTPUT_H
#define FLINCH_CONSUMER_OUTPUT_H

#include <librdkafka/rdkafka.h>

#include "consumer/router.h"
#include "consumer/worker.h"

/* Where one record's outcome goes: the same key, partition and timestamp as the record. */

/* Hands the score of `message` to the producer; waits (within a bound) while its queue is full.
 * TRY_AGAIN with text if the producer does not take it. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__output_score(
    rd_kafka_t *producer, const flinch__worker_config *config, const rd_kafka_message_t *message,
    const flinch__route *route, const flinch_score *score, flinch_error *error);

typedef struct flinch__letter {
    rd_kafka_message_t *message;
    flinch__cause cause;
    const char *detail;
    size_t bytes; /* a value of as many or more is left out: the broker would not take it */
} flinch__letter;

/* Hands on the record unchanged, with its cause in headers of the Kafka Connect family; of too
 * large a value there are only its size and CRC-32, in headers of ours. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__output_dead_letter(rd_kafka_t *producer,
                                                           const flinch__worker_config *config,
                                                           const flinch__letter *letter,
                                                           flinch_error *error);

/* A record of the state topic. */
typedef struct flinch__state_message {
    int32_t partition;
    const void *key;
    size_t key_size;
    const void *value;
    size_t value_size;
    uint64_t id; /* to be told the offset that it got; 0: of no interest */
} flinch__state_message;

/* Hands it to the producer, which copies it. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__output_state(rd_kafka_t *producer,
                                                     const flinch__worker_config *config,
                                                     const flinch__state_message *message,
                                                     flinch_error *error);

#endif
