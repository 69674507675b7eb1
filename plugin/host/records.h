/* The records of a file, one after the other, as Avro: of an object container or of a CSV file. */
#ifndef FLINCH_HOST_RECORDS_H
#define FLINCH_HOST_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "flinch/status.h"
#include "schemas/container.h"
#include "schemas/csv_records.h"

/* One of the two is NULL. */
typedef struct flinch__records {
    flinch__container *container;
    flinch__csv_records *csv;
} flinch__records;

/* A path that ends in .csv, .tsv, or either with .gz behind it, is read as CSV. NOT_FOUND or
 * BAD_DATA with text, which does not repeat the path. [main] */
FLINCH_MUST_CHECK flinch_status flinch__records_open(flinch__records *records, const char *path,
                                                     flinch_error *error);
void flinch__records_close(flinch__records *records);

/* The writer's schema, NUL-terminated; borrowed. */
const char *flinch__records_schema(const flinch__records *records);

/* As the container's: *out_size 0 at the end; the caller finds the record's length. */
FLINCH_MUST_CHECK flinch_status flinch__records_peek(flinch__records *records,
                                                     const uint8_t **out_data, size_t *out_size,
                                                     flinch_error *error);
FLINCH_MUST_CHECK flinch_status flinch__records_advance(flinch__records *records, size_t used,
                                                        flinch_error *error);
/* Share of the file behind, 0 … 1. */
double flinch__records_progress(const flinch__records *records);

/* How many records there are, or `most` if there are more. [main] */
FLINCH_MUST_CHECK flinch_status flinch__records_count(const flinch__records *records,
                                                      const char *path, uint64_t most,
                                                      uint64_t *out_count, flinch_error *error);

#endif
