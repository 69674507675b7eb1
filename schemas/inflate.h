/* Unpacking a block of raw deflate into a buffer that grows up to a bound. */
#ifndef FLINCH_SCHEMAS_INFLATE_H
#define FLINCH_SCHEMAS_INFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "flinch/status.h"

/* A heap buffer, reused from block to block; the caller frees `bytes`. */
typedef struct flinch__buffer {
    uint8_t *bytes;
    size_t size;
    size_t capacity;
} flinch__buffer;

/* Fills `out` anew. TOO_LARGE over `max` bytes, BAD_DATA if the input is no deflate stream, is cut
 * short or goes on behind its end, NO_MEMORY. */
FLINCH_MUST_CHECK flinch_code flinch__inflate(const uint8_t *data, size_t size, size_t max,
                                              flinch__buffer *out);

#endif
