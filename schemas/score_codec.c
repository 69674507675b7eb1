#include "schemas/score_codec.h"

#include <string.h>

#include "schemas/avro_io.h"
#include "schemas/wire.h"

static void put_reasons(flinch__avro_writer *w, const flinch__score_record *record) {
    uint32_t count = record->score.reason_count;
    if (count > 0)
        flinch__put_long(w, count);
    for (uint32_t i = 0; i < count; i++) {
        const flinch_reason *reason = &record->score.reasons[i];
        flinch__put_text(w, record->features[i], record->feature_sizes[i]);
        flinch__put_float(w, reason->value);
        flinch__put_float(w, reason->expected);
        flinch__put_float(w, reason->error_share);
        flinch__put_float(w, reason->sensitivity_share);
    }
    flinch__put_long(w, 0);
}

size_t flinch__score_encoded_bytes(const flinch__score_record *record) {
    size_t numbers = FLINCH__WIRE_BYTES + 16 * sizeof(int64_t) + 80;
    size_t total = numbers + record->topic_size + record->stream_size + record->model_id_size;
    for (uint32_t i = 0; i < record->score.reason_count; i++)
        total += 10 + record->feature_sizes[i] + 4 * sizeof(float);
    return total;
}

flinch_status flinch__score_encode(const flinch__score_record *record, int32_t schema_id,
                                   uint8_t *bytes, size_t capacity, size_t *out_size) {
    *out_size = 0;
    uint8_t *const end = bytes + capacity;
    flinch__avro_writer w = {.at = bytes, .end = end};
    if (schema_id >= 0) {
        uint8_t header[FLINCH__WIRE_BYTES];
        flinch__wire_write(schema_id, header);
        flinch__put(&w, header, sizeof header);
    }
    const flinch_score *score = &record->score;
    uint8_t is_anomaly = score->is_anomaly;
    flinch__put_text(&w, record->topic, record->topic_size);
    flinch__put_long(&w, record->partition);
    flinch__put_long(&w, record->offset);
    flinch__put_long(&w, record->timestamp_ms);
    flinch__put_text(&w, record->stream, record->stream_size);
    flinch__put_long(&w, score->status);
    flinch__put_double(&w, score->score);
    flinch__put_double(&w, score->p_value);
    flinch__put(&w, &is_anomaly, 1);
    flinch__put_float(&w, score->reconstruction_error);
    flinch__put_float(&w, score->sensitivity);
    put_reasons(&w, record);
    flinch__put_text(&w, record->model_id, record->model_id_size);
    flinch__put_long(&w, (int64_t)score->generation);
    if (w.full)
        return flinch_status_of(FLINCH_TOO_LARGE);
    *out_size = (size_t)(w.at - bytes);
    return flinch_status_of(FLINCH_OK);
}

static void get_reasons(flinch__avro_reader *r, flinch__score_record *record) {
    uint32_t n = 0;
    for (int64_t left = flinch__get_long(r); left != 0 && !r->bad; left = flinch__get_long(r)) {
        if (left < 0 || left > FLINCH_MAX_REASONS - (int64_t)n) {
            r->bad = true;
            return;
        }
        for (; left > 0; left--, n++) {
            record->features[n] = flinch__get_text(r, &record->feature_sizes[n]);
            flinch_reason *reason = &record->score.reasons[n];
            reason->feature = n;
            reason->value = flinch__get_float(r);
            reason->expected = flinch__get_float(r);
            reason->error_share = flinch__get_float(r);
            reason->sensitivity_share = flinch__get_float(r);
        }
    }
    record->score.reason_count = n;
}

static void get_record(flinch__avro_reader *r, flinch__score_record *record) {
    flinch_score *score = &record->score;
    record->topic = flinch__get_text(r, &record->topic_size);
    record->partition = flinch__get_int(r);
    record->offset = flinch__get_long(r);
    record->timestamp_ms = flinch__get_long(r);
    record->stream = flinch__get_text(r, &record->stream_size);
    int32_t status = flinch__get_int(r);
    r->bad = r->bad || status < FLINCH_SCORE_WARMUP || status > FLINCH_SCORE_DEGRADED;
    score->status = (flinch_score_status)status;
    score->score = flinch__get_double(r);
    score->p_value = flinch__get_double(r);
    uint8_t is_anomaly = 0;
    flinch__get(r, &is_anomaly, 1);
    r->bad = r->bad || is_anomaly > 1;
    score->is_anomaly = is_anomaly == 1;
    score->reconstruction_error = flinch__get_float(r);
    score->sensitivity = flinch__get_float(r);
    get_reasons(r, record);
    record->model_id = flinch__get_text(r, &record->model_id_size);
    score->generation = (uint64_t)flinch__get_long(r);
}

flinch_status flinch__score_decode(const uint8_t *bytes, size_t size,
                                   flinch__score_record *out_record) {
    *out_record = (flinch__score_record){0};
    flinch__avro_reader r = {.at = bytes, .end = bytes + size};
    get_record(&r, out_record);
    if (r.bad || r.at != r.end)
        return flinch_status_of(FLINCH_BAD_DATA);
    return flinch_status_of(FLINCH_OK);
}
