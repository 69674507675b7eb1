#include "tests/support/avro_bytes.h"

#include <stdlib.h>
#include <string.h>

void avro_bytes_put(avro_bytes *bytes, const void *data, size_t size) {
    uint8_t *grown = malloc(bytes->size + size);
    if (grown == NULL)
        abort();
    if (bytes->size > 0)
        memcpy(grown, bytes->data, bytes->size);
    if (size > 0)
        memcpy(grown + bytes->size, data, size);
    free(bytes->data);
    bytes->data = grown;
    bytes->size += size;
}

void avro_bytes_byte(avro_bytes *bytes, int byte) {
    uint8_t one = (uint8_t)byte;
    avro_bytes_put(bytes, &one, 1);
}

void avro_bytes_long(avro_bytes *bytes, int64_t value) {
    uint64_t bits = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
    for (; bits >= 0x80; bits >>= 7)
        avro_bytes_byte(bytes, (int)(bits & 0x7f) | 0x80);
    avro_bytes_byte(bytes, (int)bits);
}

void avro_bytes_float(avro_bytes *bytes, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (unsigned i = 0; i < 4; i++)
        avro_bytes_byte(bytes, (int)(bits >> (8 * i) & 0xff));
}

void avro_bytes_double(avro_bytes *bytes, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (unsigned i = 0; i < 8; i++)
        avro_bytes_byte(bytes, (int)(bits >> (8 * i) & 0xff));
}

void avro_bytes_text(avro_bytes *bytes, const char *text) {
    avro_bytes_long(bytes, (int64_t)strlen(text));
    avro_bytes_put(bytes, text, strlen(text));
}

void avro_bytes_free(avro_bytes *bytes) {
    free(bytes->data);
    *bytes = (avro_bytes){0};
}
