/* The contractive autoencoder (Rifai, Vincent, Muller, Glorot, Bengio: Contractive Auto-Encoders,
 * ICML 2011), with tied weights and a linear output.
 *
 *     a = W·z + b        W [h][d], b [h]
 *     s = σ(a)           the code
 *     ẑ = Wᵀ·s + c       c [d]
 *     r = z − ẑ          the residual
 *     J = ∂s/∂z = diag(g)·W,  g = s∘(1 − s),  so  ‖J‖²_F = Σ_j g_j²·‖W_j‖²   (closed form)
 *
 * All functions work on tiles of T = FLINCH_TILE_ROWS rows, whatever rows are in use. */
#ifndef FLINCH_MODEL_CAE_H
#define FLINCH_MODEL_CAE_H

#include <stddef.h>
#include <stdint.h>

#include "flinch/tile.h"
#include "model/real.h"

/* Parameters in one block, in the order W, b, c, so that an optimiser sees one vector. */
typedef struct flinch__cae {
    uint32_t d;         /* features */
    uint32_t h;         /* hidden units */
    flinch_real *theta; /* [h·d + h + d], borrowed */
    flinch_real *norms; /* [h]: ‖W_j‖², kept by flinch__cae_refresh; borrowed */
} flinch__cae;

/* What forward computes; row-major, in the caller's storage. */
typedef struct flinch__cae_pass {
    flinch_real *z;           /* [T][d] in: scaled features */
    flinch_real *s;           /* [T][h] out: code */
    flinch_real *r;           /* [T][d] out: residual */
    flinch_real *sensitivity; /* [T] out: ‖J‖²_F */
} flinch__cae_pass;

/* The contractive loss of the rows in use:
 *     (1/d)·mean‖r‖² + (λ/d)·mean‖J‖²_F */
typedef struct flinch__cae_loss {
    flinch_real reconstruction; /* first term */
    flinch_real contractive;    /* second term */
} flinch__cae_loss;

static inline size_t flinch__cae_parameters(uint32_t d, uint32_t h) {
    return (size_t)h * d + h + d;
}

/* Recomputes what is derived from theta: call after each change of it. */
void flinch__cae_refresh(flinch__cae *cae);

/* z → s, r, sensitivity, for all T rows. Two products: Z·Wᵀ and S·W. */
void flinch__cae_forward(const flinch__cae *cae, const flinch__cae_pass *pass);

/* Scratch of flinch__cae_gradient: dr [T][d], da [T][h]. */
typedef struct flinch__cae_scratch {
    flinch_real *dr;
    flinch_real *da;
} flinch__cae_scratch;

/* Loss of the rows whose bit is set in `rows`, and its gradient by theta into grad
 * [parameters]. `pass` holds forward's results; a feature is left out of a row by r = 0 there.
 * Three products: dR·Wᵀ, dAᵀ·Z, Sᵀ·dR. */
flinch__cae_loss flinch__cae_gradient(const flinch__cae *cae, const flinch__cae_pass *pass,
                                      uint32_t rows, flinch_real lambda,
                                      const flinch__cae_scratch *scratch, flinch_real *grad);

/* ‖J[:,i]‖² of row t for each feature i into out [d]: Σ_j g_j²·W_ji². */
void flinch__cae_sensitivity_by_feature(const flinch__cae *cae, const flinch__cae_pass *pass,
                                        uint32_t t, flinch_real *out);

#endif
