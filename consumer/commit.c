#include "consumer/commit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/client.h"
#include "consumer/clock.h"

/* Bounds of the calls. A commit has the transaction's time-out for all that it calls and calls
 * again: after that brokers abort it. */
enum { INIT_MS = 5000, ABORT_MS = 10000, PAUSE_MS = 50 };

flinch__remedy flinch__remedy_of(const rd_kafka_error_t *error) {
    if (rd_kafka_error_is_fatal(error))
        return FLINCH_REMEDY_STOP;
    if (rd_kafka_error_txn_requires_abort(error))
        return FLINCH_REMEDY_RECOVER;
    if (rd_kafka_error_is_retriable(error))
        return FLINCH_REMEDY_RETRY;
    switch ((int)rd_kafka_error_code(error)) {
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
        return FLINCH_REMEDY_RETRY;
    default:
        return FLINCH_REMEDY_STOP;
    }
}

/* False without memory. */
static bool note_delivery(flinch__committer *committer, flinch__delivery delivery) {
    if (committer->told_count == committer->told_capacity) {
        uint32_t capacity = committer->told_capacity == 0 ? 64 : 2 * committer->told_capacity;
        flinch__delivery *told = realloc(committer->told, capacity * sizeof *told);
        if (told == NULL)
            return false;
        committer->told = told;
        committer->told_capacity = capacity;
    }
    committer->told[committer->told_count++] = delivery;
    return true;
}

static void note_refusal(flinch__refusal *refusal, const rd_kafka_message_t *message) {
    const char *topic = rd_kafka_topic_name(message->rkt);
    if (refusal->count++ == 0) {
        refusal->code = message->err;
        snprintf(refusal->topic, sizeof refusal->topic, "%s", topic);
    }
    if (refusal->code == message->err && strcmp(refusal->topic, topic) == 0 &&
        refusal->value_bytes < message->len)
        refusal->value_bytes = message->len;
}

/* On the worker's thread, within a poll, flush or commit. */
static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque) {
    flinch__committer *committer = opaque;
    (void)producer;
    flinch__delivery delivery = {(uint64_t)(uintptr_t)message->_private, message->offset};
    if (message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
        (message->err == RD_KAFKA_RESP_ERR_NO_ERROR &&
         (delivery.id == 0 || note_delivery(committer, delivery))))
        return;
    note_refusal(&committer->refusal, message);
}

static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque) {
    const flinch__committer *committer = opaque;
    (void)client;
    flinch__note(&committer->config->notes, FLINCH_NOTE_WARNING, "kafka_producer",
                 "error=%s reason=\"%.300s\"", rd_kafka_err2name((rd_kafka_resp_err_t)code),
                 reason);
}

/* A request that says how a transaction ends, or what offsets it holds, has no answer: librdkafka
 * sends it again, but the first one may be under way. If it came in the producer's next
 * transaction, it would end that one in its middle, or take its offsets back. [librdkafka's
 * threads] */
static rd_kafka_resp_err_t on_answer(rd_kafka_t *producer, int socket, const char *broker,
                                     int32_t broker_id, int16_t request, int16_t version,
                                     int32_t correlation_id, size_t size, int64_t rtt_us,
                                     rd_kafka_resp_err_t err, void *opaque) {
    enum { END_TXN = 26, TXN_OFFSET_COMMIT = 28 };
    flinch__committer *committer = opaque;
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR && (request == END_TXN || request == TXN_OFFSET_COMMIT))
        atomic_store(&committer->in_doubt, true);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Takes a call's error over: its text, and OK to try again or the status to leave with. */
static flinch_status judge(const flinch__committer *committer, const char *call,
                           rd_kafka_error_t *failed, flinch_error *error) {
    flinch__remedy remedy = flinch__remedy_of(failed);
    flinch__note(&committer->config->notes, FLINCH_NOTE_WARNING, "transaction_error",
                 "call=%s error=%s reason=\"%.300s\"", call, rd_kafka_error_name(failed),
                 rd_kafka_error_string(failed));
    /* Of a refused record librdkafka says no more than to "see individual delivery reports". */
    const flinch__refusal *refusal = &committer->refusal;
    bool refused = refusal->count > 0;
    flinch_fail(error, FLINCH_FATAL, "%s: %s%s%s (brokers %s, kafka.bootstrap.servers)", call,
                refused ? refusal->topic : "", refused ? ": " : "",
                refused ? rd_kafka_err2str(refusal->code) : rd_kafka_error_string(failed),
                flinch__client_brokers(committer->config));
    rd_kafka_error_destroy(failed);
    switch (remedy) {
    case FLINCH_REMEDY_RETRY:
        return flinch_status_of(FLINCH_OK);
    case FLINCH_REMEDY_RECOVER:
        return flinch_status_of(FLINCH_TRY_AGAIN);
    case FLINCH_REMEDY_STOP:
        return flinch_status_of(FLINCH_FATAL);
    }
    return flinch_status_of(FLINCH_FATAL);
}

/* Serves callbacks while waiting, so that a pause costs nothing but time. */
static void pause_before_retry(const flinch__committer *committer) {
    rd_kafka_poll(committer->producer, PAUSE_MS);
}

flinch_status flinch__committer_open(flinch__committer *committer,
                                     const flinch__worker_config *config, flinch_error *error) {
    if (committer->producer == NULL) {
        *committer = (flinch__committer){.config = config};
        flinch__client_hooks hooks = {.delivered = on_delivery,
                                      .failed = on_error,
                                      .answered = on_answer,
                                      .opaque = committer};
        FLINCH_TRY(flinch__client_new(FLINCH_CLIENT_PRODUCER, config, &hooks, &committer->producer,
                                      error));
    }
    if (!config->exactly_once)
        return flinch_status_of(FLINCH_OK);
    flinch__watch_begin(config->watch, "init_transactions");
    rd_kafka_error_t *failed = rd_kafka_init_transactions(committer->producer, INIT_MS);
    flinch__watch_end(config->watch);
    if (failed == NULL)
        return flinch_status_of(FLINCH_OK);
    flinch_status status = judge(committer, "init_transactions", failed, error);
    if (flinch_is_ok(status))
        return flinch_status_of(FLINCH_TRY_AGAIN); /* the next call takes up where this one stood */
    flinch__committer_close(committer);
    return status;
}

void flinch__committer_close(flinch__committer *committer) {
    if (committer->producer == NULL)
        return;
    rd_kafka_purge(committer->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    flinch__watch_begin(committer->config->watch, "destroy");
    rd_kafka_destroy_flags(committer->producer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    flinch__watch_end(committer->config->watch);
    committer->producer = NULL;
    committer->open = false;
    free(committer->told);
    committer->told = NULL;
    committer->told_count = 0;
    committer->told_capacity = 0;
}

flinch_status flinch__committer_begin(flinch__committer *committer, flinch_error *error) {
    if (committer->open)
        return flinch_status_of(FLINCH_OK);
    committer->refusal = (flinch__refusal){0};
    committer->told_count = 0;
    if (committer->config->exactly_once) {
        flinch__watch_begin(committer->config->watch, "begin_transaction");
        rd_kafka_error_t *failed = rd_kafka_begin_transaction(committer->producer);
        flinch__watch_end(committer->config->watch);
        if (failed != NULL) {
            flinch_status status = judge(committer, "begin_transaction", failed, error);
            return flinch_is_ok(status) ? flinch_status_of(FLINCH_TRY_AGAIN) : status;
        }
    }
    committer->open = true;
    return flinch_status_of(FLINCH_OK);
}

static int left_ms(int64_t until) {
    int64_t left = until - flinch__monotonic_ms();
    return left < 1 ? 1 : (int)left;
}

static flinch_status send_offsets(flinch__committer *committer, rd_kafka_t *consumer,
                                  const rd_kafka_topic_partition_list_t *offsets, int64_t until,
                                  flinch_error *error) {
    do {
        /* Fresh each time: it carries the generation, which is the fence against a zombie. */
        rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(consumer);
        flinch__watch_begin(committer->config->watch, "send_offsets_to_transaction");
        rd_kafka_error_t *failed = rd_kafka_send_offsets_to_transaction(
            committer->producer, offsets, group, left_ms(until));
        flinch__watch_end(committer->config->watch);
        rd_kafka_consumer_group_metadata_destroy(group);
        if (failed == NULL)
            return flinch_status_of(FLINCH_OK);
        FLINCH_TRY(judge(committer, "send_offsets_to_transaction", failed, error));
        pause_before_retry(committer);
    } while (flinch__monotonic_ms() < until);
    return flinch_status_of(FLINCH_TRY_AGAIN);
}

static flinch_status commit_transaction(flinch__committer *committer, int64_t until,
                                        flinch_error *error) {
    do {
        flinch__watch_begin(committer->config->watch, "commit_transaction");
        rd_kafka_error_t *failed = rd_kafka_commit_transaction(committer->producer, left_ms(until));
        flinch__watch_end(committer->config->watch);
        if (failed == NULL)
            return flinch_status_of(FLINCH_OK);
        FLINCH_TRY(judge(committer, "commit_transaction", failed, error));
        pause_before_retry(committer);
    } while (flinch__monotonic_ms() < until);
    return flinch_status_of(FLINCH_TRY_AGAIN);
}

/* At least once: the scores first, then the offsets. */
static flinch_status flush_then_commit(flinch__committer *committer, rd_kafka_t *consumer,
                                       const rd_kafka_topic_partition_list_t *offsets,
                                       int64_t until, flinch_error *error) {
    rd_kafka_resp_err_t err = rd_kafka_flush(committer->producer, left_ms(until));
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        err = committer->refusal.code;
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return flinch_fail(error, FLINCH_TRY_AGAIN, "flush: %s", rd_kafka_err2str(err));
    if (offsets->cnt > 0) /* there are none while records are learned again */
        err = rd_kafka_commit(consumer, offsets, 0);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return flinch_fail(error, FLINCH_TRY_AGAIN, "commit: %s", rd_kafka_err2str(err));
    return flinch_status_of(FLINCH_OK);
}

static rd_kafka_topic_partition_list_t *offsets_of(const flinch__committer *committer,
                                                   const flinch__partitions *partitions) {
    rd_kafka_topic_partition_list_t *offsets =
        rd_kafka_topic_partition_list_new((int)partitions->count);
    for (uint32_t i = 0; i < partitions->count; i++)
        if (flinch__partition_has_progress(&partitions->items[i]))
            rd_kafka_topic_partition_list_add(offsets, committer->config->topic,
                                              partitions->items[i].id)
                ->offset = partitions->items[i].next;
    return offsets;
}

flinch_status flinch__committer_commit(flinch__committer *committer, rd_kafka_t *consumer,
                                       flinch__partitions *partitions, flinch_error *error) {
    flinch_status status = flinch_status_of(FLINCH_OK);
    int64_t until = flinch__monotonic_ms() + committer->config->transaction_ms;
    rd_kafka_topic_partition_list_t *offsets = offsets_of(committer, partitions);
    if (!committer->open && offsets->cnt == 0)
        goto out;
    status = flinch__committer_begin(committer, error);
    if (flinch_is_ok(status) && !committer->config->exactly_once) {
        status = flush_then_commit(committer, consumer, offsets, until, error);
    } else if (flinch_is_ok(status)) {
        if (offsets->cnt > 0)
            status = send_offsets(committer, consumer, offsets, until, error);
        if (flinch_is_ok(status))
            status = commit_transaction(committer, until, error);
    }
    if (!flinch_is_ok(status))
        goto out;
    committer->open = false;
    for (int i = 0; i < offsets->cnt; i++)
        flinch__partitions_find(partitions, offsets->elems[i].partition)->committed =
            offsets->elems[i].offset;
    flinch__stats_add(committer->config->stats, FLINCH_STAT_COMMITS, 1);
    if (atomic_load(&committer->in_doubt))
        status =
            flinch_fail(error, FLINCH_TRY_AGAIN,
                        "a commit's request had no answer: it could reach the next transaction");
out:
    rd_kafka_topic_partition_list_destroy(offsets);
    return status;
}

/* The setting that names a topic of ours. */
static const char *setting_of(const flinch__worker_config *config, const char *topic) {
    if (strcmp(topic, config->dead_letters_topic) == 0)
        return "output.dead_letters";
    return strcmp(topic, config->scores_topic) == 0 ? "output.scores" : "output.state";
}

flinch_status flinch__committer_heed(const flinch__committer *committer, size_t *out_bytes,
                                     flinch_error *error) {
    const flinch__refusal *refusal = &committer->refusal;
    const char *setting = setting_of(committer->config, refusal->topic);
    *out_bytes = SIZE_MAX;
    if (refusal->code != RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        return flinch_status_of(FLINCH_OK);
    if (strcmp(setting, "output.dead_letters") == 0 && refusal->value_bytes > 0) {
        *out_bytes = refusal->value_bytes;
        return flinch_status_of(FLINCH_OK);
    }
    return flinch_fail(error, FLINCH_FATAL,
                       "topic %s (%s) takes no batch with a value of %zu bytes: raise its "
                       "max.message.bytes, or lower kafka.batch.size",
                       refusal->topic, setting, refusal->value_bytes);
}

void flinch__committer_abort(flinch__committer *committer) {
    if (!committer->open || committer->producer == NULL)
        return;
    flinch__stats_add(committer->config->stats, FLINCH_STAT_ABORTS, 1);
    committer->open = false;
    if (!committer->config->exactly_once)
        return;
    flinch__watch_begin(committer->config->watch, "abort_transaction");
    rd_kafka_error_t *failed = rd_kafka_abort_transaction(committer->producer, ABORT_MS);
    flinch__watch_end(committer->config->watch);
    if (failed == NULL)
        return;
    /* The next producer's init_transactions aborts it all the same. */
    flinch__note(&committer->config->notes, FLINCH_NOTE_WARNING, "abort_failed",
                 "reason=\"%.300s\"", rd_kafka_error_string(failed));
    rd_kafka_error_destroy(failed);
}
