/* Writes Avro binary by hand, also such as no honest writer would. */
#ifndef FLINCH_TESTS_SUPPORT_TEST_BYTES_H
#define FLINCH_TESTS_SUPPORT_TEST_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* All zero is empty. The bytes end in a heap block of just their size, so that ASan sees a read
 * past the end. */
typedef struct test_bytes {
    uint8_t *data;
    size_t size;
} test_bytes;

void test_bytes_put(test_bytes *bytes, const void *data, size_t size);
void test_bytes_byte(test_bytes *bytes, int byte);
void test_bytes_long(test_bytes *bytes, int64_t value);
void test_bytes_float(test_bytes *bytes, float value);
void test_bytes_double(test_bytes *bytes, double value);
void test_bytes_text(test_bytes *bytes, const char *text);
void test_bytes_free(test_bytes *bytes);

#endif
