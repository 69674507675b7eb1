/* From raw scores to p-values.
 *
 * Keeps the last raw scores of rows taken as normal, sorted. Up to their 98 % quantile q98 a
 * p-value is the empirical one; beyond it the tail is exponential, its scale read off the quantiles
 * as (q98 − q90)/ln 5, so that single extreme rows do not move it. */
#ifndef FLINCH_MODEL_CALIBRATOR_H
#define FLINCH_MODEL_CALIBRATOR_H

#include <stdbool.h>
#include <stdint.h>

#define FLINCH__CALIBRATOR_ROWS 8192u

typedef struct flinch__calibrator {
    uint32_t *fill;   /* [2]: scores held, next place in ring; borrowed, as all below */
    float *ring;      /* [CALIBRATOR_ROWS] in order of arrival */
    float *sorted;    /* [CALIBRATOR_ROWS] ascending: derived */
    float tail_from;  /* q98: derived */
    float tail_scale; /* derived */
} flinch__calibrator;

void flinch__calibrator_reset(flinch__calibrator *calibrator);

/* Takes in the raw scores of normal rows, forgetting the oldest. `work` [CALIBRATOR_ROWS]. */
void flinch__calibrator_add(flinch__calibrator *calibrator, const float *raw, uint32_t count,
                            float *work);

/* Recomputes what is derived from fill and ring (after a load). */
void flinch__calibrator_refresh(flinch__calibrator *calibrator);

/* −log10 p of a raw score; 0 while there is nothing to compare with. Monotone in raw. */
double flinch__calibrator_score(const flinch__calibrator *calibrator, float raw);

#endif
