/* The records between two polls: what each is to become, in the order they came. */
#ifndef FLINCH_CONSUMER_BATCH_H
#define FLINCH_CONSUMER_BATCH_H

#include <librdkafka/rdkafka.h>

#include "consumer/feeder.h"
#include "consumer/worker.h"

enum { FLINCH__BATCH_RECORDS = FLINCH__FEEDER_ROWS };

typedef enum flinch__outcome {
    FLINCH_OUTCOME_SCORE,
    FLINCH_OUTCOME_DEAD_LETTER,
    FLINCH_OUTCOME_SKIP /* a tombstone */
} flinch__outcome;

typedef struct flinch__entry {
    rd_kafka_message_t *message;
    flinch__outcome outcome;
    bool publish;              /* false: learned again, or for the first time, from the past */
    flinch__cause cause;       /* of a dead letter */
    char *detail;              /* of a dead letter */
    flinch__route *route;      /* of a score */
    const flinch_score *score; /* of a score; there once the batch is settled */
} flinch__entry;

typedef struct flinch__batch {
    const flinch__worker_config *config;
    flinch__decoder *decoder;
    flinch__feeder feeder;
    flinch__entry *entries; /* [BATCH_RECORDS] */
    uint32_t count;
    flinch__row row; /* the decoder's target */
} flinch__batch;

FLINCH_MUST_CHECK flinch_status flinch__batch_init(flinch__batch *batch,
                                                   const flinch__worker_config *config,
                                                   flinch_error *error);
void flinch__batch_fini(flinch__batch *batch);

/* Takes a message over and decodes it into its stream's tile; a tile that it fills is scored and
 * learned from. TRY_AGAIN or DENIED: the registry has no answer; the message was not taken and may
 * be destroyed. The batch must have room. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__batch_admit(flinch__batch *batch,
                                                    rd_kafka_message_t *message, bool publish,
                                                    int64_t now_ms, flinch_error *error);

/* Takes a message over that is not to be read, nor published. [worker] */
void flinch__batch_pass(flinch__batch *batch, rd_kafka_message_t *message);

/* Scores what has no score yet: after it every entry is complete. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__batch_settle(flinch__batch *batch, flinch_error *error);

/* Destroys the messages. [worker] */
void flinch__batch_clear(flinch__batch *batch);

/* Destroys the messages and forgets the streams of a partition, of all for −1. [worker] */
void flinch__batch_drop(flinch__batch *batch, int32_t partition);

#endif
