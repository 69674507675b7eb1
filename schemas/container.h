/* Avro object container files (.avro), read record by record from memory. */
#ifndef FLINCH_SCHEMAS_CONTAINER_H
#define FLINCH_SCHEMAS_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flinch/status.h"

typedef struct flinch__container flinch__container;

/* Reads the header; `bytes` is borrowed until close. Codecs: null, deflate. BAD_DATA with text.
 * [any] */
FLINCH_MUST_CHECK flinch_status flinch__container_open(const uint8_t *bytes, size_t size,
                                                       flinch__container **out_container,
                                                       flinch_error *error);
/* Maps the file into memory and opens it. NOT_FOUND or BAD_DATA with text, which does not repeat
 * the path. */
FLINCH_MUST_CHECK flinch_status flinch__container_open_file(const char *path,
                                                            flinch__container **out_container,
                                                            flinch_error *error);
void flinch__container_close(flinch__container *container);

/* The writer's schema, NUL-terminated; borrowed. */
const char *flinch__container_schema(const flinch__container *container);

/* The rest of the open block, decompressed: the next record starts at *out_data; *out_size 0 at the
 * end of the file. The caller finds the record's length with its plan, then calls advance. Blocks
 * that claim more records or bytes than they hold, a wrong sync marker, a size over 64 MiB
 * and a record of no bytes are BAD_DATA with the byte offset in the text. */
FLINCH_MUST_CHECK flinch_status flinch__container_peek(flinch__container *container,
                                                       const uint8_t **out_data, size_t *out_size,
                                                       flinch_error *error);
FLINCH_MUST_CHECK flinch_status flinch__container_advance(flinch__container *container, size_t used,
                                                          flinch_error *error);
/* Share of the file's bytes consumed, 0 … 1, for a progress line. */
double flinch__container_progress(const flinch__container *container);

#endif
