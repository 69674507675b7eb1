/* Offsets whose records became dead letters because their schema could not be found. The registry
 * may know it by the time that they are read again; learning must pass over them all the same. */
#ifndef FLINCH_CONSUMER_SKIPS_H
#define FLINCH_CONSUMER_SKIPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flinch/status.h"

/* A run of offsets. */
typedef struct flinch__skip_run {
    int64_t first;
    int64_t count;
} flinch__skip_run;

typedef struct flinch__skips {
    flinch__skip_run *runs; /* ascending, apart from each other */
    uint32_t count;
    uint32_t capacity;
    bool changed; /* since it was last kept in the state topic */
    bool kept;    /* the state topic holds some */
} flinch__skips;

/* Adds an offset, larger than all before it. */
FLINCH_MUST_CHECK flinch_status flinch__skips_add(flinch__skips *skips, int64_t offset);
bool flinch__skips_contain(const flinch__skips *skips, int64_t offset);
/* Are there any at `offset` or behind it? */
bool flinch__skips_reach(const flinch__skips *skips, int64_t offset);
void flinch__skips_clear(flinch__skips *skips);
void flinch__skips_fini(flinch__skips *skips);

/* Bytes of the saved form, at most; and the form itself: the bytes written. */
size_t flinch__skips_saved_bytes(const flinch__skips *skips);
size_t flinch__skips_save(const flinch__skips *skips, uint8_t *bytes, size_t capacity);
/* Untrusted bytes: BAD_DATA; the skips are then empty. */
FLINCH_MUST_CHECK flinch_status flinch__skips_load(flinch__skips *skips, const uint8_t *bytes,
                                                   size_t size);

#endif
