#include "consumer/worker.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "consumer/batch.h"
#include "consumer/client.h"
#include "consumer/commit.h"
#include "consumer/output.h"
#include "consumer/partitions.h"
#include "consumer/positions.h"
#include "consumer/topics.h"

enum { IDLE_POLL_MS = 100, REGISTRY_PAUSE_MS = 100, REGISTRY_PAUSE_MAX_MS = 20000 };
enum { OPEN_PAUSE_MS = 1000, ASK_TRIES = 30, CLOSE_MS = 5000 };

struct flinch__worker {
    flinch__worker_config config;
    rd_kafka_t *consumer;
    flinch__committer committer;
    flinch__partitions partitions;
    flinch__batch batch;
    const atomic_bool *stop;
    int64_t commit_at_ms; /* when the open transaction is due; 0: none is open */
    flinch_status broken; /* what a callback found, for the loop to act on */
    flinch_error error;   /* its text */
};

static int64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- outcomes ------------------------------------------------------------------------------- */

static void count_published(flinch__stats *stats, const flinch__entry *entry) {
    switch (entry->outcome) {
    case FLINCH_OUTCOME_SCORE:
        atomic_fetch_add_explicit(&stats->scored[entry->score->status], 1, memory_order_relaxed);
        flinch__stats_add(stats, FLINCH_STAT_ANOMALIES, entry->score->is_anomaly);
        return;
    case FLINCH_OUTCOME_DEAD_LETTER:
        atomic_fetch_add_explicit(&stats->dead[entry->cause], 1, memory_order_relaxed);
        return;
    case FLINCH_OUTCOME_SKIP:
        flinch__stats_add(stats, FLINCH_STAT_TOMBSTONES, 1);
        return;
    }
}

static flinch_status publish_entry(flinch__worker *worker, flinch__entry *entry,
                                   flinch_error *error) {
    switch (entry->outcome) {
    case FLINCH_OUTCOME_SCORE:
        return flinch__output_score(worker->committer.producer, &worker->config, entry->message,
                                    entry->route, entry->score, error);
    case FLINCH_OUTCOME_DEAD_LETTER:
        return flinch__output_dead_letter(worker->committer.producer, &worker->config,
                                          entry->message, entry->cause, entry->detail, error);
    case FLINCH_OUTCOME_SKIP:
        return flinch_status_of(FLINCH_OK);
    }
    return flinch_status_of(FLINCH_FATAL);
}

/* Everything taken so far gets its outcome, in the order it came; only then does a partition's
 * offset move past it. */
static flinch_status settle(flinch__worker *worker, flinch_error *error) {
    flinch_status status = flinch__batch_settle(&worker->batch, error);
    for (uint32_t i = 0; i < worker->batch.count && flinch_is_ok(status); i++) {
        flinch__entry *entry = &worker->batch.entries[i];
        if (entry->publish) {
            status = flinch__committer_begin(&worker->committer, error);
            if (flinch_is_ok(status))
                status = publish_entry(worker, entry, error);
            if (!flinch_is_ok(status))
                break;
            count_published(worker->config.stats, entry);
        }
        flinch__partition *partition =
            flinch__partitions_find(&worker->partitions, entry->message->partition);
        if (partition != NULL)
            partition->next = entry->message->offset + 1;
    }
    flinch__batch_clear(&worker->batch);
    if (worker->commit_at_ms == 0 && worker->committer.open)
        worker->commit_at_ms = monotonic_ms() + worker->config.commit_interval_ms;
    return status;
}

static flinch_status commit(flinch__worker *worker, flinch_error *error) {
    worker->commit_at_ms = 0;
    return flinch__committer_commit(&worker->committer, worker->consumer, &worker->partitions,
                                    error);
}

/* ---- recovery: one way for start, assignment, abort ------------------------------------------ */

static bool stopping(const flinch__worker *worker) {
    return atomic_load(worker->stop);
}

/* Waits without leaving the group: events are served, records are not (partitions are paused or not
 * assigned yet). */
static void wait_ms(flinch__worker *worker, int ms) {
    int64_t until = monotonic_ms() + ms;
    while (!stopping(worker) && monotonic_ms() < until)
        rd_kafka_poll(worker->consumer, 50);
}

/* Finds m and c of all partitions held, however long the brokers take. */
static flinch_status find_positions(flinch__worker *worker, flinch_error *error) {
    for (int i = 0; i < ASK_TRIES && !stopping(worker); i++) {
        flinch_status status =
            flinch__positions_find(worker->consumer, &worker->config, &worker->partitions, error);
        if (status.code != FLINCH_TRY_AGAIN)
            return status;
        flinch__note(&worker->config.notes, FLINCH_NOTE_WARNING, "waiting", "reason=\"%.400s\"",
                     error->text);
        struct timespec pause = {.tv_nsec = 200000000};
        nanosleep(&pause, NULL);
    }
    return stopping(worker) ? flinch_status_of(FLINCH_STOPPED) : flinch_status_of(FLINCH_FATAL);
}

static flinch_status open_committer(flinch__worker *worker, flinch_error *error) {
    flinch_status status = flinch_status_of(FLINCH_TRY_AGAIN);
    while (status.code == FLINCH_TRY_AGAIN && !stopping(worker)) {
        status = flinch__committer_open(&worker->committer, &worker->config, error);
        if (status.code != FLINCH_TRY_AGAIN)
            return status;
        flinch__note(&worker->config.notes, FLINCH_NOTE_WARNING, "waiting", "reason=\"%.400s\"",
                     error->text);
        wait_ms(worker, OPEN_PAUSE_MS);
    }
    return stopping(worker) ? flinch_status_of(FLINCH_STOPPED) : status;
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

static flinch_status seek(flinch__worker *worker, rd_kafka_topic_partition_list_t *list,
                          flinch_error *error) {
    rd_kafka_error_t *failed = rd_kafka_seek_partitions(worker->consumer, list, 10000);
    if (failed == NULL)
        return flinch_status_of(FLINCH_OK);
    flinch_status status =
        flinch_fail(error, FLINCH_FATAL, "seek: %s", rd_kafka_error_string(failed));
    rd_kafka_error_destroy(failed);
    return status;
}

/* After an abort or a doubtful commit: nothing in memory is trusted. A new producer fences what may
 * still be under way; the broker says what was committed; learning begins again at m. */
static flinch_status recover(flinch__worker *worker, flinch_error *error) {
    flinch__note(&worker->config.notes, FLINCH_NOTE_WARNING, "recovery", "reason=\"%.400s\"",
                 error->text);
    flinch__committer_abort(&worker->committer);
    flinch__committer_close(&worker->committer);
    flinch__batch_drop(&worker->batch, -1);
    worker->commit_at_ms = 0;
    FLINCH_TRY(open_committer(worker, error));
    if (worker->partitions.count == 0)
        return flinch_status_of(FLINCH_OK);
    FLINCH_TRY(find_positions(worker, error));
    rd_kafka_topic_partition_list_t *list = held_at_next(worker);
    rd_kafka_resume_partitions(worker->consumer, list);
    flinch_status status = seek(worker, list, error);
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

/* ---- rebalance: called by librdkafka within a poll, on this thread --------------------------- */

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
    if (flinch_is_ok(status))
        status = find_positions(worker, &error);
    keep_failure(worker, status, &error);
    for (int i = 0; i < list->cnt; i++) {
        const flinch__partition *partition =
            flinch__partitions_find(&worker->partitions, list->elems[i].partition);
        list->elems[i].offset = partition != NULL ? partition->next : RD_KAFKA_OFFSET_INVALID;
    }
    rd_kafka_assign(worker->consumer, list);
    flinch__stats_add(worker->config.stats, FLINCH_STAT_REBALANCES, 1);
    flinch__note(&worker->config.notes, FLINCH_NOTE_INFO, "assigned", "topic=%s partitions=%d",
                 worker->config.topic, list->cnt);
}

/* Partitions go: what was done in them is committed first, unless another member has them already.
 */
static void revoke(flinch__worker *worker, const rd_kafka_topic_partition_list_t *list) {
    flinch_error error = {{0}};
    flinch_status status = flinch_status_of(FLINCH_OK);
    if (rd_kafka_assignment_lost(worker->consumer)) {
        flinch__batch_clear(&worker->batch);
        status = worker->committer.open
                     ? flinch_fail(&error, FLINCH_TRY_AGAIN, "partitions were lost")
                     : status;
    } else {
        status = settle(worker, &error);
        if (flinch_is_ok(status))
            status = commit(worker, &error);
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

static void on_rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t err,
                         rd_kafka_topic_partition_list_t *list, void *opaque) {
    flinch__worker *worker = opaque;
    (void)consumer;
    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        assign(worker, list);
    else
        revoke(worker, list);
}

static void on_error(rd_kafka_t *consumer, int code, const char *reason, void *opaque) {
    const flinch__worker *worker = opaque;
    (void)consumer;
    flinch__note(&worker->config.notes, FLINCH_NOTE_WARNING, "kafka_consumer",
                 "error=%s brokers=%s reason=\"%.300s\"",
                 rd_kafka_err2name((rd_kafka_resp_err_t)code),
                 flinch__client_brokers(&worker->config), reason);
}

/* ---- taking records ---------------------------------------------------------------------------
 */

/* The registry has no answer for a record: its partition stands still, at this record, for a while;
 * the others go on. */
static flinch_status wait_for_registry(flinch__worker *worker, flinch__partition *partition,
                                       int64_t offset, flinch_error *error) {
    uint32_t doublings = partition->waits < 8 ? partition->waits : 8;
    int64_t pause = (int64_t)REGISTRY_PAUSE_MS << doublings;
    pause = pause < REGISTRY_PAUSE_MAX_MS ? pause : REGISTRY_PAUSE_MAX_MS;
    flinch__note(&worker->config.notes, FLINCH_NOTE_WARNING, "registry_wait",
                 "partition=%" PRId32 " offset=%" PRId64 " retry_in_ms=%" PRId64
                 " reason=\"registry (registry.url): %.300s\"",
                 partition->id, offset, pause, error->text);
    flinch__stats_add(worker->config.stats, FLINCH_STAT_REGISTRY_WAITS, 1);
    partition->waits++;
    partition->retry_at_ms = monotonic_ms() + pause;

    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, worker->config.topic, partition->id)->offset = offset;
    rd_kafka_pause_partitions(worker->consumer, list);
    flinch_status status = seek(worker, list, error);
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

static void resume_waiting(flinch__worker *worker) {
    int64_t now = 0;
    for (uint32_t i = 0; i < worker->partitions.count; i++) {
        flinch__partition *partition = &worker->partitions.items[i];
        if (partition->retry_at_ms == 0)
            continue;
        now = now == 0 ? monotonic_ms() : now;
        if (now < partition->retry_at_ms)
            continue;
        partition->retry_at_ms = 0;
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(list, worker->config.topic, partition->id);
        rd_kafka_resume_partitions(worker->consumer, list);
        rd_kafka_topic_partition_list_destroy(list);
    }
}

static flinch_status take_record(flinch__worker *worker, rd_kafka_message_t *message,
                                 flinch_error *error) {
    flinch__partition *partition = flinch__partitions_find(&worker->partitions, message->partition);
    if (partition == NULL || partition->retry_at_ms != 0 || message->offset < partition->next) {
        rd_kafka_message_destroy(message); /* fetched before a seek or a revoke */
        return flinch_status_of(FLINCH_OK);
    }
    bool publish = message->offset >= partition->publish_from;
    int64_t offset = message->offset;
    uint32_t before = worker->batch.count;
    flinch_status status =
        flinch__batch_admit(&worker->batch, message, publish, monotonic_ms(), error);
    if (worker->batch.count == before)
        rd_kafka_message_destroy(message);
    if (status.code == FLINCH_TRY_AGAIN || status.code == FLINCH_DENIED)
        return wait_for_registry(worker, partition, offset, error);
    if (!flinch_is_ok(status))
        return status;
    partition->waits = 0;
    flinch__stats_add(worker->config.stats, FLINCH_STAT_CONSUMED, 1);
    flinch__stats_add(worker->config.stats, FLINCH_STAT_REPLAYED, !publish);
    return status;
}

static flinch_status take(flinch__worker *worker, rd_kafka_message_t *message,
                          flinch_error *error) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return take_record(worker, message, error);
    flinch__note(&worker->config.notes, FLINCH_NOTE_WARNING, "consume_error",
                 "error=%s reason=\"%.300s\"", rd_kafka_err2name(message->err),
                 rd_kafka_message_errstr(message));
    bool fatal = message->err == RD_KAFKA_RESP_ERR__FATAL ||
                 message->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
                 message->err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
    flinch_status status = flinch_status_of(FLINCH_OK);
    if (fatal)
        status =
            flinch_fail(error, FLINCH_FATAL, "input topic %s, group %s: %s", worker->config.topic,
                        worker->config.group, rd_kafka_message_errstr(message));
    rd_kafka_message_destroy(message);
    return status;
}

/* How long the first poll may wait: not past the open transaction's end. */
static int first_wait_ms(const flinch__worker *worker) {
    if (worker->commit_at_ms == 0)
        return IDLE_POLL_MS;
    int64_t left = worker->commit_at_ms - monotonic_ms();
    return left < 0 ? 0 : left > IDLE_POLL_MS ? IDLE_POLL_MS : (int)left;
}

/* One turn: a batch of what is there, its outcomes, and the commit if it is due. */
static flinch_status turn(flinch__worker *worker, flinch_error *error) {
    resume_waiting(worker);
    int wait = first_wait_ms(worker);
    while (worker->batch.count < FLINCH__BATCH_RECORDS) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(worker->consumer, wait);
        if (!flinch_is_ok(worker->broken)) {
            if (message != NULL)
                rd_kafka_message_destroy(message);
            *error = worker->error;
            flinch_status broken = worker->broken;
            worker->broken = flinch_status_of(FLINCH_OK);
            return broken;
        }
        if (message == NULL)
            break;
        FLINCH_TRY(take(worker, message, error));
        wait = 0;
    }
    FLINCH_TRY(settle(worker, error));
    rd_kafka_poll(worker->committer.producer, 0);
    bool due = worker->commit_at_ms == 0 || monotonic_ms() >= worker->commit_at_ms;
    return due ? commit(worker, error) : flinch_status_of(FLINCH_OK);
}

/* ---- life ---------------------------------------------------------------------------------------
 */

flinch_status flinch__worker_new(const flinch__worker_config *config, flinch__worker **out_worker,
                                 flinch_error *error) {
    *out_worker = NULL;
    flinch__worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a worker");
    worker->config = *config;
    worker->committer.config = &worker->config;
    flinch__client_hooks hooks = {.rebalance = on_rebalance, .failed = on_error, .opaque = worker};
    flinch_status status = flinch__batch_init(&worker->batch, &worker->config, error);
    if (flinch_is_ok(status))
        status = flinch__client_new(FLINCH_CLIENT_CONSUMER, &worker->config, &hooks,
                                    &worker->consumer, error);
    if (!flinch_is_ok(status)) {
        flinch__worker_free(worker);
        return status;
    }
    *out_worker = worker;
    return status;
}

void flinch__worker_free(flinch__worker *worker) {
    if (worker == NULL)
        return;
    if (worker->consumer != NULL)
        rd_kafka_destroy_flags(worker->consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    flinch__committer_close(&worker->committer);
    flinch__batch_fini(&worker->batch);
    flinch__partitions_fini(&worker->partitions);
    free(worker);
}

static flinch_status subscribe(flinch__worker *worker, flinch_error *error) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, worker->config.topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t err = rd_kafka_subscribe(worker->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return flinch_status_of(FLINCH_OK);
    return flinch_fail(error, FLINCH_FATAL, "subscribe to %s: %s", worker->config.topic,
                       rd_kafka_err2str(err));
}

/* Leaves the group, committing on the way: the rebalance callback revokes. */
static flinch_status leave(flinch__worker *worker, flinch_error *error) {
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(worker->consumer);
    rd_kafka_error_t *failed = rd_kafka_consumer_close_queue(worker->consumer, queue);
    if (failed != NULL)
        rd_kafka_error_destroy(failed);
    int64_t until = monotonic_ms() + CLOSE_MS;
    while (!rd_kafka_consumer_closed(worker->consumer) && monotonic_ms() < until) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(worker->consumer, 50);
        if (message != NULL)
            rd_kafka_message_destroy(message);
    }
    rd_kafka_queue_destroy(queue);
    if (flinch_is_ok(worker->broken))
        return flinch_status_of(FLINCH_OK);
    *error = worker->error;
    return worker->broken;
}

flinch_status flinch__worker_run(flinch__worker *worker, const atomic_bool *stop,
                                 flinch_error *error) {
    worker->stop = stop;
    flinch_status status = open_committer(worker, error);
    if (flinch_is_ok(status))
        status = flinch__topics_ready(worker->committer.producer, &worker->config, stop, error);
    if (flinch_is_ok(status))
        status = subscribe(worker, error);
    while (flinch_is_ok(status) && !stopping(worker)) {
        status = turn(worker, error);
        if (status.code == FLINCH_TRY_AGAIN)
            status = recover(worker, error);
    }
    if (flinch_is_ok(status))
        status = leave(worker, error);
    if (status.code == FLINCH_STOPPED || status.code == FLINCH_TRY_AGAIN)
        status = flinch_status_of(FLINCH_OK); /* what was not committed is done again next time */
    flinch__committer_abort(&worker->committer);
    return status;
}
