/* Seeded rows for tests of streams and detectors: d correlated readings on a curve, and an anomaly
 * that breaks the correlation. */
#ifndef FLINCH_TESTS_ROWS_H
#define FLINCH_TESTS_ROWS_H

#include <math.h>
#include <stdint.h>

#include "model/random.h"

static inline void rows_normal(flinch__random *random, uint32_t d, double *row) {
    double phase = 6.2831853 * flinch__random_unit(random);
    double level = flinch__random_unit(random);
    for (uint32_t i = 0; i < d; i++)
        row[i] = sin(phase + i) * (1 + level) + 10 * i + 0.05 * flinch__random_unit(random);
}

static inline void rows_anomaly(flinch__random *random, uint32_t d, double *row) {
    rows_normal(random, d, row);
    row[1 % d] += 3;
}

#endif
