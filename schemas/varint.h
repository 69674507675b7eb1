/* Avro's long: zigzag, then 7 bits a byte. */
#ifndef FLINCH_SCHEMAS_VARINT_H
#define FLINCH_SCHEMAS_VARINT_H

#include <stdint.h>

#include "schemas/cause.h"

/* Reads one from *at and moves *at behind it. TRUNCATED if the end comes first, MALFORMED if it
 * does not fit 64 bits; *at is then as it was. [any] */
flinch__cause flinch__varint_read(const uint8_t **at, const uint8_t *end, int64_t *out_value);

#endif
