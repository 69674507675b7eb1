#include "consumer/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "schemas/checksum.h"
#include "schemas/score_codec.h"

/* The producer's queue drains in milliseconds; when it does not, the broker is away. */
enum { QUEUE_FULL_WAIT_MS = 100, QUEUE_FULL_TRIES = 300, SCORE_BYTES = 8192 };
/* A key that a dead letter keeps when its value is left out. */
enum { KEPT_KEY_BYTES = 1024 };

/* `vus` is used up by each try, so it is given as a list that can be passed again. */
static flinch_status produce(rd_kafka_t *producer, const rd_kafka_vu_t *vus, size_t count,
                             flinch_error *error) {
    for (int i = 0; i < QUEUE_FULL_TRIES; i++) {
        rd_kafka_error_t *failed = rd_kafka_produceva(producer, vus, count);
        if (failed == NULL)
            return flinch_status_of(FLINCH_OK);
        rd_kafka_resp_err_t code = rd_kafka_error_code(failed);
        flinch_code ours =
            code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ? FLINCH_TOO_LARGE : FLINCH_TRY_AGAIN;
        flinch_status status =
            flinch_fail(error, ours, "produce: %s", rd_kafka_error_string(failed));
        rd_kafka_error_destroy(failed);
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return status;
        rd_kafka_poll(producer, QUEUE_FULL_WAIT_MS);
    }
    return flinch_fail(error, FLINCH_TRY_AGAIN, "produce: the producer's queue stays full");
}

static int64_t timestamp_of(const rd_kafka_message_t *message) {
    rd_kafka_timestamp_type_t type;
    int64_t timestamp = rd_kafka_message_timestamp(message, &type);
    return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || timestamp < 0 ? 0 : timestamp;
}

static flinch__score_record record_of(const flinch__worker_config *config,
                                      const rd_kafka_message_t *message, const flinch__route *route,
                                      const flinch_score *score) {
    flinch__score_record record = {.topic = config->topic,
                                   .topic_size = strlen(config->topic),
                                   .partition = message->partition,
                                   .offset = message->offset,
                                   .timestamp_ms = timestamp_of(message),
                                   .stream = route->name,
                                   .stream_size = route->name_size,
                                   .score = *score};
    record.model_id = flinch__blueprint_detector(config->blueprint);
    record.model_id_size = strlen(record.model_id);
    for (uint32_t i = 0; i < score->reason_count; i++) {
        record.features[i] =
            flinch__blueprint_feature(config->blueprint, score->reasons[i].feature);
        record.feature_sizes[i] = strlen(record.features[i]);
    }
    return record;
}

flinch_status flinch__output_score(rd_kafka_t *producer, const flinch__worker_config *config,
                                   const rd_kafka_message_t *message, const flinch__route *route,
                                   const flinch_score *score, flinch_error *error) {
    uint8_t bytes[SCORE_BYTES];
    size_t size = 0;
    flinch__score_record record = record_of(config, message, route, score);
    flinch_status encoded =
        flinch__score_encode(&record, config->score_schema_id, bytes, sizeof bytes, &size);
    if (!flinch_is_ok(encoded))
        return flinch_fail(error, FLINCH_TOO_LARGE,
                           "the score of %s-%" PRId32 ":%" PRId64
                           " has over %d bytes: its stream's or features' names are too long",
                           config->topic, message->partition, message->offset, SCORE_BYTES);
    const rd_kafka_vu_t vus[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = config->scores_topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = message->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {.ptr = bytes, .size = size}},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {.ptr = message->key, .size = message->key_len}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = record.timestamp_ms},
    };
    return produce(producer, vus, sizeof vus / sizeof *vus, error);
}

static void add_header(rd_kafka_headers_t *headers, const char *name, const char *value) {
    rd_kafka_header_add(headers, name, -1, value, -1);
}

/* The record's own headers, and behind them what went wrong and where the record stood; instead of
 * the record's own, of one that is left out, what it was. */
static rd_kafka_headers_t *headers_of(const flinch__worker_config *config,
                                      const flinch__letter *letter, bool is_left_out) {
    rd_kafka_message_t *message = letter->message;
    rd_kafka_headers_t *own = NULL;
    rd_kafka_headers_t *headers = NULL;
    if (!is_left_out && rd_kafka_message_headers(message, &own) == RD_KAFKA_RESP_ERR_NO_ERROR)
        headers = rd_kafka_headers_copy(own);
    else
        headers = rd_kafka_headers_new(10);
    char number[32];
    if (is_left_out) {
        snprintf(number, sizeof number, "%zu", message->len);
        add_header(headers, "flinch.value.bytes", number);
        snprintf(number, sizeof number, "%08" PRIx32,
                 flinch__checksum(message->payload, message->len));
        add_header(headers, "flinch.value.crc32", number);
    }
    add_header(headers, "__connect.errors.topic", config->topic);
    snprintf(number, sizeof number, "%" PRId32, message->partition);
    add_header(headers, "__connect.errors.partition", number);
    snprintf(number, sizeof number, "%" PRId64, message->offset);
    add_header(headers, "__connect.errors.offset", number);
    add_header(headers, "__connect.errors.connector.name", "flinch");
    add_header(headers, "__connect.errors.stage", "VALUE_CONVERTER");
    add_header(headers, "__connect.errors.exception.class.name", flinch__cause_name(letter->cause));
    add_header(headers, "__connect.errors.exception.message", letter->detail);
    return headers;
}

static flinch_status send_letter(rd_kafka_t *producer, const flinch__worker_config *config,
                                 const flinch__letter *letter, bool is_left_out,
                                 flinch_error *error) {
    const rd_kafka_message_t *message = letter->message;
    rd_kafka_headers_t *headers = headers_of(config, letter, is_left_out);
    size_t size = is_left_out ? 0 : message->len;
    size_t key_size = is_left_out && message->key_len > KEPT_KEY_BYTES ? 0 : message->key_len;
    const rd_kafka_vu_t vus[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = config->dead_letters_topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = message->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {.ptr = size == 0 ? NULL : message->payload, .size = size}},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {.ptr = key_size == 0 ? NULL : message->key, .size = key_size}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = timestamp_of(message)},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    flinch_status status = produce(producer, vus, sizeof vus / sizeof *vus, error);
    if (!flinch_is_ok(status))
        rd_kafka_headers_destroy(headers); /* taken over only by a successful produce */
    return status;
}

flinch_status flinch__output_dead_letter(rd_kafka_t *producer, const flinch__worker_config *config,
                                         const flinch__letter *letter, flinch_error *error) {
    if (letter->message->len < letter->bytes) {
        flinch_status status = send_letter(producer, config, letter, false, error);
        if (status.code != FLINCH_TOO_LARGE)
            return status;
    }
    flinch__note(&config->notes, FLINCH_NOTE_WARNING, "dead_letter_too_large",
                 "partition=%" PRId32 " offset=%" PRId64 " bytes=%zu", letter->message->partition,
                 letter->message->offset, letter->message->len);
    return send_letter(producer, config, letter, true, error);
}

flinch_status flinch__output_state(rd_kafka_t *producer, const flinch__worker_config *config,
                                   const flinch__state_message *message, flinch_error *error) {
    void *tag; /* a number where librdkafka has a pointer */
    const uintptr_t id = message->id;
    memcpy(&tag, &id, sizeof tag);
    const rd_kafka_vu_t vus[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = config->state_topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = message->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {.ptr = (void *)message->value, .size = message->value_size}},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {.ptr = (void *)message->key, .size = message->key_size}},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = tag},
    };
    return produce(producer, vus, sizeof vus / sizeof *vus, error);
}
