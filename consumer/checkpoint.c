#include "consumer/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consumer/output.h"
#include "schemas/state_codec.h"

/* The producer holds copies of what it was handed: a checkpoint of many streams must not double
 * them. */
enum { WAITING_BYTES = 2 * 1024 * 1024, FLUSH_MS = 30000 };

static const char *what_makes_a_stream(const flinch__worker_config *config) {
    switch (config->stream_by) {
    case FLINCH_STREAM_BY_PARTITION:
        return "partition";
    case FLINCH_STREAM_BY_KEY:
        return "key";
    case FLINCH_STREAM_BY_FIELD:
        return config->decoder.want.captures[0];
    }
    return "";
}

char *flinch__state_prefix(const flinch__worker_config *config, size_t *out_size) {
    enum { FINGERPRINT = 16, NULS = 3, DOT = 1 };
    const char *by = what_makes_a_stream(config);
    size_t size = strlen(config->group) + FINGERPRINT + DOT + strlen(by) + NULS;
    char *prefix = malloc(size + 1);
    *out_size = 0;
    if (prefix == NULL)
        return NULL;
    /* A field has a dot before it, so that one called "key" is not the key. */
    int written = snprintf(prefix, size + 1, "%s%c%016" PRIx64 "%c%s%s", config->group, '\0',
                           flinch__blueprint_fingerprint(config->blueprint), '\0',
                           config->stream_by == FLINCH_STREAM_BY_FIELD ? "." : "", by);
    *out_size = (size_t)written + 1; /* the NUL at the end is part of it */
    return prefix;
}

/* One record of the state topic under way: key and value in memory of its own. */
typedef struct writing {
    rd_kafka_t *producer;
    const flinch__worker_config *config;
    int32_t partition;
    char *prefix;
    size_t prefix_size;
    uint8_t *state; /* of a stream, whole */
    size_t state_capacity;
    size_t waiting; /* bytes handed on since the producer's queue was empty */
    flinch_error *error;
} writing;

static flinch_status no_memory(const writing *w) {
    return flinch_fail(w->error, FLINCH_FATAL, "no memory for a checkpoint");
}

/* The key says what the record is: kind, and of a stream chunk and name. */
static flinch_status send_record(const writing *w, const flinch__state_record *record,
                                 uint64_t id) {
    static const char KINDS[] = {'m', 's', 'k'};
    size_t capacity = flinch__state_encoded_bytes(record);
    size_t key_capacity = w->prefix_size + 32 + record->stream_size;
    uint8_t *value = malloc(capacity);
    char *key = malloc(key_capacity);
    size_t size = 0;
    flinch_status status;
    if (value == NULL || key == NULL ||
        !flinch_is_ok(flinch__state_encode(record, value, capacity, &size))) {
        status = no_memory(w);
    } else {
        memcpy(key, w->prefix, w->prefix_size);
        size_t used = w->prefix_size;
        used += (size_t)snprintf(key + used, key_capacity - used, "%c%" PRIu32, KINDS[record->kind],
                                 record->chunk) +
                1;
        if (record->stream_size > 0)
            memcpy(key + used, record->stream, record->stream_size);
        flinch__state_message message = {w->partition, key,  used + record->stream_size,
                                         value,        size, id};
        status = flinch__output_state(w->producer, w->config, &message, w->error);
    }
    free(value);
    free(key);
    return status;
}

static flinch_status save_stream(writing *w, const flinch__route *route, size_t *out_size) {
    size_t needed = flinch__stream_saved_bytes(route->stream);
    if (needed > w->state_capacity) {
        free(w->state);
        w->state = malloc(needed);
        w->state_capacity = w->state == NULL ? 0 : needed;
    }
    if (w->state == NULL)
        return no_memory(w);
    flinch_status status =
        flinch__stream_save(route->stream, w->state, w->state_capacity, out_size);
    if (!flinch_is_ok(status))
        return flinch_fail(w->error, FLINCH_FATAL, "the detector failed to save: %s",
                           flinch_code_name(status.code));
    return status;
}

static flinch_status drain(writing *w) {
    if (w->waiting < WAITING_BYTES)
        return flinch_status_of(FLINCH_OK);
    rd_kafka_resp_err_t err = rd_kafka_flush(w->producer, FLUSH_MS);
    w->waiting = 0;
    return err == RD_KAFKA_RESP_ERR_NO_ERROR
               ? flinch_status_of(FLINCH_OK)
               : flinch_fail(w->error, FLINCH_TRY_AGAIN, "flush: %s", rd_kafka_err2str(err));
}

static flinch_status send_stream(writing *w, const flinch__route *route, int64_t offset) {
    size_t size = 0;
    FLINCH_TRY(save_stream(w, route, &size));
    flinch__state_record record = {
        .kind = FLINCH_STATE_STREAM,
        .fingerprint = flinch__blueprint_fingerprint(w->config->blueprint),
        .offset = offset,
        .chunks = (uint32_t)((size + FLINCH__STATE_CHUNK_BYTES - 1) / FLINCH__STATE_CHUNK_BYTES),
        .stream = route->name,
        .stream_size = route->name_size};
    for (; record.chunk < record.chunks; record.chunk++) {
        size_t from = (size_t)record.chunk * FLINCH__STATE_CHUNK_BYTES;
        record.bytes = w->state + from;
        record.size =
            size - from < FLINCH__STATE_CHUNK_BYTES ? size - from : FLINCH__STATE_CHUNK_BYTES;
        FLINCH_TRY(send_record(w, &record, record.chunk == 0 ? route->id : 0));
        w->waiting += record.size;
        FLINCH_TRY(drain(w));
    }
    return flinch_status_of(FLINCH_OK);
}

static flinch_status send_skips(const writing *w, const flinch__skips *skips, int64_t offset) {
    size_t capacity = flinch__skips_saved_bytes(skips);
    uint8_t *bytes = malloc(capacity + 1);
    if (bytes == NULL)
        return no_memory(w);
    flinch__state_record record = {.kind = FLINCH_STATE_SKIPS,
                                   .fingerprint =
                                       flinch__blueprint_fingerprint(w->config->blueprint),
                                   .offset = offset,
                                   .chunks = 1,
                                   .bytes = bytes,
                                   .size = flinch__skips_save(skips, bytes, capacity)};
    flinch_status status = send_record(w, &record, 0);
    free(bytes);
    return status;
}

static flinch_status send_marker(const writing *w, int64_t offset) {
    flinch__state_record record = {.kind = FLINCH_STATE_MARKER,
                                   .fingerprint =
                                       flinch__blueprint_fingerprint(w->config->blueprint),
                                   .offset = offset,
                                   .chunks = 1};
    return send_record(w, &record, 0);
}

static flinch_status start(writing *w) {
    w->prefix = flinch__state_prefix(w->config, &w->prefix_size);
    return w->prefix == NULL ? no_memory(w) : flinch_status_of(FLINCH_OK);
}

static bool differs(const flinch__partition *partition) {
    return partition->next >= 0 && partition->next != partition->marker;
}

bool flinch__checkpoint_differs(const flinch__partitions *partitions) {
    for (uint32_t i = 0; i < partitions->count; i++)
        if (differs(&partitions->items[i]))
            return true;
    return false;
}

static int64_t max(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* Every changed stream of a partition, or those alone that are leaving. */
static flinch_status write_streams(writing *w, const flinch__partition *partition,
                                   const flinch__router *router, bool leaving) {
    uint32_t cursor = 0;
    w->partition = partition->id;
    for (const flinch__route *route; (route = flinch__router_next(router, &cursor)) != NULL;)
        if (route->partition == partition->id && route->changed && (!leaving || route->leaving))
            FLINCH_TRY(send_stream(w, route, max(partition->next, route->known_to)));
    return flinch_status_of(FLINCH_OK);
}

static flinch_status write_partition(writing *w, const flinch__partition *partition,
                                     const flinch__router *router) {
    static const flinch__skips NONE = {0};
    FLINCH_TRY(write_streams(w, partition, router, false));
    /* A partition that is still learning again has skips before it. */
    bool ahead = flinch__skips_reach(&partition->skips, partition->next);
    if (partition->skips.kept || partition->skips.count > 0)
        FLINCH_TRY(send_skips(w, ahead ? &partition->skips : &NONE, partition->next));
    return send_marker(w, partition->next);
}

flinch_status flinch__checkpoint_write(rd_kafka_t *producer, const flinch__worker_config *config,
                                       const flinch__partitions *partitions,
                                       const flinch__router *router, flinch_error *error) {
    writing w = {.producer = producer, .config = config, .error = error};
    flinch_status status = start(&w);
    for (uint32_t i = 0; i < partitions->count && flinch_is_ok(status); i++)
        if (differs(&partitions->items[i]))
            status = write_partition(&w, &partitions->items[i], router);
    free(w.state);
    free(w.prefix);
    return status;
}

flinch_status flinch__checkpoint_leaving(rd_kafka_t *producer, const flinch__worker_config *config,
                                         const flinch__partitions *partitions,
                                         const flinch__router *router, flinch_error *error) {
    writing w = {.producer = producer, .config = config, .error = error};
    flinch_status status = start(&w);
    for (uint32_t i = 0; i < partitions->count && flinch_is_ok(status); i++)
        status = write_streams(&w, &partitions->items[i], router, true);
    free(w.state);
    free(w.prefix);
    return status;
}

static int by_id(const void *a, const void *b) {
    uint64_t x = ((const flinch__delivery *)a)->id;
    uint64_t y = ((const flinch__delivery *)b)->id;
    return (x > y) - (x < y);
}

/* What was written of a stream is what it is now: it has not changed since. */
static void settle_route(const flinch__partitions *partitions, flinch__route *route,
                         const flinch__delivery *told) {
    const flinch__partition *partition = flinch__partitions_find(partitions, route->partition);
    route->kept_at = told->offset;
    route->changed = false;
    if (partition != NULL)
        route->known_to = max(partition->next, route->known_to);
}

void flinch__checkpoint_written(const flinch__partitions *partitions, const flinch__router *router,
                                flinch__delivery *told, uint32_t told_count) {
    if (told_count == 0)
        return;
    qsort(told, told_count, sizeof *told, by_id);
    uint32_t cursor = 0;
    for (flinch__route *route; (route = flinch__router_next(router, &cursor)) != NULL;) {
        const flinch__delivery wanted = {.id = route->id};
        const flinch__delivery *found = bsearch(&wanted, told, told_count, sizeof *told, by_id);
        if (found != NULL)
            settle_route(partitions, route, found);
    }
}

void flinch__checkpoint_done(const flinch__worker_config *config, flinch__partitions *partitions) {
    for (uint32_t i = 0; i < partitions->count; i++) {
        flinch__partition *partition = &partitions->items[i];
        flinch__stats_add(config->stats, FLINCH_STAT_CHECKPOINTS, differs(partition));
        if (!differs(partition))
            continue;
        partition->marker = partition->next;
        partition->skips.kept = flinch__skips_reach(&partition->skips, partition->next);
        partition->skips.changed = false;
        if (!partition->skips.kept)
            flinch__skips_clear(&partition->skips);
    }
}

flinch_status flinch__checkpoint_skips(rd_kafka_t *producer, const flinch__worker_config *config,
                                       flinch__partitions *partitions, flinch_error *error) {
    writing w = {.producer = producer, .config = config, .error = error};
    flinch_status status = flinch_status_of(FLINCH_OK);
    for (uint32_t i = 0; i < partitions->count && flinch_is_ok(status); i++) {
        flinch__partition *partition = &partitions->items[i];
        if (!partition->skips.changed)
            continue;
        if (w.prefix == NULL)
            status = start(&w);
        w.partition = partition->id;
        if (flinch_is_ok(status))
            status = send_skips(&w, &partition->skips, max(partition->next, 0));
        partition->skips.changed = false;
        partition->skips.kept = true;
    }
    free(w.prefix);
    return status;
}
