#include "model/running.h"

#include <math.h>

double flinch__running_share(double *weight, uint32_t n) {
    *weight = *weight * pow(FLINCH__DECAY, n) + n;
    return n / *weight;
}

/* Mean and variance about `about` of n values. */
static void moments(const double *values, uint32_t n, double about, double *mean,
                    double *second_moment) {
    *mean = 0;
    *second_moment = 0;
    for (uint32_t i = 0; i < n; i++) {
        *mean += values[i] / n;
        *second_moment += (values[i] - about) * (values[i] - about) / n;
    }
}

void flinch__running_start(flinch__running *running, const double *values, uint32_t n,
                           double times) {
    double second_moment;
    moments(values, n, 0, &running->mean, &second_moment);
    moments(values, n, running->mean, &running->mean, &running->variance);
    running->weight = times * n;
}

void flinch__running_add(flinch__running *running, const double *values, uint32_t n) {
    if (n == 0)
        return;
    double mean;
    double second_moment;
    moments(values, n, running->mean, &mean, &second_moment);
    double share = flinch__running_share(&running->weight, n);
    double moved = share * (mean - running->mean);
    running->mean += moved;
    running->variance = (1 - share) * running->variance + share * second_moment - moved * moved;
    running->variance = fmax(running->variance, 0);
}

double flinch__running_standardise(const flinch__running *running, double value) {
    return (value - running->mean) / (sqrt(running->variance) + 0.05);
}
