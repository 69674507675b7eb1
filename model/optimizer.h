/* Mini-batch SGD: with Adam's step sizes (Kingma, Ba 2015) or with momentum. */
#ifndef FLINCH_MODEL_OPTIMIZER_H
#define FLINCH_MODEL_OPTIMIZER_H

#include <stdbool.h>
#include <stddef.h>

typedef enum flinch__optimizer_kind {
    FLINCH_OPTIMIZER_ADAM,    /* β 0.9 and 0.999, ε 1e-7 */
    FLINCH_OPTIMIZER_MOMENTUM /* 0.9, the gradient's norm clipped at 1 */
} flinch__optimizer_kind;

typedef struct flinch__optimizer {
    flinch__optimizer_kind kind;
    size_t size;
    float *first;        /* [size] Adam's mean of gradients, or the velocity; borrowed */
    float *second;       /* [size] Adam's mean of squared gradients; borrowed */
    double *beta_powers; /* [2] β₁ᵗ, β₂ᵗ; borrowed */
} flinch__optimizer;

/* Zero moments, no step done. */
void flinch__optimizer_reset(flinch__optimizer *optimizer);

/* One step along grad [size] on theta [size]. False, and nothing changed, if the gradient is not
 * finite. */
bool flinch__optimizer_step(flinch__optimizer *optimizer, float rate, const float *grad,
                            float *theta);

#endif
