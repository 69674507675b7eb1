#include "model/whitener.h"

#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "flinch/tile.h"
#include "model/running.h"

enum { T = FLINCH_TILE_ROWS };

static bool is_full(const flinch__whitener *whitener) {
    return whitener->d <= FLINCH__WHITEN_FULL;
}

size_t flinch__whitener_floats(uint32_t d) {
    return d <= FLINCH__WHITEN_FULL ? (size_t)d * d : d;
}

void flinch__whitener_reset(flinch__whitener *whitener) {
    size_t floats = flinch__whitener_floats(whitener->d);
    size_t stride = is_full(whitener) ? whitener->d + 1 : 1;
    *whitener->weight = 0;
    memset(whitener->mean, 0, whitener->d * sizeof(float));
    memset(whitener->covariance, 0, floats * sizeof(float));
    memset(whitener->root, 0, floats * sizeof(float));
    for (size_t i = 0; i < whitener->d; i++)
        whitener->root[i * stride] = 1;
}

void flinch__whitener_center(const flinch__whitener *whitener, const float *r, float *centered) {
    for (uint32_t t = 0; t < T; t++)
        for (uint32_t i = 0; i < whitener->d; i++)
            centered[(size_t)t * whitener->d + i] =
                r[(size_t)t * whitener->d + i] - whitener->mean[i];
}

void flinch__whitener_add(flinch__whitener *whitener, float *centered, uint32_t rows) {
    const uint32_t d = whitener->d;
    uint32_t n = (uint32_t)__builtin_popcount(rows);
    if (n == 0)
        return;
    for (uint32_t t = 0; t < T; t++)
        if ((rows >> t & 1) == 0)
            memset(centered + (size_t)t * d, 0, d * sizeof(float));

    float share = (float)flinch__running_share(whitener->weight, n);
    float *C = whitener->covariance;
    if (is_full(whitener)) {
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)d, (int)d, T, share / (float)n,
                    centered, (int)d, centered, (int)d, 1 - share, C, (int)d);
    } else {
        for (uint32_t i = 0; i < d; i++)
            C[i] *= 1 - share;
        for (uint32_t t = 0; t < T; t++)
            for (uint32_t i = 0; i < d; i++) {
                float x = centered[(size_t)t * d + i];
                C[i] += share / (float)n * x * x;
            }
    }
    for (uint32_t i = 0; i < d; i++) {
        float sum = 0;
        for (uint32_t t = 0; t < T; t++)
            sum += centered[(size_t)t * d + i];
        whitener->mean[i] += share * sum / (float)n;
    }
}

/* Cholesky in place: the lower triangle of a [d][d] becomes L. False if a pivot is not positive. */
static bool factor(double *a, uint32_t d) {
    for (uint32_t i = 0; i < d; i++) {
        double *row = a + (size_t)i * d;
        for (uint32_t j = 0; j <= i; j++) {
            const double *other = a + (size_t)j * d;
            double sum = row[j];
            for (uint32_t k = 0; k < j; k++)
                sum -= row[k] * other[k];
            if (j < i)
                row[j] = sum / other[j];
            else if (!(sum > 0))
                return false;
            else
                row[i] = sqrt(sum);
        }
    }
    return true;
}

/* root = L⁻¹, column by column, by forward substitution. */
static void invert(const double *L, uint32_t d, float *root) {
    double column[FLINCH__WHITEN_FULL];
    memset(root, 0, (size_t)d * d * sizeof *root);
    for (uint32_t j = 0; j < d; j++) {
        for (uint32_t i = j; i < d; i++) {
            double sum = i == j ? 1 : 0;
            for (uint32_t k = j; k < i; k++)
                sum -= L[(size_t)i * d + k] * column[k];
            column[i] = sum / L[(size_t)i * d + i];
            root[(size_t)i * d + j] = (float)column[i];
        }
    }
}

void flinch__whitener_refresh(flinch__whitener *whitener, double *work) {
    const uint32_t d = whitener->d;
    const float *C = whitener->covariance;
    size_t stride = is_full(whitener) ? d + 1 : 1;
    double trace = 0;
    for (size_t i = 0; i < d; i++)
        trace += (double)C[i * stride];
    double ridge = 0.01 * trace / d + 3e-4;

    if (!is_full(whitener)) {
        for (uint32_t i = 0; i < d; i++)
            whitener->root[i] = (float)(1 / sqrt((double)C[i] + ridge));
        return;
    }
    for (size_t i = 0; i < (size_t)d * d; i++)
        work[i] = (double)C[i];
    for (size_t i = 0; i < d; i++)
        work[i * stride] += ridge;
    if (factor(work, d))
        invert(work, d, whitener->root);
}

void flinch__whitener_apply(const flinch__whitener *whitener, const float *centered, float *y) {
    const uint32_t d = whitener->d;
    if (is_full(whitener)) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, T, (int)d, (int)d, 1, centered, (int)d,
                    whitener->root, (int)d, 0, y, (int)d);
        return;
    }
    for (uint32_t t = 0; t < T; t++)
        for (uint32_t i = 0; i < d; i++)
            y[(size_t)t * d + i] = centered[(size_t)t * d + i] * whitener->root[i];
}
