/* CSV files (RFC 4180), plain or gzip, row by row. */
#ifndef FLINCH_SCHEMAS_CSV_H
#define FLINCH_SCHEMAS_CSV_H

#include <stdint.h>

#include "flinch/status.h"

typedef struct flinch__csv flinch__csv;

/* Opens a file; the first row's first `,` `;` or tab outside of quotes is what separates its cells.
 * NOT_FOUND with text, which does not repeat the path. [any] */
FLINCH_MUST_CHECK flinch_status flinch__csv_open(const char *path, flinch__csv **out_csv,
                                                 flinch_error *error);
void flinch__csv_close(flinch__csv *csv);

/* The next row that is not empty: *out_count NUL-terminated cells without their quotes, borrowed
 * until the next call; 0 at the end of the file. BAD_DATA with the line in the text: a quote that
 * never ends, a row over 1 MiB, gzip that is broken or cut short. */
FLINCH_MUST_CHECK flinch_status flinch__csv_next(flinch__csv *csv, char *const **out_cells,
                                                 uint32_t *out_count, flinch_error *error);

/* Back to the first row. */
FLINCH_MUST_CHECK flinch_status flinch__csv_rewind(flinch__csv *csv, flinch_error *error);

/* Line at which the newest row began, from 1 on. */
uint64_t flinch__csv_line(const flinch__csv *csv);

#endif
