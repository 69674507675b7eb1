#include "tests/support/test_bytes.h"

#include <stdlib.h>
#include <string.h>

void test_bytes_put(test_bytes *bytes, const void *data, size_t size) {
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

void test_bytes_byte(test_bytes *bytes, int byte) {
    uint8_t one = (uint8_t)byte;
    test_bytes_put(bytes, &one, 1);
}

void test_bytes_long(test_bytes *bytes, int64_t value) {
    uint64_t bits = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
    for (; bits >= 0x80; bits >>= 7)
        test_bytes_byte(bytes, (int)(bits & 0x7f) | 0x80);
    test_bytes_byte(bytes, (int)bits);
}

void test_bytes_float(test_bytes *bytes, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (unsigned i = 0; i < 4; i++)
        test_bytes_byte(bytes, (int)(bits >> (8 * i) & 0xff));
}

void test_bytes_double(test_bytes *bytes, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (unsigned i = 0; i < 8; i++)
        test_bytes_byte(bytes, (int)(bits >> (8 * i) & 0xff));
}

void test_bytes_text(test_bytes *bytes, const char *text) {
    test_bytes_long(bytes, (int64_t)strlen(text));
    test_bytes_put(bytes, text, strlen(text));
}

void test_bytes_free(test_bytes *bytes) {
    free(bytes->data);
    *bytes = (test_bytes){0};
}
