/* The rows of a CSV file as Avro records, so that they take the way of all other records.
 *
 * The header names the fields. A column is long, double or boolean if all its cells are, else
 * string; all are unions with null, which an empty cell is (and NA, N/A, NaN or null). */
#ifndef FLINCH_SCHEMAS_CSV_RECORDS_H
#define FLINCH_SCHEMAS_CSV_RECORDS_H

#include <stddef.h>
#include <stdint.h>

#include "flinch/status.h"

typedef struct flinch__csv_records flinch__csv_records;

/* Reads the file through once, for the types of its columns. In a column's name, characters that no
 * Avro name has become `_`. NOT_FOUND or BAD_DATA with text, which does not repeat the path: no
 * header, one with the same name twice, a row with another number of cells. [any] */
FLINCH_MUST_CHECK flinch_status flinch__csv_records_open(const char *path,
                                                         flinch__csv_records **out_records,
                                                         flinch_error *error);
void flinch__csv_records_close(flinch__csv_records *records);

/* JSON, NUL-terminated; borrowed. */
const char *flinch__csv_records_schema(const flinch__csv_records *records);
/* Of the whole file. */
uint64_t flinch__csv_records_count(const flinch__csv_records *records);
/* Share of the rows behind, 0 … 1. */
double flinch__csv_records_progress(const flinch__csv_records *records);

/* The next record, whole and nothing behind it; *out_size 0 at the end of the file. */
FLINCH_MUST_CHECK flinch_status flinch__csv_records_peek(flinch__csv_records *records,
                                                         const uint8_t **out_data, size_t *out_size,
                                                         flinch_error *error);
/* Goes behind the record that peek gave. */
void flinch__csv_records_advance(flinch__csv_records *records);

#endif
