#include "consumer/restore.h"

#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "consumer/checkpoint.h"
#include "consumer/client.h"
#include "schemas/state_codec.h"

enum { POLL_MS = 100, SILENCE_MS = 20000, STABLE_MS = 90000 };

/* The newest whole state of one stream. */
typedef struct held_stream {
    char *name;
    size_t name_size;
    uint8_t *bytes;
    size_t size;
    int64_t offset;
} held_stream;

/* One partition's state while it is read. */
typedef struct reading {
    const flinch__restorer *restorer;
    flinch__partition *partition;
    flinch__router *router;
    char *prefix;
    size_t prefix_size;
    void *streams; /* tsearch's tree of held_stream */
    int64_t marker;
    uint32_t stream_count;
    uint64_t byte_count;
    held_stream open; /* a stream whose chunks are arriving */
    uint32_t next_chunk;
    bool memory_failed;
    flinch_status loaded; /* of the streams, once all is read */
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

static int by_name(const void *a, const void *b) {
    const held_stream *x = a;
    const held_stream *y = b;
    if (x->name_size != y->name_size)
        return x->name_size < y->name_size ? -1 : 1;
    return x->name_size == 0 ? 0 : memcmp(x->name, y->name, x->name_size);
}

static void free_stream(void *node) {
    held_stream *stream = node;
    free(stream->name);
    free(stream->bytes);
    free(stream);
}

static void drop_open(reading *r) {
    free(r->open.name);
    free(r->open.bytes);
    r->open = (held_stream){0};
    r->next_chunk = 0;
}

/* The open stream is whole: it takes the place of an earlier state of the same name. */
static void keep_open(reading *r) {
    held_stream *stream = malloc(sizeof *stream);
    held_stream **slot = stream == NULL ? NULL : tsearch(&r->open, &r->streams, by_name);
    if (slot == NULL) {
        free(stream);
        r->memory_failed = true;
        return;
    }
    if (*slot != &r->open)
        free_stream(*slot);
    else
        r->stream_count++;
    *stream = r->open;
    *slot = stream;
    r->open = (held_stream){0};
    r->next_chunk = 0;
}

/* Chunks of a stream stand in a row; of what compaction has left of an older state, none fits. */
static void take_chunk(reading *r, const flinch__state_record *record) {
    held_stream name = {.name = (char *)record->stream, .name_size = record->stream_size};
    if (record->chunk == 0) {
        drop_open(r);
        r->open.name = malloc(record->stream_size + 1);
        r->open.name_size = record->stream_size;
        r->open.offset = record->offset;
        if (r->open.name != NULL && record->stream_size > 0)
            memcpy(r->open.name, record->stream, record->stream_size);
    } else if (record->chunk != r->next_chunk || record->offset != r->open.offset ||
               r->open.name == NULL || by_name(&name, &r->open) != 0) {
        drop_open(r);
        return;
    }
    uint8_t *bytes = realloc(r->open.bytes, r->open.size + record->size + 1);
    if (bytes == NULL || r->open.name == NULL) {
        r->memory_failed = true;
        return;
    }
    if (record->size > 0)
        memcpy(bytes + r->open.size, record->bytes, record->size);
    r->open.bytes = bytes;
    r->open.size += record->size;
    r->next_chunk = record->chunk + 1;
    if (r->next_chunk == record->chunks)
        keep_open(r);
}

static void refuse(reading *r, const char *why) {
    if (flinch_is_ok(r->loaded))
        flinch__note(&r->restorer->config->notes, FLINCH_NOTE_ERROR, "state_refused",
                     "topic=%s partition=%" PRId32 " reason=\"%.300s\"",
                     r->restorer->config->state_topic, r->partition->id, why);
    r->loaded = flinch_status_of(FLINCH_BAD_DATA);
}

/* A record of this group and configuration; those of others are left alone. */
static void take_record(reading *r, const rd_kafka_message_t *message) {
    flinch__state_record record;
    flinch_error why;
    if (message->key_len < r->prefix_size || memcmp(message->key, r->prefix, r->prefix_size) != 0 ||
        message->len == 0)
        return;
    if (!flinch_is_ok(flinch__state_decode(message->payload, message->len, &record, &why))) {
        refuse(r, why.text);
        return;
    }
    r->byte_count += message->len;
    switch (record.kind) {
    case FLINCH_STATE_MARKER:
        r->marker = record.offset;
        return;
    case FLINCH_STATE_STREAM:
        take_chunk(r, &record);
        return;
    case FLINCH_STATE_SKIPS:
        if (!flinch_is_ok(flinch__skips_load(&r->partition->skips, record.bytes, record.size)))
            refuse(r, "the skips are not what they should be");
        return;
    }
}

static int64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
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

static flinch_status unanswered(const reading *r, const char *why) {
    return flinch_fail(r->error, FLINCH_TRY_AGAIN,
                       "state of partition %" PRId32 " in topic %s (output.state): %s (brokers %s, "
                       "kafka.bootstrap.servers)",
                       r->partition->id, r->restorer->config->state_topic, why,
                       flinch__client_brokers(r->restorer->config));
}

/* Reads the partition of the state topic to its end. */
static flinch_status read_all(reading *r, const atomic_bool *stop) {
    int64_t target = -1;
    int64_t started_at = monotonic_ms();
    int64_t heard_at = started_at;
    while (!atomic_load(stop)) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(r->restorer->client, POLL_MS);
        int64_t now = monotonic_ms();
        if (message == NULL && target < 0 && now - heard_at > SILENCE_MS)
            return unanswered(r, "no answer");
        if (message == NULL && target >= 0 && now - heard_at > STABLE_MS)
            return unanswered(r, "a transaction of someone else stays open in it");
        if (message == NULL)
            continue;
        rd_kafka_resp_err_t err = message->err;
        int64_t seen = message->offset;
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            heard_at = now;
            seen++;
            take_record(r, message);
        }
        rd_kafka_message_destroy(message);
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

/* tsearch's twalk has no context in C17's library, so streams are taken out one by one. */
static flinch_status load_streams(reading *r) {
    const flinch__blueprint *blueprint = r->restorer->config->blueprint;
    while (r->streams != NULL) {
        held_stream *held = *(held_stream **)r->streams;
        flinch__stream *stream = NULL;
        flinch__route *route = NULL;
        flinch_error why = {""};
        flinch_status status =
            flinch_is_ok(r->loaded)
                ? flinch__stream_load(blueprint, held->bytes, held->size, &stream, &why)
                : r->loaded;
        if (flinch_is_ok(status)) {
            status = flinch__router_put(r->router, r->partition->id, held->name, held->name_size,
                                        stream, &route, &why);
            if (flinch_is_ok(status))
                route->known_to = held->offset;
            else
                flinch__stream_free(stream);
        }
        if (status.code == FLINCH_NO_MEMORY)
            return flinch_fail(r->error, FLINCH_FATAL, "no memory for the state of partition %d",
                               (int)r->partition->id);
        if (!flinch_is_ok(status))
            refuse(r, why.text);
        tdelete(held, &r->streams, by_name);
        free_stream(held);
    }
    return flinch_status_of(FLINCH_OK);
}

static flinch_status load(reading *r) {
    if (r->memory_failed)
        return flinch_fail(r->error, FLINCH_FATAL, "no memory for the state of partition %d",
                           (int)r->partition->id);
    if (r->marker < 0 && flinch_is_ok(r->loaded))
        r->loaded = flinch_status_of(FLINCH_NOT_FOUND);
    FLINCH_TRY(load_streams(r));
    if (!flinch_is_ok(r->loaded)) {
        flinch__router_drop(r->router, r->partition->id);
        flinch__skips_clear(&r->partition->skips);
        return flinch_status_of(FLINCH_OK);
    }
    r->partition->marker = r->marker;
    flinch__stats_add(r->restorer->config->stats, FLINCH_STAT_RESTORES, 1);
    flinch__note(&r->restorer->config->notes, FLINCH_NOTE_INFO, "restored",
                 "partition=%" PRId32 " marker=%" PRId64 " streams=%" PRIu32 " bytes=%" PRIu64,
                 r->partition->id, r->marker, r->stream_count, r->byte_count);
    return flinch_status_of(FLINCH_OK);
}

static flinch_status assign(const reading *r, bool on) {
    const flinch__restorer *restorer = r->restorer;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, restorer->config->state_topic, r->partition->id)
        ->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t err = rd_kafka_assign(restorer->client, on ? list : NULL);
    rd_kafka_topic_partition_list_destroy(list);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR ? flinch_status_of(FLINCH_OK)
                                             : unanswered(r, rd_kafka_err2str(err));
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
    flinch_status status = assign(&r, true);
    if (flinch_is_ok(status)) {
        status = read_all(&r, stop);
        flinch_status left = assign(&r, false);
        if (flinch_is_ok(status))
            status = left;
    }
    if (flinch_is_ok(status))
        status = load(&r);
    drop_open(&r);
    tdestroy(r.streams, free_stream);
    free(r.prefix);
    return status;
}
