/* Writes Avro object container files from records that are already encoded. */
#ifndef FLINCH_SCHEMAS_CONTAINER_WRITER_H
#define FLINCH_SCHEMAS_CONTAINER_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "flinch/status.h"

typedef struct flinch__container_writer flinch__container_writer;

/* Writes the header to `file`, which stays the caller's; codec deflate. The sync marker is made
 * from the schema, so that the same records give the same file. */
FLINCH_MUST_CHECK flinch_status flinch__container_writer_new(FILE *file, const char *schema,
                                                             flinch__container_writer **out_writer);

/* Adds one record's Avro binary; writes a block when enough have come. */
FLINCH_MUST_CHECK flinch_status flinch__container_writer_add(flinch__container_writer *writer,
                                                             const uint8_t *record, size_t size);

/* Writes what is left and frees. TRY_AGAIN if the file took not all. */
FLINCH_MUST_CHECK flinch_status flinch__container_writer_close(flinch__container_writer *writer);

#endif
