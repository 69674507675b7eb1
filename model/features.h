/* From decoded inputs to a feature row: transforms, one-hot categories, rows of history. */
#ifndef FLINCH_MODEL_FEATURES_H
#define FLINCH_MODEL_FEATURES_H

#include <stddef.h>
#include <stdint.h>

#include "flinch/features.h"
#include "flinch/status.h"

/* What a stream remembers of its past rows; part of its saved state. */
typedef struct flinch__history {
    double *value;  /* [inputs] last value that was there, NaN before the first; borrowed */
    int64_t *at_ms; /* [inputs] its record time; borrowed */
    float *lags;    /* [window − 1][base] feature rows, newest first, NaN = none; borrowed */
} flinch__history;

/* Features that one row of inputs makes, without history ("base"). */
uint32_t flinch__features_base(flinch_input_list inputs);

/* Every history cell empty. */
void flinch__history_reset(flinch__history *history, flinch_input_list inputs, uint32_t window);

/* values [inputs] of a record → row [base·window]: this row's features, then those of the rows
 * before. NaN = missing; all else is within ±1e18. */
void flinch__features_apply(flinch_input_list inputs, uint32_t window, const double *values,
                            int64_t timestamp_ms, flinch__history *history, float *row);

/* Name of feature i into `out`: "cpu.user", "flag=SF", "rate(net.rx)", "cpu.user[-1]". */
void flinch__features_name(flinch_input_list inputs, uint32_t i, char *out, size_t size);

#endif
