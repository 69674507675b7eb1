#include <stdlib.h>
#include <time.h>

#include "consumer/positions.h"
#include "consumer/topics.h"
#include "consumer/worker_parts.h"

enum { ASK_TRIES = 30, OPEN_PAUSE_MS = 1000, PROMPT_RECOVERIES = 2, MAX_PAUSE_MS = 10000 };

void flinch__worker_let_go(flinch__worker *worker, rd_kafka_message_t *message) {
    if (message == NULL)
        return;
    flinch__partition *partition = flinch__partitions_find(&worker->partitions, message->partition);
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && partition != NULL)
        partition->is_lost = true;
    rd_kafka_message_destroy(message);
}

/* Waits without leaving the group: events are served. Records that come are let go, as a seek
 * follows. (rd_kafka_poll will not do: librdkafka ends the process when it meets a record there.)
 */
static void wait_ms(flinch__worker *worker, int ms) {
    int64_t until = flinch__monotonic_ms() + ms;
    while (!flinch__worker_stopping(worker) && flinch__monotonic_ms() < until)
        flinch__worker_let_go(worker, rd_kafka_consumer_poll(worker->consumer, 50));
}

/* Loads what was kept of every partition that was not loaded yet, then finds m and c. */
static flinch_status restore_all(flinch__worker *worker, flinch_error *error) {
    for (uint32_t i = 0; i < worker->partitions.count; i++) {
        flinch__partition *partition = &worker->partitions.items[i];
        if (partition->is_restored)
            continue;
        FLINCH_TRY(flinch__restore(&worker->restorer, partition, &worker->batch.feeder.router,
                                   worker->stop, error));
        partition->is_restored = true;
        if (partition->marker >= 0)
            partition->learn_from = partition->marker;
    }
    return flinch__positions_find(worker->consumer, &worker->config, &worker->partitions, error);
}

/* Finds state, m and c of all partitions held, however long the brokers take. */
static flinch_status find_positions(flinch__worker *worker, flinch_error *error) {
    for (int i = 0; i < ASK_TRIES && !flinch__worker_stopping(worker); i++) {
        flinch_status status = restore_all(worker, error);
        if (status.code != FLINCH_TRY_AGAIN)
            return status;
        flinch__note(&worker->config.notes, FLINCH_NOTE_WARNING, "waiting", "reason=\"%.400s\"",
                     error->text);
        struct timespec pause = {.tv_nsec = 200000000};
        nanosleep(&pause, NULL);
    }
    return flinch__worker_stopping(worker) ? flinch_status_of(FLINCH_STOPPED)
                                           : flinch_status_of(FLINCH_FATAL);
}

flinch_status flinch__worker_open(flinch__worker *worker, flinch_error *error) {
    flinch_status status = flinch_status_of(FLINCH_TRY_AGAIN);
    while (status.code == FLINCH_TRY_AGAIN && !flinch__worker_stopping(worker)) {
        status = flinch__committer_open(&worker->committer, &worker->config, error);
        if (status.code != FLINCH_TRY_AGAIN)
            return status;
        flinch__note(&worker->config.notes, FLINCH_NOTE_WARNING, "waiting", "reason=\"%.400s\"",
                     error->text);
        wait_ms(worker, OPEN_PAUSE_MS);
    }
    return flinch__worker_stopping(worker) ? flinch_status_of(FLINCH_STOPPED) : status;
}

/* A list of the held partitions at their next offsets. */
static rd_kafka_topic_partition_list_t *held_at_next(const flinch__worker *worker) {
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)worker->partitions.count);
    for (uint32_t i = 0; i < worker->partitions.count; i++)
        rd_kafka_topic_partition_list_add(list, worker->config.topic,
                                          worker->partitions.items[i].id)
            ->offset = worker->partitions.items[i].next;
    return list;
}

flinch_status flinch__worker_seek(flinch__worker *worker, rd_kafka_topic_partition_list_t *list,
                                  flinch_error *error) {
    rd_kafka_error_t *failed = rd_kafka_seek_partitions(worker->consumer, list, 10000);
    if (failed == NULL)
        return flinch_status_of(FLINCH_OK);
    flinch_status status =
        flinch_fail(error, FLINCH_FATAL, "seek: %s", rd_kafka_error_string(failed));
    rd_kafka_error_destroy(failed);
    return status;
}

/* What librdkafka does not fetch it does not seek, either, but begins with where it is assigned. */
static flinch_status fetch_from(flinch__worker *worker, rd_kafka_topic_partition_list_t *list,
                                flinch_error *error) {
    bool lost = false;
    for (uint32_t i = 0; i < worker->partitions.count; i++) {
        lost = lost || worker->partitions.items[i].is_lost;
        worker->partitions.items[i].is_lost = false;
    }
    if (!lost)
        return flinch__worker_seek(worker, list, error);
    rd_kafka_resp_err_t err = rd_kafka_assign(worker->consumer, list);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR
               ? flinch_status_of(FLINCH_OK)
               : flinch_fail(error, FLINCH_FATAL, "assign: %s", rd_kafka_err2str(err));
}

/* The first recoveries come at once; where none leads to a commit, they come ever later. */
static void pause_after(flinch__worker *worker) {
    uint32_t n = worker->recoveries++;
    if (n >= PROMPT_RECOVERIES)
        wait_ms(worker, n < PROMPT_RECOVERIES + 7 ? 100 << (n - PROMPT_RECOVERIES) : MAX_PAUSE_MS);
}

static flinch_status recover(flinch__worker *worker, flinch_error *error) {
    flinch__note(&worker->config.notes, FLINCH_NOTE_WARNING, "recovery", "reason=\"%.400s\"",
                 error->text);
    size_t letter_bytes;
    FLINCH_TRY(flinch__committer_heed(&worker->committer, &letter_bytes, error));
    if (letter_bytes < worker->letter_bytes)
        worker->letter_bytes = letter_bytes;
    flinch__committer_abort(&worker->committer);
    flinch__committer_close(&worker->committer);
    flinch__batch_drop(&worker->batch, -1);
    flinch__worker_tell_streams(worker);
    for (uint32_t i = 0; i < worker->partitions.count; i++)
        worker->partitions.items[i].is_restored = false;
    worker->commit_at_ms = 0;
    pause_after(worker);
    FLINCH_TRY(flinch__worker_open(worker, error));
    /* A topic of ours that was deleted is named, and made again as at the start. */
    FLINCH_TRY(
        flinch__topics_ready(worker->committer.producer, &worker->config, worker->stop, error));
    if (worker->partitions.count == 0)
        return flinch_status_of(FLINCH_OK);
    FLINCH_TRY(find_positions(worker, error));
    rd_kafka_topic_partition_list_t *list = held_at_next(worker);
    rd_kafka_resume_partitions(worker->consumer, list);
    flinch_status status = fetch_from(worker, list, error);
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

/* After an abort or a doubtful commit: nothing in memory is trusted. A new producer fences what may
 * still be under way; the broker says what was committed; what was learned is loaded from the
 * state topic and learned again from there. */
flinch_status flinch__worker_recover(flinch__worker *worker, flinch_error *error) {
    worker->is_recovering = true;
    flinch_status status = recover(worker, error);
    worker->is_recovering = false;
    return status;
}

/* ---- rebalance: called by librdkafka within a poll, on the worker's thread --------------------
 */

static void keep_failure(flinch__worker *worker, flinch_status status, const flinch_error *error) {
    if (flinch_is_ok(status) || !flinch_is_ok(worker->broken))
        return;
    worker->broken = status;
    worker->error = *error;
}

static void assign(flinch__worker *worker, rd_kafka_topic_partition_list_t *list) {
    flinch_error error = {{0}};
    flinch_status status = flinch_status_of(FLINCH_OK);
    for (int i = 0; i < list->cnt && flinch_is_ok(status); i++) {
        flinch__partition *partition = NULL;
        status = flinch__partitions_add(&worker->partitions, list->elems[i].partition, &partition);
    }
    /* Where a recovery is due it finds them: before that our own transaction would be in the way.
     */
    if (flinch_is_ok(status) && !worker->is_recovering && flinch_is_ok(worker->broken))
        status = find_positions(worker, &error);
    keep_failure(worker, status, &error);
    for (int i = 0; i < list->cnt; i++) {
        const flinch__partition *partition =
            flinch__partitions_find(&worker->partitions, list->elems[i].partition);
        /* Not known yet: never after the place that a seek will go to. */
        list->elems[i].offset =
            partition != NULL && partition->next >= 0 ? partition->next : RD_KAFKA_OFFSET_BEGINNING;
    }
    rd_kafka_assign(worker->consumer, list);
    flinch__stats_add(worker->config.stats, FLINCH_STAT_REBALANCES, 1);
    flinch__note(&worker->config.notes, FLINCH_NOTE_INFO, "assigned", "topic=%s partitions=%d",
                 worker->config.topic, list->cnt);
}

static bool is_beyond_commit(const flinch__worker *worker) {
    return worker->is_recovering || !flinch_is_ok(worker->broken) ||
           rd_kafka_assignment_lost(worker->consumer);
}

/* Partitions go: what was done in them is committed first, unless another member has them already
 * or the worker is in no state to. */
static void revoke(flinch__worker *worker, const rd_kafka_topic_partition_list_t *list) {
    flinch_error error = {{0}};
    flinch_status status = flinch_status_of(FLINCH_OK);
    if (is_beyond_commit(worker)) {
        flinch__batch_clear(&worker->batch);
        status = worker->committer.open
                     ? flinch_fail(&error, FLINCH_TRY_AGAIN, "partitions were lost")
                     : status;
    } else {
        status = flinch__worker_settle(worker, &error);
        if (flinch_is_ok(status))
            status = flinch__worker_commit(worker, FLINCH_KEEP_NOW, &error);
    }
    keep_failure(worker, status, &error);
    for (int i = 0; i < list->cnt; i++) {
        flinch__batch_drop(&worker->batch, list->elems[i].partition);
        flinch__partitions_remove(&worker->partitions, list->elems[i].partition);
    }
    rd_kafka_assign(worker->consumer, NULL);
    flinch__note(&worker->config.notes, FLINCH_NOTE_INFO, "revoked", "topic=%s partitions=%d",
                 worker->config.topic, list->cnt);
}

void flinch__worker_on_rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t err,
                                 rd_kafka_topic_partition_list_t *list, void *opaque) {
    flinch__worker *worker = opaque;
    (void)consumer;
    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        assign(worker, list);
    else
        revoke(worker, list);
}
