/* The envelope of what is kept in the state topic: schemas/state.avsc. */
#ifndef FLINCH_SCHEMAS_STATE_CODEC_H
#define FLINCH_SCHEMAS_STATE_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "flinch/status.h"

typedef enum flinch__state_kind {
    FLINCH_STATE_MARKER,
    FLINCH_STATE_STREAM,
    FLINCH_STATE_SKIPS
} flinch__state_kind;

typedef struct flinch__state_record {
    flinch__state_kind kind;
    uint64_t fingerprint;
    int64_t offset; /* of the input: what was learned before it, is in here */
    uint32_t chunk;
    uint32_t chunks;
    const char *stream; /* not NUL-terminated */
    size_t stream_size;
    const uint8_t *bytes;
    size_t size;
} flinch__state_record;

/* Enough room for encode. */
size_t flinch__state_encoded_bytes(const flinch__state_record *record);

/* TOO_LARGE if `capacity` is less than that. [any] */
FLINCH_MUST_CHECK flinch_status flinch__state_encode(const flinch__state_record *record,
                                                     uint8_t *bytes, size_t capacity,
                                                     size_t *out_size);

/* Reads untrusted bytes; texts are borrowed from them. BAD_DATA: cut short, changed, or out of
 * range; MISMATCH: of a later version. With text. [any] */
FLINCH_MUST_CHECK flinch_status flinch__state_decode(const uint8_t *bytes, size_t size,
                                                     flinch__state_record *out_record,
                                                     flinch_error *error);

#endif
