#include "schemas/score_codec.h"

#include <string.h>

#include "schemas/varint.h"
#include "schemas/wire.h"

/* A place to write to that cannot be overrun: what does not fit only sets `full`. */
typedef struct writer {
    uint8_t *at;
    uint8_t *end;
    bool full;
} writer;

static void put(writer *w, const void *bytes, size_t size) {
    if ((size_t)(w->end - w->at) < size) {
        w->full = true;
        w->at = w->end;
        return;
    }
    if (size > 0)
        memcpy(w->at, bytes, size);
    w->at += size;
}

static void put_long(writer *w, int64_t value) {
    uint64_t bits = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
    uint8_t bytes[10];
    size_t n = 0;
    for (; bits > 0x7F; bits >>= 7)
        bytes[n++] = (uint8_t)(bits | 0x80);
    bytes[n++] = (uint8_t)bits;
    put(w, bytes, n);
}

static void put_text(writer *w, const char *text, size_t size) {
    put_long(w, (int64_t)size);
    put(w, text, size);
}

/* Avro's float and double are little-endian IEEE 754, as this machine's are. */
static void put_float(writer *w, float value) {
    put(w, &value, sizeof value);
}

static void put_double(writer *w, double value) {
    put(w, &value, sizeof value);
}

static void put_reasons(writer *w, const flinch__score_record *record) {
    uint32_t count = record->score.reason_count;
    if (count > 0)
        put_long(w, count);
    for (uint32_t i = 0; i < count; i++) {
        const flinch_reason *reason = &record->score.reasons[i];
        put_text(w, record->features[i], record->feature_sizes[i]);
        put_float(w, reason->value);
        put_float(w, reason->expected);
        put_float(w, reason->error_share);
        put_float(w, reason->sensitivity_share);
    }
    put_long(w, 0);
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
    writer w = {.at = bytes, .end = end};
    if (schema_id >= 0) {
        uint8_t header[FLINCH__WIRE_BYTES];
        flinch__wire_write(schema_id, header);
        put(&w, header, sizeof header);
    }
    const flinch_score *score = &record->score;
    uint8_t is_anomaly = score->is_anomaly;
    put_text(&w, record->topic, record->topic_size);
    put_long(&w, record->partition);
    put_long(&w, record->offset);
    put_long(&w, record->timestamp_ms);
    put_text(&w, record->stream, record->stream_size);
    put_long(&w, score->status);
    put_double(&w, score->score);
    put_double(&w, score->p_value);
    put(&w, &is_anomaly, 1);
    put_float(&w, score->reconstruction_error);
    put_float(&w, score->sensitivity);
    put_reasons(&w, record);
    put_text(&w, record->model_id, record->model_id_size);
    put_long(&w, (int64_t)score->generation);
    if (w.full)
        return flinch_status_of(FLINCH_TOO_LARGE);
    *out_size = (size_t)(w.at - bytes);
    return flinch_status_of(FLINCH_OK);
}

/* A place to read from; the first thing that is not there sets `bad`, and all reads after it give
 * zero. */
typedef struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
} reader;

static int64_t get_long(reader *r) {
    int64_t value = 0;
    if (!r->bad && flinch__varint_read(&r->at, r->end, &value) != FLINCH_CAUSE_NONE)
        r->bad = true;
    return r->bad ? 0 : value;
}

static int32_t get_int(reader *r) {
    int64_t value = get_long(r);
    r->bad = r->bad || value < INT32_MIN || value > INT32_MAX;
    return r->bad ? 0 : (int32_t)value;
}

static void get(reader *r, void *out, size_t size) {
    if (r->bad || (size_t)(r->end - r->at) < size) {
        r->bad = true;
        memset(out, 0, size);
        return;
    }
    memcpy(out, r->at, size);
    r->at += size;
}

static const char *get_text(reader *r, size_t *out_size) {
    int64_t size = get_long(r);
    *out_size = 0;
    if (r->bad || size < 0 || size > r->end - r->at) {
        r->bad = true;
        return "";
    }
    const char *text = (const char *)r->at;
    r->at += size;
    *out_size = (size_t)size;
    return text;
}

static float get_float(reader *r) {
    float value;
    get(r, &value, sizeof value);
    return value;
}

static double get_double(reader *r) {
    double value;
    get(r, &value, sizeof value);
    return value;
}

static void get_reasons(reader *r, flinch__score_record *record) {
    uint32_t n = 0;
    for (int64_t left = get_long(r); left != 0 && !r->bad; left = get_long(r)) {
        if (left < 0 || left > FLINCH_MAX_REASONS - (int64_t)n) {
            r->bad = true;
            return;
        }
        for (; left > 0; left--, n++) {
            record->features[n] = get_text(r, &record->feature_sizes[n]);
            flinch_reason *reason = &record->score.reasons[n];
            reason->feature = n;
            reason->value = get_float(r);
            reason->expected = get_float(r);
            reason->error_share = get_float(r);
            reason->sensitivity_share = get_float(r);
        }
    }
    record->score.reason_count = n;
}

static void get_record(reader *r, flinch__score_record *record) {
    flinch_score *score = &record->score;
    record->topic = get_text(r, &record->topic_size);
    record->partition = get_int(r);
    record->offset = get_long(r);
    record->timestamp_ms = get_long(r);
    record->stream = get_text(r, &record->stream_size);
    int32_t status = get_int(r);
    r->bad = r->bad || status < FLINCH_SCORE_WARMUP || status > FLINCH_SCORE_DEGRADED;
    score->status = (flinch_score_status)status;
    score->score = get_double(r);
    score->p_value = get_double(r);
    uint8_t is_anomaly = 0;
    get(r, &is_anomaly, 1);
    r->bad = r->bad || is_anomaly > 1;
    score->is_anomaly = is_anomaly == 1;
    score->reconstruction_error = get_float(r);
    score->sensitivity = get_float(r);
    get_reasons(r, record);
    record->model_id = get_text(r, &record->model_id_size);
    score->generation = (uint64_t)get_long(r);
}

flinch_status flinch__score_decode(const uint8_t *bytes, size_t size,
                                   flinch__score_record *out_record) {
    *out_record = (flinch__score_record){0};
    reader r = {.at = bytes, .end = bytes + size};
    get_record(&r, out_record);
    if (r.bad || r.at != r.end)
        return flinch_status_of(FLINCH_BAD_DATA);
    return flinch_status_of(FLINCH_OK);
}
