#include "consumer/batch.h"

#include <stdlib.h>
#include <string.h>

enum { T = FLINCH_TILE_ROWS };

flinch_status flinch__batch_init(flinch__batch *batch, const flinch__worker_config *config,
                                 flinch_error *error) {
    *batch = (flinch__batch){.config = config, .router = {.blueprint = config->blueprint}};
    FLINCH_TRY(flinch__decoder_new(&config->decoder, &batch->decoder, error));
    const flinch__want *want = &config->decoder.want;
    batch->entries = calloc(FLINCH__BATCH_RECORDS, sizeof *batch->entries);
    batch->touched = calloc(FLINCH__BATCH_RECORDS, sizeof *batch->touched);
    batch->row.values = calloc(want->inputs.count, sizeof *batch->row.values);
    batch->row.captures = calloc(want->capture_count + 1, sizeof *batch->row.captures);
    batch->scratch = aligned_alloc(64, flinch__blueprint_scratch_bytes(config->blueprint));
    if (batch->entries == NULL || batch->touched == NULL || batch->row.values == NULL ||
        batch->row.captures == NULL || batch->scratch == NULL) {
        flinch__batch_fini(batch);
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a worker's batch");
    }
    return flinch_status_of(FLINCH_OK);
}

void flinch__batch_fini(flinch__batch *batch) {
    flinch__batch_clear(batch);
    flinch__router_fini(&batch->router);
    flinch__decoder_free(batch->decoder);
    free(batch->entries);
    free(batch->touched);
    free(batch->row.values);
    free(batch->row.captures);
    free(batch->scratch);
    *batch = (flinch__batch){0};
}

void flinch__batch_clear(flinch__batch *batch) {
    for (uint32_t i = 0; i < batch->count; i++) {
        rd_kafka_message_destroy(batch->entries[i].message);
        free(batch->entries[i].detail);
    }
    batch->count = 0;
    batch->touched_count = 0;
}

/* Scores the slots of a route's open tile that have no score, into their entries. */
static flinch_status score_route(flinch__batch *batch, flinch__route *route, flinch_error *error) {
    flinch_score scores[FLINCH_TILE_ROWS];
    uint32_t filled = flinch__stream_filled(route->stream);
    flinch_status status =
        flinch__stream_score(route->stream, route->scored, batch->scratch, scores);
    if (!flinch_is_ok(status))
        return flinch_fail(error, FLINCH_FATAL, "the detector failed to score: %s",
                           flinch_code_name(status.code));
    for (uint32_t slot = route->scored; slot < filled; slot++)
        batch->entries[route->entry_of[slot]].score = scores[slot];
    route->scored = filled;
    return status;
}

/* A full tile is scored to its end, and then learned from: the one moment at which state changes.
 */
static flinch_status close_tile(flinch__batch *batch, flinch__route *route, flinch_error *error) {
    FLINCH_TRY(score_route(batch, route, error));
    flinch_status status = flinch__stream_learn(route->stream, batch->scratch);
    if (!flinch_is_ok(status))
        return flinch_fail(error, FLINCH_FATAL, "the detector failed to learn: %s",
                           flinch_code_name(status.code));
    route->scored = 0;
    return status;
}

static void count_row(flinch__batch *batch) {
    flinch__stats *stats = batch->config->stats;
    flinch__stats_add(stats, FLINCH_STAT_MISSING, batch->row.missing);
    flinch__stats_add(stats, FLINCH_STAT_NON_FINITE, batch->row.non_finite);
    flinch__stats_add(stats, FLINCH_STAT_WRONG_TYPE, batch->row.wrong_type);
    flinch__stats_add(stats, FLINCH_STAT_OTHER_CATEGORY, batch->row.other_category);
}

/* The name of the stream that the decoded record belongs to. */
static flinch_status find_route(flinch__batch *batch, const rd_kafka_message_t *message,
                                flinch__route **out_route, flinch_error *error) {
    char text[320];
    const void *name = text;
    size_t size = 0;
    const flinch__capture *capture = &batch->row.captures[0];
    switch (batch->config->stream_by) {
    case FLINCH_STREAM_BY_PARTITION:
        size = (size_t)snprintf(text, sizeof text, "%.249s-%d", batch->config->topic,
                                (int)message->partition);
        break;
    case FLINCH_STREAM_BY_KEY:
        name = message->key;
        size = message->key_len;
        break;
    case FLINCH_STREAM_BY_FIELD:
        if (capture->kind == FLINCH_CAPTURE_NUMBER) {
            size = (size_t)snprintf(text, sizeof text, "%.17g", capture->number);
        } else if (capture->kind == FLINCH_CAPTURE_TEXT) {
            name = capture->text;
            size = capture->text_size;
        }
        break;
    }
    return flinch__router_find(&batch->router, message->partition, name, size, out_route, error);
}

static flinch_status admit_row(flinch__batch *batch, flinch__entry *entry, flinch_error *error) {
    flinch__route *route = NULL;
    rd_kafka_timestamp_type_t type;
    int64_t timestamp = rd_kafka_message_timestamp(entry->message, &type);
    FLINCH_TRY(find_route(batch, entry->message, &route, error));
    entry->outcome = FLINCH_OUTCOME_SCORE;
    entry->route = route;

    uint32_t slot = flinch__stream_filled(route->stream);
    if (slot == route->scored)
        batch->touched[batch->touched_count++] = route;
    flinch__stream_push(route->stream, batch->row.values, timestamp);
    route->entry_of[slot] = (uint32_t)(entry - batch->entries);
    return slot + 1 == T ? close_tile(batch, route, error) : flinch_status_of(FLINCH_OK);
}

flinch_status flinch__batch_admit(flinch__batch *batch, rd_kafka_message_t *message, bool publish,
                                  int64_t now_ms, flinch_error *error) {
    flinch__entry *entry = &batch->entries[batch->count];
    *entry = (flinch__entry){.message = message, .publish = publish};
    if (message->payload == NULL) {
        entry->outcome = FLINCH_OUTCOME_SKIP;
        batch->count++;
        return flinch_status_of(FLINCH_OK);
    }
    flinch_error detail;
    flinch_status status = flinch__decoder_decode(batch->decoder, message->payload, message->len,
                                                  now_ms, &batch->row, &entry->cause, &detail);
    switch (status.code) {
    case FLINCH_OK:
        batch->count++;
        count_row(batch);
        return admit_row(batch, entry, error);
    case FLINCH_BAD_DATA:
        batch->count++;
        entry->outcome = FLINCH_OUTCOME_DEAD_LETTER;
        entry->detail = strdup(detail.text);
        return entry->detail != NULL ? flinch_status_of(FLINCH_OK)
                                     : flinch_fail(error, FLINCH_FATAL, "no memory");
    case FLINCH_TRY_AGAIN:
    case FLINCH_DENIED:
        return flinch_fail(error, status.code, "%s", detail.text);
    case FLINCH_INVALID:
    case FLINCH_MISMATCH:
    case FLINCH_NOT_FOUND:
    case FLINCH_TOO_LARGE:
    case FLINCH_NO_MEMORY:
    case FLINCH_STOPPED:
    case FLINCH_FATAL:
        break;
    }
    return flinch_fail(error, FLINCH_FATAL, "decoder: %s: %s", flinch_code_name(status.code),
                       detail.text);
}

flinch_status flinch__batch_settle(flinch__batch *batch, flinch_error *error) {
    for (uint32_t i = 0; i < batch->touched_count; i++)
        FLINCH_TRY(score_route(batch, batch->touched[i], error));
    batch->touched_count = 0;
    return flinch_status_of(FLINCH_OK);
}
