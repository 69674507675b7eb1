/* Avro binary, field by field, for the records whose schemas are flinch's own. */
#ifndef FLINCH_SCHEMAS_AVRO_IO_H
#define FLINCH_SCHEMAS_AVRO_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A place to write to that cannot be overrun: what does not fit only sets `full`. */
typedef struct flinch__avro_writer {
    uint8_t *at;
    uint8_t *end;
    bool full;
} flinch__avro_writer;

void flinch__put(flinch__avro_writer *w, const void *bytes, size_t size);
void flinch__put_long(flinch__avro_writer *w, int64_t value);
void flinch__put_text(flinch__avro_writer *w, const void *text, size_t size); /* bytes, too */
void flinch__put_float(flinch__avro_writer *w, float value);
void flinch__put_double(flinch__avro_writer *w, double value);

/* A place to read from; the first thing that is not there sets `bad`, and all reads after it give
 * zero. */
typedef struct flinch__avro_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
} flinch__avro_reader;

void flinch__get(flinch__avro_reader *r, void *out, size_t size);
int64_t flinch__get_long(flinch__avro_reader *r);
int32_t flinch__get_int(flinch__avro_reader *r);
/* Borrowed from the bytes; not NUL-terminated. */
const char *flinch__get_text(flinch__avro_reader *r, size_t *out_size);
float flinch__get_float(flinch__avro_reader *r);
double flinch__get_double(flinch__avro_reader *r);

#endif
