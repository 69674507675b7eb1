#include "consumer/worker.h"

#include <inttypes.h>
#include <stdlib.h>

#include "consumer/client.h"
#include "consumer/topics.h"
#include "consumer/worker_parts.h"

enum { IDLE_POLL_MS = 100, REGISTRY_PAUSE_MS = 100, REGISTRY_PAUSE_MAX_MS = 20000 };
enum { CLOSE_MS = 5000 };

bool flinch__worker_stopping(const flinch__worker *worker) {
    return atomic_load(worker->stop);
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
    partition->retry_at_ms = flinch__monotonic_ms() + pause;

    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, worker->config.topic, partition->id)->offset = offset;
    rd_kafka_pause_partitions(worker->consumer, list);
    flinch_status status = flinch__worker_seek(worker, list, error);
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

static void resume_waiting(flinch__worker *worker) {
    int64_t now = 0;
    for (uint32_t i = 0; i < worker->partitions.count; i++) {
        flinch__partition *partition = &worker->partitions.items[i];
        if (partition->retry_at_ms == 0)
            continue;
        now = now == 0 ? flinch__monotonic_ms() : now;
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
    flinch_status status = flinch_status_of(FLINCH_OK);
    if (!publish && flinch__skips_contain(&partition->skips, offset))
        flinch__batch_pass(&worker->batch, message);
    else
        status =
            flinch__batch_admit(&worker->batch, message, publish, flinch__monotonic_ms(), error);
    if (worker->batch.count == before)
        rd_kafka_message_destroy(message);
    bool untaken = worker->batch.count == before;
    if (untaken && (status.code == FLINCH_TRY_AGAIN || status.code == FLINCH_DENIED))
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
    const flinch__partition *partition =
        flinch__partitions_find(&worker->partitions, message->partition);
    bool fatal = message->err == RD_KAFKA_RESP_ERR__FATAL ||
                 message->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
                 message->err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
    flinch_status status = flinch_status_of(FLINCH_OK);
    if (fatal)
        status =
            flinch_fail(error, FLINCH_FATAL, "input topic %s, group %s: %s", worker->config.topic,
                        worker->config.group, rd_kafka_message_errstr(message));
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && partition != NULL)
        status = flinch_fail(error, FLINCH_TRY_AGAIN,
                             "input topic %s, partition %" PRId32 ": offset %" PRId64
                             " is not there any more",
                             worker->config.topic, partition->id, partition->next);
    flinch__worker_let_go(worker, message);
    return status;
}

/* How long the first poll may wait: not past the open transaction's end. */
static int first_wait_ms(const flinch__worker *worker) {
    if (worker->commit_at_ms == 0)
        return IDLE_POLL_MS;
    int64_t left = worker->commit_at_ms - flinch__monotonic_ms();
    return left < 0 ? 0 : left > IDLE_POLL_MS ? IDLE_POLL_MS : (int)left;
}

/* One turn: a batch of what is there, its outcomes, and the commit if it is due. */
static flinch_status turn(flinch__worker *worker, flinch_error *error) {
    resume_waiting(worker);
    int wait = first_wait_ms(worker);
    while (worker->batch.count < FLINCH__BATCH_RECORDS && !flinch__worker_is_full(worker)) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(worker->consumer, wait);
        if (!flinch_is_ok(worker->broken)) {
            flinch__worker_let_go(worker, message);
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
    FLINCH_TRY(flinch__worker_settle(worker, error));
    rd_kafka_poll(worker->committer.producer, 0);
    bool due = worker->commit_at_ms == 0 || flinch__worker_is_full(worker) ||
               flinch__monotonic_ms() >= worker->commit_at_ms;
    return due ? flinch__worker_commit(worker, FLINCH_KEEP_WHEN_DUE, error)
               : flinch_status_of(FLINCH_OK);
}

/* A record's stream is not in memory. */
static flinch_status fetch_stream(void *context, flinch__route *route, flinch_error *error) {
    flinch__worker *worker = context;
    flinch__stats_add(worker->config.stats, FLINCH_STAT_FETCHES, 1);
    return flinch__restore_stream(&worker->restorer, &worker->batch.feeder.router, route, error);
}

/* ---- life -------------------------------------------------------------------------------------
 */

flinch_status flinch__worker_new(const flinch__worker_config *config, flinch__worker **out_worker,
                                 flinch_error *error) {
    *out_worker = NULL;
    flinch__worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a worker");
    worker->config = *config;
    worker->committer.config = &worker->config;
    worker->letter_bytes = SIZE_MAX;
    flinch__client_hooks hooks = {
        .rebalance = flinch__worker_on_rebalance, .failed = on_error, .opaque = worker};
    flinch_status status = flinch__batch_init(&worker->batch, &worker->config, error);
    if (flinch_is_ok(status))
        status = flinch__client_new(FLINCH_CLIENT_CONSUMER, &worker->config, &hooks,
                                    &worker->consumer, error);
    if (flinch_is_ok(status))
        status = flinch__restorer_open(&worker->restorer, &worker->config, error);
    worker->batch.feeder.fetch = fetch_stream;
    worker->batch.feeder.fetch_context = worker;
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
    flinch__restorer_close(&worker->restorer);
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

/* Leaves the group, so that others have the partitions at once: the rebalance callback revokes, and
 * commits on the way unless the worker cannot go on. */
static flinch_status leave(flinch__worker *worker, flinch_error *error) {
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(worker->consumer);
    rd_kafka_error_t *failed = rd_kafka_consumer_close_queue(worker->consumer, queue);
    if (failed != NULL)
        rd_kafka_error_destroy(failed);
    int64_t until = flinch__monotonic_ms() + CLOSE_MS;
    while (!rd_kafka_consumer_closed(worker->consumer) && flinch__monotonic_ms() < until) {
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
    flinch_status status = flinch__worker_open(worker, error);
    if (flinch_is_ok(status))
        status = flinch__topics_ready(worker->committer.producer, &worker->config, stop, error);
    if (flinch_is_ok(status))
        status = subscribe(worker, error);
    while (flinch_is_ok(status) && !flinch__worker_stopping(worker)) {
        status = turn(worker, error);
        if (status.code == FLINCH_TRY_AGAIN)
            status = flinch__worker_recover(worker, error);
    }
    if (!flinch_is_ok(status)) {
        worker->broken = status;
        worker->error = *error;
    }
    status = leave(worker, error);
    if (status.code == FLINCH_STOPPED || status.code == FLINCH_TRY_AGAIN)
        status = flinch_status_of(FLINCH_OK); /* what was not committed is done again next time */
    flinch__committer_abort(&worker->committer);
    return status;
}
