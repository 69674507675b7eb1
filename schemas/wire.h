/* Confluent's wire format: a zero byte, the schema id (4 bytes, big-endian), Avro binary. */
#ifndef FLINCH_SCHEMAS_WIRE_H
#define FLINCH_SCHEMAS_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "schemas/cause.h"

enum { FLINCH__WIRE_BYTES = 5 };

/* The header's schema id; TOO_SHORT or BAD_MAGIC. [any] */
flinch__cause flinch__wire_read(const uint8_t *data, size_t size, int32_t *out_id);

/* Writes the header. [any] */
void flinch__wire_write(int32_t id, uint8_t out[FLINCH__WIRE_BYTES]);

#endif
