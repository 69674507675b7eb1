/* CRC-32, as of gzip and zlib: finds damage, not intent. */
#ifndef FLINCH_SCHEMAS_CHECKSUM_H
#define FLINCH_SCHEMAS_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* [any] */
uint32_t flinch__checksum(const void *bytes, size_t size);

#endif
