#include "consumer/restore.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/assembly.h"
#include "consumer/checkpoint.h"
#include "consumer/client.h"
#include "consumer/clock.h"
#include "schemas/state_codec.h"

enum { POLL_MS = 100, SILENCE_MS = 20000, STABLE_MS = 90000 };

/* One partition's state while it is read. */
typedef struct reading {
    const flinch__restorer *restorer;
    flinch__partition *partition;
    flinch__router *router;
    char *prefix;
    size_t prefix_size;
    int64_t marker;
    uint64_t byte_count;
    flinch__assembly open; /* a stream whose chunks are arriving */
    flinch_status loaded;
    flinch_error *error;
} reading;

flinch_status flinch__restorer_open(flinch__restorer *restorer, const flinch__worker_config *config,
                                    flinch_error *error) {
    *restorer = (flinch__restorer){.config = config};
    if (config->state_topic == NULL)
        return flinch_status_of(FLINCH_OK);
    flinch__client_hooks hooks = {0};
    return flinch__client_new(FLINCH_CLIENT_READER, config, &hooks, &restorer->client, error);
}

void flinch__restorer_close(flinch__restorer *restorer) {
    if (restorer->client != NULL)
        rd_kafka_destroy_flags(restorer->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    restorer->client = NULL;
}

/* A whole stream was seen: its route says where it is kept, and is without a stream until a record
 * needs it. */
static flinch_status place(reading *r) {
    flinch__route *route = NULL;
    FLINCH_TRY(flinch__router_place(r->router, r->partition->id, r->open.name, r->open.name_size,
                                    &route, r->error));
    route->kept_at = r->open.at;
    route->known_to = r->open.offset;
    return flinch_status_of(FLINCH_OK);
}

static void refuse(reading *r, const char *why) {
    if (flinch_is_ok(r->loaded)) {
        flinch__stats_add(r->restorer->config->stats, FLINCH_STAT_REFUSED_STATES, 1);
        flinch__note(&r->restorer->config->notes, FLINCH_NOTE_ERROR, "state_refused",
                     "topic=%s partition=%" PRId32 " reason=\"%.300s\"",
                     r->restorer->config->state_topic, r->partition->id, why);
    }
    r->loaded = flinch_status_of(FLINCH_BAD_DATA);
}

/* A record of this group and configuration; those of others are left alone. */
static flinch_status take_record(reading *r, const rd_kafka_message_t *message) {
    flinch__state_record record;
    flinch_error why;
    if (message->key_len < r->prefix_size || memcmp(message->key, r->prefix, r->prefix_size) != 0 ||
        message->len == 0)
        return flinch_status_of(FLINCH_OK);
    if (!flinch_is_ok(flinch__state_decode(message->payload, message->len, &record, &why))) {
        refuse(r, why.text);
        return flinch_status_of(FLINCH_OK);
    }
    if (record.fingerprint != flinch__blueprint_fingerprint(r->restorer->config->blueprint)) {
        refuse(r, "of another feature list, detector setting or seed than its key says");
        return flinch_status_of(FLINCH_OK);
    }
    r->byte_count += message->len;
    switch (record.kind) {
    case FLINCH_STATE_MARKER:
        r->marker = record.offset;
        break;
    case FLINCH_STATE_STREAM:
        if (flinch__assembly_take(&r->open, &record, message->offset))
            return place(r);
        break;
    case FLINCH_STATE_SKIPS:
        if (!flinch_is_ok(flinch__skips_load(&r->partition->skips, record.bytes, record.size)))
            refuse(r, "the skips are not what they should be");
        break;
    }
    return flinch_status_of(FLINCH_OK);
}

/* Has everything been seen that was there at `*target`? The end that a reader of committed records
 * sees may stand before it, behind a transaction that is still open. */
static bool is_at_end(const reading *r, int64_t seen, int64_t *target) {
    int64_t low = 0;
    int64_t high = 0;
    const flinch__restorer *restorer = r->restorer;
    if (*target < 0) {
        rd_kafka_get_watermark_offsets(restorer->client, restorer->config->state_topic,
                                       r->partition->id, &low, &high);
        *target = high;
    }
    return seen >= *target;
}

static flinch_status unanswered(const flinch__restorer *restorer, int32_t partition,
                                const char *why, flinch_error *error) {
    return flinch_fail(error, FLINCH_TRY_AGAIN,
                       "state of partition %" PRId32 " in topic %s (output.state): %s (brokers %s, "
                       "kafka.bootstrap.servers)",
                       partition, restorer->config->state_topic, why,
                       flinch__client_brokers(restorer->config));
}

/* Reads the partition of the state topic to its end. */
static flinch_status read_all(reading *r, const atomic_bool *stop) {
    int64_t target = -1;
    int64_t started_at = flinch__monotonic_ms();
    int64_t heard_at = started_at;
    while (!atomic_load(stop)) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(r->restorer->client, POLL_MS);
        int64_t now = flinch__monotonic_ms();
        if (message == NULL && target < 0 && now - heard_at > SILENCE_MS)
            return unanswered(r->restorer, r->partition->id, "no answer", r->error);
        if (message == NULL && target >= 0 && now - heard_at > STABLE_MS)
            return unanswered(r->restorer, r->partition->id,
                              "a transaction of someone else stays open in it", r->error);
        if (message == NULL)
            continue;
        rd_kafka_resp_err_t err = message->err;
        flinch_status status = flinch_status_of(FLINCH_OK);
        int64_t seen = message->offset;
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            heard_at = now;
            seen++;
            status = take_record(r, message);
        }
        rd_kafka_message_destroy(message);
        FLINCH_TRY(status);
        if (err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
            return flinch_fail(r->error, FLINCH_DENIED, "topic %s (output.state): not authorised",
                               r->restorer->config->state_topic);
        if (err == RD_KAFKA_RESP_ERR__PARTITION_EOF && is_at_end(r, seen, &target))
            return flinch_status_of(FLINCH_OK);
        if (target >= 0 && seen >= target)
            return flinch_status_of(FLINCH_OK);
    }
    return flinch_status_of(FLINCH_STOPPED);
}

/* What was read counts as a whole, or not at all. */
static void judge(reading *r) {
    if (r->marker < 0 || !flinch_is_ok(r->loaded)) {
        flinch__router_drop(r->router, r->partition->id);
        flinch__skips_clear(&r->partition->skips);
        return;
    }
    uint32_t streams = 0;
    uint32_t cursor = 0;
    for (const flinch__route *route; (route = flinch__router_next(r->router, &cursor)) != NULL;)
        streams += route->partition == r->partition->id;
    r->partition->marker = r->marker;
    flinch__stats_add(r->restorer->config->stats, FLINCH_STAT_RESTORES, 1);
    flinch__note(&r->restorer->config->notes, FLINCH_NOTE_INFO, "restored",
                 "partition=%" PRId32 " marker=%" PRId64 " streams=%" PRIu32 " bytes=%" PRIu64,
                 r->partition->id, r->marker, streams, r->byte_count);
}

/* Reads the state topic's partition from an offset on; from nowhere for offset −1. */
static flinch_status assign(const flinch__restorer *restorer, int32_t partition, int64_t offset,
                            flinch_error *error) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, restorer->config->state_topic, partition)->offset =
        offset;
    rd_kafka_resp_err_t err = rd_kafka_assign(restorer->client, offset == -1 ? NULL : list);
    rd_kafka_topic_partition_list_destroy(list);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR
               ? flinch_status_of(FLINCH_OK)
               : unanswered(restorer, partition, rd_kafka_err2str(err), error);
}

flinch_status flinch__restore(const flinch__restorer *restorer, flinch__partition *partition,
                              flinch__router *router, const atomic_bool *stop,
                              flinch_error *error) {
    flinch__router_drop(router, partition->id);
    flinch__skips_clear(&partition->skips);
    partition->marker = -1;
    if (restorer->client == NULL)
        return flinch_status_of(FLINCH_OK);
    reading r = {.restorer = restorer,
                 .partition = partition,
                 .router = router,
                 .marker = -1,
                 .error = error};
    r.prefix = flinch__state_prefix(restorer->config, &r.prefix_size);
    if (r.prefix == NULL)
        return flinch_fail(error, FLINCH_FATAL, "no memory for the state of a partition");
    flinch_status status = assign(restorer, partition->id, RD_KAFKA_OFFSET_BEGINNING, error);
    if (flinch_is_ok(status)) {
        status = read_all(&r, stop);
        flinch_status left = assign(restorer, partition->id, -1, error);
        if (flinch_is_ok(status))
            status = left;
    }
    if (flinch_is_ok(status))
        judge(&r);
    flinch__assembly_fini(&r.open);
    free(r.prefix);
    return status;
}

/* Reads the chunks of one stream, which stand in a row from `kept_at` on. */
static flinch_status read_stream(const flinch__restorer *restorer, const flinch__route *route,
                                 flinch__assembly *assembly, flinch_error *error) {
    int64_t until = flinch__monotonic_ms() + SILENCE_MS;
    while (flinch__monotonic_ms() < until) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(restorer->client, POLL_MS);
        if (message == NULL)
            continue;
        flinch__state_record record;
        flinch_error why;
        bool whole =
            message->err == RD_KAFKA_RESP_ERR_NO_ERROR &&
            flinch_is_ok(flinch__state_decode(message->payload, message->len, &record, &why)) &&
            record.kind == FLINCH_STATE_STREAM &&
            flinch__assembly_take(assembly, &record, message->offset) &&
            assembly->at == route->kept_at;
        rd_kafka_message_destroy(message);
        if (whole)
            return flinch_status_of(FLINCH_OK);
    }
    return unanswered(restorer, route->partition, "no answer", error);
}

/* The stream that was kept; in the place of one that cannot be loaded, a new one: it is told, and
 * every recovery decides the same. */
static flinch_status load_or_renew(const flinch__restorer *restorer, const flinch__route *route,
                                   const flinch__assembly *assembly, flinch__stream **out_stream,
                                   flinch_error *error) {
    const flinch__blueprint *blueprint = restorer->config->blueprint;
    flinch_error why;
    flinch_status status =
        flinch__stream_load(blueprint, assembly->bytes, assembly->size, out_stream, &why);
    if (status.code != FLINCH_BAD_DATA && status.code != FLINCH_MISMATCH)
        return flinch_is_ok(status) ? status : flinch_fail(error, status.code, "%s", why.text);
    flinch__stats_add(restorer->config->stats, FLINCH_STAT_REFUSED_STATES, 1);
    flinch__note(&restorer->config->notes, FLINCH_NOTE_ERROR, "state_refused",
                 "topic=%s partition=%" PRId32 " offset=%" PRId64
                 " reason=\"%.200s\" action=\"the stream begins anew\"",
                 restorer->config->state_topic, route->partition, route->kept_at, why.text);
    return flinch__stream_new(blueprint, route->name, route->name_size, out_stream, error);
}

flinch_status flinch__restore_stream(const flinch__restorer *restorer, flinch__router *router,
                                     flinch__route *route, flinch_error *error) {
    flinch__assembly assembly = {.with_bytes = true};
    flinch__stream *stream = NULL;
    FLINCH_TRY(assign(restorer, route->partition, route->kept_at, error));
    flinch_status status = read_stream(restorer, route, &assembly, error);
    flinch_status left = assign(restorer, route->partition, -1, error);
    if (flinch_is_ok(status))
        status = left;
    if (flinch_is_ok(status))
        status = load_or_renew(restorer, route, &assembly, &stream, error);
    if (flinch_is_ok(status))
        flinch__router_set(router, route, stream);
    flinch__assembly_fini(&assembly);
    return status;
}
