/* What the files of a worker share: worker.c (its life and the taking of records), settle.c (their
 * outcomes and the commit), recovery.c (positions, state, rebalance). */
#ifndef FLINCH_CONSUMER_WORKER_PARTS_H
#define FLINCH_CONSUMER_WORKER_PARTS_H

#include <librdkafka/rdkafka.h>

#include "consumer/batch.h"
#include "consumer/clock.h"
#include "consumer/commit.h"
#include "consumer/partitions.h"
#include "consumer/restore.h"
#include "consumer/worker.h"

struct flinch__worker {
    flinch__worker_config config;
    rd_kafka_t *consumer;
    flinch__committer committer;
    flinch__restorer restorer;
    flinch__partitions partitions;
    flinch__batch batch;
    const atomic_bool *stop;
    int64_t commit_at_ms;     /* when the open transaction is due; 0: none is open */
    int64_t checkpoint_at_ms; /* when what was learned is to be kept again */
    int64_t told_at_ms;       /* when the progress of learning again was told */
    bool is_recovering;       /* there is nothing to commit, and nothing to commit it with */
    size_t letter_bytes;      /* brokers take no dead letter with a value of as many */
    uint32_t recoveries;      /* since the last commit */
    uint32_t streams_told;    /* of those in memory, to the statistics */
    flinch_status broken;     /* what a callback found, for the loop to act on */
    flinch_error error;       /* its text */
};

/* Everything taken so far gets its outcome, in the order it came; only then does a partition's
 * offset move past it. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__worker_settle(flinch__worker *worker, flinch_error *error);

/* Brings the figure of streams in memory up to date. */
void flinch__worker_tell_streams(flinch__worker *worker);

/* When a commit keeps what was learned in the state topic, too. */
typedef enum flinch__keep {
    FLINCH_KEEP_WHEN_DUE,
    FLINCH_KEEP_NOW /* the partitions go */
} flinch__keep;

/* Commits scores, dead letters, offsets and, if it is time, what was learned: in one transaction.
 * TRY_AGAIN: recover. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__worker_commit(flinch__worker *worker, flinch__keep keep,
                                                      flinch_error *error);

/* Do the streams take more memory than they may? Then a commit is due. */
bool flinch__worker_is_full(const flinch__worker *worker);

/* A producer that has the transactional id, however long the brokers take. STOPPED. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__worker_open(flinch__worker *worker, flinch_error *error);

/* After an abort or a doubtful commit: nothing in memory is trusted. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__worker_recover(flinch__worker *worker, flinch_error *error);

/* Lets a message go (NULL: none), as a recovery takes its place; heeds one that says that the next
 * record of a partition is gone. [worker] */
void flinch__worker_let_go(flinch__worker *worker, rd_kafka_message_t *message);

/* Seeks to the offsets in the list. */
FLINCH_MUST_CHECK flinch_status flinch__worker_seek(flinch__worker *worker,
                                                    rd_kafka_topic_partition_list_t *list,
                                                    flinch_error *error);

/* librdkafka's callback, within a poll, on the worker's thread; `opaque` is the worker. */
void flinch__worker_on_rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t err,
                                 rd_kafka_topic_partition_list_t *list, void *opaque);

bool flinch__worker_stopping(const flinch__worker *worker);

#endif
