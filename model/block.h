/* One block of memory for many arrays. */
#ifndef FLINCH_MODEL_BLOCK_H
#define FLINCH_MODEL_BLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum { FLINCH__ALIGNMENT = 64 }; /* bytes: a cache line, and the widest vector register */

static inline size_t flinch__aligned(size_t bytes) {
    return (bytes + FLINCH__ALIGNMENT - 1) / FLINCH__ALIGNMENT * FLINCH__ALIGNMENT;
}

/* Zeroed memory, to be freed by its caller; *out_start is the first aligned byte of it, with
 * `bytes` behind it. NULL where there is no memory.
 *
 * aligned_alloc would do, but glibc before 2.38 rarely gives the place of a freed aligned block to
 * the next of its size (sourceware.org, bug 14581), and streams come and go: with memory for 200 of
 * 2,000 streams, two thirds of the heap were holes. */
static inline void *flinch__block_new(size_t bytes, unsigned char **out_start) {
    unsigned char *block = calloc(1, bytes + FLINCH__ALIGNMENT - 1);
    *out_start =
        block == NULL ? NULL : block + (flinch__aligned((uintptr_t)block) - (uintptr_t)block);
    return block;
}

#endif
