/* Writes Avro binary by hand, also such as no honest writer would. */
#ifndef FLINCH_TESTS_SUPPORT_AVRO_BYTES_H
#define FLINCH_TESTS_SUPPORT_AVRO_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* All zero is empty. The bytes end in a heap block of just their size, so that ASan sees a read
 * past the end. */
typedef struct avro_bytes {
    uint8_t *data;
    size_t size;
} avro_bytes;

void avro_bytes_put(avro_bytes *bytes, const void *data, size_t size);
void avro_bytes_byte(avro_bytes *bytes, int byte);
void avro_bytes_long(avro_bytes *bytes, int64_t value);
void avro_bytes_float(avro_bytes *bytes, float value);
void avro_bytes_double(avro_bytes *bytes, double value);
void avro_bytes_text(avro_bytes *bytes, const char *text);
void avro_bytes_free(avro_bytes *bytes);

#endif
