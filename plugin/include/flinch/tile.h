/* The tile: the unit in which flinch scores and learns. */
#ifndef FLINCH_TILE_H
#define FLINCH_TILE_H

#include <stdint.h>

/* T: rows of a tile. Record n of a stream always sits in slot n mod T, and every matrix product has
 * T rows, so that the last bits of a score do not depend on how records arrived in batches. */
#define FLINCH_TILE_ROWS 32

/* T consecutive rows of one stream, borrowed by a detector for one call. */
typedef struct flinch_tile {
    uint32_t features;   /* d */
    const float *values; /* [T][d], row-major, in input units; NaN = missing; unused slots zero */
    uint32_t first;      /* the call is about slots first … first + count - 1; */
    uint32_t count;      /* the others hold older rows of the tile, or zeros */
} flinch_tile;

#endif
