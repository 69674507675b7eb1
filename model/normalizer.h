/* Input scaling: robust, slow, and bounded.
 *
 * For each feature, over a ring of the last accepted raw rows: md = median, sd = standard
 * deviation, a = (1.4826·MAD + sd)/2; scale = a, or sd where a ≤ 1e-3·sd, or 1 where that is ≤
 * 1e-9·(1 + |md|). u = (x − md)/scale; z = u, but beyond ±3 only its logarithm: sign(u)·3·(1 +
 * ln(|u|/3)). */
#ifndef FLINCH_MODEL_NORMALIZER_H
#define FLINCH_MODEL_NORMALIZER_H

#include <stdint.h>

/* Rows of the ring. */
#define FLINCH__RING_ROWS 1024
/* A feature is fitted again once in so many tiles: the medians are the dear part of learning. */
#define FLINCH__REFIT_TILES 64

typedef struct flinch__normalizer {
    uint32_t d;
    uint32_t *fill;    /* [2]: rows in the ring, next row to write; borrowed, as all below */
    float *ring;       /* [RING_ROWS][d], NaN = missing */
    double *median;    /* [d] */
    double *log_scale; /* [d] */
    float *offset;     /* [d] the same as floats, for apply: derived */
    float *inverse;    /* [d] 1/scale: derived */
} flinch__normalizer;

void flinch__normalizer_reset(flinch__normalizer *normalizer);

/* Puts an accepted raw row [d] into the ring. */
void flinch__normalizer_add(flinch__normalizer *normalizer, const float *row);

/* Fits every feature to the ring at once: the first fit. */
void flinch__normalizer_fit(flinch__normalizer *normalizer);

/* Moves the features whose turn it is in this tile towards a new fit, with half-life 20,000 rows.
 */
void flinch__normalizer_refit(flinch__normalizer *normalizer, uint64_t tile);

/* Recomputes what is derived. */
void flinch__normalizer_refresh(flinch__normalizer *normalizer);

/* x [d] → z [d]; a missing feature becomes 0, its median. */
void flinch__normalizer_apply(const flinch__normalizer *normalizer, const float *x, float *z);

/* z of feature i back to input units. */
float flinch__normalizer_invert(const flinch__normalizer *normalizer, uint32_t i, float z);

#endif
