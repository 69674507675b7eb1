#include "model/normalizer.h"

#include <assert.h>
#include <math.h>
#include <string.h>

void flinch__normalizer_reset(flinch__normalizer *normalizer) {
    normalizer->fill[0] = 0;
    normalizer->fill[1] = 0;
    memset(normalizer->ring, 0, (size_t)FLINCH__RING_ROWS * normalizer->d * sizeof(float));
    memset(normalizer->median, 0, normalizer->d * sizeof(double));
    memset(normalizer->log_scale, 0, normalizer->d * sizeof(double));
    flinch__normalizer_refresh(normalizer);
}

void flinch__normalizer_refresh(flinch__normalizer *normalizer) {
    for (uint32_t i = 0; i < normalizer->d; i++) {
        normalizer->offset[i] = (float)normalizer->median[i];
        normalizer->inverse[i] = (float)exp(-normalizer->log_scale[i]);
    }
}

void flinch__normalizer_add(flinch__normalizer *normalizer, const float *row) {
    uint32_t *rows = &normalizer->fill[0];
    uint32_t *next = &normalizer->fill[1];
    memcpy(normalizer->ring + (size_t)*next * normalizer->d, row, normalizer->d * sizeof *row);
    *next = (*next + 1) % FLINCH__RING_ROWS;
    if (*rows < FLINCH__RING_ROWS)
        (*rows)++;
}

/* The k-th smallest of v [n], by quickselect (Hoare); v is reordered. */
static float select_kth(float *v, uint32_t n, uint32_t k) {
    assert(k < n);
    uint32_t low = 0;
    uint32_t high = n - 1;
    while (low < high) {
        float pivot = v[low + (high - low) / 2];
        uint32_t i = low;
        uint32_t j = high;
        while (i <= j) {
            while (i < high && v[i] < pivot)
                i++;
            while (j > low && v[j] > pivot)
                j--;
            if (i <= j) {
                float swap = v[i];
                v[i] = v[j];
                v[j] = swap;
                i++;
                if (j == 0)
                    break;
                j--;
            }
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            break;
    }
    return v[k];
}

/* Median of v [n]; v is reordered. */
static double median_of(float *v, uint32_t n) {
    double upper = (double)select_kth(v, n, n / 2);
    if (n % 2 == 1)
        return upper;
    /* After the selection the lower half stands before n/2: its largest is the other middle. */
    float lower = v[0];
    for (uint32_t i = 1; i < n / 2; i++)
        lower = v[i] > lower ? v[i] : lower;
    return (upper + (double)lower) / 2;
}

static double deviation_of(const float *v, uint32_t n) {
    double mean = 0;
    for (uint32_t i = 0; i < n; i++)
        mean += (double)v[i] / n;
    double sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += ((double)v[i] - mean) * ((double)v[i] - mean);
    return sqrt(sum / n);
}

typedef struct fit {
    uint32_t seen; /* values that were there; 0: nothing to fit */
    double median;
    double scale;
} fit;

static fit fit_feature(const flinch__normalizer *normalizer, uint32_t i) {
    float column[FLINCH__RING_ROWS] = {0};
    uint32_t n = 0;
    for (uint32_t row = 0; row < normalizer->fill[0]; row++) {
        float x = normalizer->ring[(size_t)row * normalizer->d + i];
        if (!isnan(x))
            column[n++] = x;
    }
    if (n == 0)
        return (fit){0};

    double sd = deviation_of(column, n);
    double md = median_of(column, n);
    for (uint32_t row = 0; row < n; row++)
        column[row] = fabsf(column[row] - (float)md);
    double average = (1.4826 * median_of(column, n) + sd) / 2;
    double scale = average > 1e-3 * sd ? average : sd;
    if (!(scale > 1e-9 * (1 + fabs(md))))
        scale = 1;
    return (fit){.seen = n, .median = md, .scale = scale};
}

void flinch__normalizer_fit(flinch__normalizer *normalizer) {
    for (uint32_t i = 0; i < normalizer->d; i++) {
        fit now = fit_feature(normalizer, i);
        if (now.seen == 0)
            continue;
        normalizer->median[i] = now.median;
        normalizer->log_scale[i] = log(now.scale);
    }
    flinch__normalizer_refresh(normalizer);
}

void flinch__normalizer_refit(flinch__normalizer *normalizer, uint64_t tile) {
    /* 2,048 rows since this feature's last turn: g = 1 − 0.5^(2048/20000). */
    const double g = 0.06851787;
    for (uint32_t i = (uint32_t)(tile % FLINCH__REFIT_TILES); i < normalizer->d;
         i += FLINCH__REFIT_TILES) {
        fit now = fit_feature(normalizer, i);
        if (now.seen == 0)
            continue;
        normalizer->median[i] += g * (now.median - normalizer->median[i]);
        normalizer->log_scale[i] += g * (log(now.scale) - normalizer->log_scale[i]);
        normalizer->offset[i] = (float)normalizer->median[i];
        normalizer->inverse[i] = (float)exp(-normalizer->log_scale[i]);
    }
}

void flinch__normalizer_apply(const flinch__normalizer *normalizer, const float *x, float *z) {
    for (uint32_t i = 0; i < normalizer->d; i++) {
        float u = (x[i] - normalizer->offset[i]) * normalizer->inverse[i];
        if (u > 3)
            u = 3 * (1 + logf(u / 3));
        else if (u < -3)
            u = -3 * (1 + logf(-u / 3));
        z[i] = isnan(u) ? 0 : u;
    }
}

float flinch__normalizer_invert(const flinch__normalizer *normalizer, uint32_t i, float z) {
    double u = (double)z;
    if (fabs(u) > 3)
        u = copysign(3 * exp(fmin(fabs(u) / 3 - 1, 80)), u);
    double x = normalizer->median[i] + u * exp(normalizer->log_scale[i]);
    return (float)fmin(fmax(x, -3e38), 3e38);
}
