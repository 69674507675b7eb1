/* A worker: one thread, one consumer in the group, one producer; records in, transactions out. */
#ifndef FLINCH_CONSUMER_WORKER_H
#define FLINCH_CONSUMER_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "consumer/note.h"
#include "consumer/stats.h"
#include "consumer/watch.h"
#include "flinch/status.h"
#include "model/stream.h"
#include "schemas/decoder.h"

/* A librdkafka property, already allowed by the host. */
typedef struct flinch__property {
    const char *name;
    const char *value;
} flinch__property;

/* What makes a stream. */
typedef enum flinch__stream_by {
    FLINCH_STREAM_BY_PARTITION,
    FLINCH_STREAM_BY_KEY,
    FLINCH_STREAM_BY_FIELD /* the decoder's first capture */
} flinch__stream_by;

/* Where learning begins in a partition of which nothing is known. */
typedef enum flinch__start_kind {
    FLINCH_START_EARLIEST,
    FLINCH_START_LATEST,
    FLINCH_START_AGO, /* start_ms before now */
    FLINCH_START_AT   /* start_ms since 1970 */
} flinch__start_kind;

/* Borrowed until the worker is freed. */
typedef struct flinch__worker_config {
    const flinch__property *properties;
    uint32_t property_count;
    const char *topic;
    const char *group;
    const char *transactional_id; /* of this worker alone */
    const char *scores_topic;
    const char *dead_letters_topic;
    const char *state_topic; /* or NULL: what was learned is not kept */
    int32_t score_schema_id; /* < 0: scores are written without a wire header */
    flinch__start_kind start;
    int64_t start_ms;
    bool score_backlog; /* score what the topic holds at the first start, too */
    flinch__stream_by stream_by;
    bool exactly_once;
    uint32_t commit_interval_ms;
    uint32_t transaction_ms; /* the transaction's time-out: what a commit may take at most */
    uint32_t checkpoint_interval_ms;
    uint64_t streams_memory_bytes; /* of this worker's streams; with a state topic alone */
    const flinch__blueprint *blueprint;
    flinch__decoder_config decoder;
    flinch__notes notes;
    flinch__stats *stats;
    flinch__watch *watch; /* of this worker, or NULL */
} flinch__worker_config;

typedef struct flinch__worker flinch__worker;

/* Connects lazily: a broker that is not there is not an error yet. INVALID with text for properties
 * that librdkafka refuses. [main] */
FLINCH_MUST_CHECK flinch_status flinch__worker_new(const flinch__worker_config *config,
                                                   flinch__worker **out_worker,
                                                   flinch_error *error);
/* After run has returned. [main] */
void flinch__worker_free(flinch__worker *worker);

/* Works until *stop, then commits and leaves the group: OK. FATAL or DENIED with text if it cannot
 * go on: the process should end and be started again. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__worker_run(flinch__worker *worker, const atomic_bool *stop,
                                                   flinch_error *error);

#endif
