/* Running mean and variance of a signal with forgetting: decay 0.5^(rows/20000). */
#ifndef FLINCH_MODEL_RUNNING_H
#define FLINCH_MODEL_RUNNING_H

#include <stdint.h>

#define FLINCH__HALF_LIFE_ROWS 20000.0

/* Decay of one row: 0.5^(1/20000). */
#define FLINCH__DECAY 0.99996534324072735

typedef struct flinch__running {
    double weight; /* effective rows, at most 1/(1 − decay) */
    double mean;
    double variance;
} flinch__running;

/* How much n new rows count against what was there: the new mean is mean + share·(batch − mean).
 * Ages and raises *weight. */
double flinch__running_share(double *weight, uint32_t n);

/* Starts from n values, which count `times` over. */
void flinch__running_start(flinch__running *running, const double *values, uint32_t n,
                           double times);

/* Takes n more values in. */
void flinch__running_add(flinch__running *running, const double *values, uint32_t n);

/* U = (v − mean)/(sd + 0.05): a signal that hardly varied so far is no reason to alarm at a trifle.
 */
double flinch__running_standardise(const flinch__running *running, double value);

#endif
