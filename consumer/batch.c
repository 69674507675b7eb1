#include "consumer/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

flinch_status flinch__batch_init(flinch__batch *batch, const flinch__worker_config *config,
                                 flinch_error *error) {
    *batch = (flinch__batch){.config = config};
    FLINCH_TRY(flinch__feeder_init(&batch->feeder, config->blueprint, error));
    flinch_status status = flinch__decoder_new(&config->decoder, &batch->decoder, error);
    const flinch__want *want = &config->decoder.want;
    batch->entries = calloc(FLINCH__BATCH_RECORDS, sizeof *batch->entries);
    batch->row.values = calloc(want->inputs.count, sizeof *batch->row.values);
    batch->row.captures = calloc(want->capture_count + 1, sizeof *batch->row.captures);
    bool memory =
        batch->entries != NULL && batch->row.values != NULL && batch->row.captures != NULL;
    if (flinch_is_ok(status) && !memory)
        status = flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a worker's batch");
    if (!flinch_is_ok(status))
        flinch__batch_fini(batch);
    return status;
}

void flinch__batch_fini(flinch__batch *batch) {
    flinch__batch_clear(batch);
    flinch__feeder_fini(&batch->feeder);
    flinch__decoder_free(batch->decoder);
    free(batch->entries);
    free(batch->row.values);
    free(batch->row.captures);
    *batch = (flinch__batch){0};
}

void flinch__batch_clear(flinch__batch *batch) {
    for (uint32_t i = 0; i < batch->count; i++) {
        rd_kafka_message_destroy(batch->entries[i].message);
        free(batch->entries[i].detail);
    }
    batch->count = 0;
}

void flinch__batch_drop(flinch__batch *batch, int32_t partition) {
    flinch__batch_clear(batch);
    flinch__feeder_drop(&batch->feeder, partition);
}

static void count_row(flinch__batch *batch) {
    flinch__stats *stats = batch->config->stats;
    flinch__stats_add(stats, FLINCH_STAT_MISSING, batch->row.missing);
    flinch__stats_add(stats, FLINCH_STAT_NON_FINITE, batch->row.non_finite);
    flinch__stats_add(stats, FLINCH_STAT_WRONG_TYPE, batch->row.wrong_type);
    flinch__stats_add(stats, FLINCH_STAT_OTHER_CATEGORY, batch->row.other_category);
}

/* The name of the stream that the decoded record belongs to; `text` is storage for one that is made
 * here. */
static void name_stream(const flinch__batch *batch, const rd_kafka_message_t *message,
                        char text[320], flinch__feed *feed) {
    const flinch__capture *capture = &batch->row.captures[0];
    feed->name = text;
    feed->name_size = 0;
    switch (batch->config->stream_by) {
    case FLINCH_STREAM_BY_PARTITION:
        feed->name_size =
            (size_t)snprintf(text, 320, "%.249s-%d", batch->config->topic, (int)message->partition);
        return;
    case FLINCH_STREAM_BY_KEY:
        feed->name = message->key;
        feed->name_size = message->key_len;
        return;
    case FLINCH_STREAM_BY_FIELD:
        flinch__capture_name(capture, text, 320, &feed->name, &feed->name_size);
        return;
    }
}

static flinch_status bury(flinch__entry *entry, flinch__cause cause, const char *detail,
                          flinch_error *error) {
    entry->outcome = FLINCH_OUTCOME_DEAD_LETTER;
    entry->cause = cause;
    entry->detail = strdup(detail);
    return entry->detail != NULL ? flinch_status_of(FLINCH_OK)
                                 : flinch_fail(error, FLINCH_FATAL, "no memory");
}

static flinch_status admit_row(flinch__batch *batch, flinch__entry *entry, flinch_error *error) {
    char text[320];
    rd_kafka_timestamp_type_t type;
    flinch__feed feed = {.partition = entry->message->partition,
                         .inputs = batch->row.values,
                         .timestamp_ms = rd_kafka_message_timestamp(entry->message, &type),
                         .offset = entry->message->offset,
                         .unpublished = !entry->publish,
                         .index = (uint32_t)(entry - batch->entries)};
    name_stream(batch, entry->message, text, &feed);
    if (feed.name_size > FLINCH__STREAM_NAME_BYTES) {
        snprintf(text, sizeof text, "the name of its stream has %zu bytes, %d at most",
                 feed.name_size, FLINCH__STREAM_NAME_BYTES);
        return bury(entry, FLINCH_CAUSE_TOO_LARGE, text, error);
    }
    entry->outcome = FLINCH_OUTCOME_SCORE;
    entry->score = &batch->feeder.scores[feed.index];
    return flinch__feeder_feed(&batch->feeder, &feed, &entry->route, error);
}

flinch_status flinch__batch_admit(flinch__batch *batch, rd_kafka_message_t *message, bool publish,
                                  int64_t now_ms, flinch_error *error) {
    flinch__entry *entry = &batch->entries[batch->count];
    *entry = (flinch__entry){.message = message, .publish = publish};
    if (message->len == 0) { /* null or empty: neither can hold a record */
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
        return bury(entry, entry->cause, detail.text, error);
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

void flinch__batch_pass(flinch__batch *batch, rd_kafka_message_t *message) {
    batch->entries[batch->count++] =
        (flinch__entry){.message = message, .outcome = FLINCH_OUTCOME_SKIP};
}

flinch_status flinch__batch_settle(flinch__batch *batch, flinch_error *error) {
    return flinch__feeder_settle(&batch->feeder, error);
}
