#include "schemas/avro_io.h"

#include <string.h>

#include "schemas/varint.h"

void flinch__put(flinch__avro_writer *w, const void *bytes, size_t size) {
    if ((size_t)(w->end - w->at) < size) {
        w->full = true;
        w->at = w->end;
        return;
    }
    if (size > 0)
        memcpy(w->at, bytes, size);
    w->at += size;
}

void flinch__put_long(flinch__avro_writer *w, int64_t value) {
    uint64_t bits = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
    uint8_t bytes[10];
    size_t n = 0;
    for (; bits > 0x7F; bits >>= 7)
        bytes[n++] = (uint8_t)(bits | 0x80);
    bytes[n++] = (uint8_t)bits;
    flinch__put(w, bytes, n);
}

void flinch__put_text(flinch__avro_writer *w, const void *text, size_t size) {
    flinch__put_long(w, (int64_t)size);
    flinch__put(w, text, size);
}

/* Avro's float and double are little-endian IEEE 754, as this machine's are. */
void flinch__put_float(flinch__avro_writer *w, float value) {
    flinch__put(w, &value, sizeof value);
}

void flinch__put_double(flinch__avro_writer *w, double value) {
    flinch__put(w, &value, sizeof value);
}

int64_t flinch__get_long(flinch__avro_reader *r) {
    int64_t value = 0;
    if (!r->bad && flinch__varint_read(&r->at, r->end, &value) != FLINCH_CAUSE_NONE)
        r->bad = true;
    return r->bad ? 0 : value;
}

int32_t flinch__get_int(flinch__avro_reader *r) {
    int64_t value = flinch__get_long(r);
    r->bad = r->bad || value < INT32_MIN || value > INT32_MAX;
    return r->bad ? 0 : (int32_t)value;
}

void flinch__get(flinch__avro_reader *r, void *out, size_t size) {
    if (r->bad || (size_t)(r->end - r->at) < size) {
        r->bad = true;
        memset(out, 0, size);
        return;
    }
    memcpy(out, r->at, size);
    r->at += size;
}

const char *flinch__get_text(flinch__avro_reader *r, size_t *out_size) {
    int64_t size = flinch__get_long(r);
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

float flinch__get_float(flinch__avro_reader *r) {
    float value;
    flinch__get(r, &value, sizeof value);
    return value;
}

double flinch__get_double(flinch__avro_reader *r) {
    double value;
    flinch__get(r, &value, sizeof value);
    return value;
}
