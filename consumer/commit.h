/* The producer's life: begin, commit, abort, begin anew; what each error leads to. */
#ifndef FLINCH_CONSUMER_COMMIT_H
#define FLINCH_CONSUMER_COMMIT_H

#include <librdkafka/rdkafka.h>

#include "consumer/partitions.h"
#include "consumer/worker.h"

/* What to do about an error of a Kafka call: the table in consumer/README.md. */
typedef enum flinch__remedy {
    FLINCH_REMEDY_RETRY,   /* the same call again, after a pause, within a bound */
    FLINCH_REMEDY_RECOVER, /* abort the transaction, new producer, learn again from m */
    FLINCH_REMEDY_STOP     /* the process ends; a supervisor starts it again */
} flinch__remedy;

/* NULL errors have no remedy: do not ask. [any] */
flinch__remedy flinch__remedy_of(const rd_kafka_error_t *error);

/* A record that was to be told of, and where it stands in its partition. */
typedef struct flinch__delivery {
    uint64_t id;
    int64_t offset;
} flinch__delivery;

/* What brokers did not take since begin. */
typedef struct flinch__refusal {
    uint64_t count;           /* messages */
    rd_kafka_resp_err_t code; /* of the first of them */
    char topic[250];          /* its topic */
    size_t value_bytes;       /* the largest value among those with its code and topic */
} flinch__refusal;

typedef struct flinch__committer {
    const flinch__worker_config *config;
    rd_kafka_t *producer;
    bool open;             /* a transaction was begun */
    _Atomic bool in_doubt; /* a request of this producer may reach the brokers yet */
    flinch__refusal refusal;
    flinch__delivery *told; /* since begin, of messages with an id */
    uint32_t told_count;
    uint32_t told_capacity;
} flinch__committer;

/* Makes a producer that owns the transactional id: whoever had it before is fenced. TRY_AGAIN while
 * the brokers do not answer, within seconds, so that a stop is heard; FATAL or DENIED with text.
 * [worker] */
FLINCH_MUST_CHECK flinch_status flinch__committer_open(flinch__committer *committer,
                                                       const flinch__worker_config *config,
                                                       flinch_error *error);
void flinch__committer_close(flinch__committer *committer);

/* Begins a transaction unless one is open. */
FLINCH_MUST_CHECK flinch_status flinch__committer_begin(flinch__committer *committer,
                                                        flinch_error *error);

/* Commits what was produced together with `next` of every partition that has progress. OK;
 * TRY_AGAIN: nothing or everything was committed, recover; FATAL. Sets `committed` of the
 * partitions. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__committer_commit(flinch__committer *committer,
                                                         rd_kafka_t *consumer,
                                                         flinch__partitions *partitions,
                                                         flinch_error *error);

/* Will brokers refuse for ever what they refused, since it is too large? *out_bytes is the size of
 * the value if it was a dead letter's, which can do without it, else SIZE_MAX; FATAL with text if
 * it was another's. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__committer_heed(const flinch__committer *committer,
                                                       size_t *out_bytes, flinch_error *error);

/* Gives up the open transaction, as far as the brokers let it; always followed by close. */
void flinch__committer_abort(flinch__committer *committer);

#endif
