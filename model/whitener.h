/* The whitened residual: y = L⁻¹(r − r̄) with L·Lᵀ = C + (0.01·tr C/d + 3e-4)·I, C and r̄ the running
 * covariance and mean of accepted rows' residuals, so that ‖y‖² = (r − r̄)ᵀC⁻¹(r − r̄), the squared
 * Mahalanobis distance of the residual. Above FLINCH__WHITEN_FULL features C is kept diagonal. */
#ifndef FLINCH_MODEL_WHITENER_H
#define FLINCH_MODEL_WHITENER_H

#include <stddef.h>
#include <stdint.h>

#define FLINCH__WHITEN_FULL 256u

typedef struct flinch__whitener {
    uint32_t d;
    double *weight;    /* [1]; borrowed, as all below */
    float *mean;       /* [d] r̄ */
    float *covariance; /* C: [d][d], or [d] when diagonal */
    float *root;       /* L⁻¹: [d][d] lower triangular, or [d]; kept by refresh */
} flinch__whitener;

/* Floats of covariance, and of root, for d features. */
size_t flinch__whitener_floats(uint32_t d);

void flinch__whitener_reset(flinch__whitener *whitener);

/* Takes in the rows whose bit is set. `centered` [T][d] is r − r̄ as center wrote it, and is zeroed
 * where a row is not in use. */
void flinch__whitener_add(flinch__whitener *whitener, float *centered, uint32_t rows);

/* Brings root up to date with C; work [d·d] doubles. If C is not positive definite (it is, up to
 * rounding) root stays as it was. */
void flinch__whitener_refresh(flinch__whitener *whitener, double *work);

/* centered = r − r̄ for a tile: r [T][d], centered [T][d]. */
void flinch__whitener_center(const flinch__whitener *whitener, const float *r, float *centered);

/* y = L⁻¹·centered for all T rows; one product. */
void flinch__whitener_apply(const flinch__whitener *whitener, const float *centered, float *y);

#endif
