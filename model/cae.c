#include "model/cae.h"

#include <string.h>

#include "model/sigmoid.h"

enum { T = FLINCH_TILE_ROWS };

static flinch_real *weights(const flinch__cae *cae) {
    return cae->theta;
}

static flinch_real *hidden_bias(const flinch__cae *cae) {
    return cae->theta + (size_t)cae->h * cae->d;
}

static flinch_real *output_bias(const flinch__cae *cae) {
    return hidden_bias(cae) + cae->h;
}

void flinch__cae_refresh(flinch__cae *cae) {
    const flinch_real *W = weights(cae);
    for (uint32_t j = 0; j < cae->h; j++) {
        flinch_real sum = 0;
        for (uint32_t i = 0; i < cae->d; i++)
            sum += W[(size_t)j * cae->d + i] * W[(size_t)j * cae->d + i];
        cae->norms[j] = sum;
    }
}

/* s = σ(a + b) in place, and the row's ‖J‖²_F. */
static void encode_row(const flinch__cae *cae, flinch_real *restrict s, flinch_real *sensitivity) {
    const flinch_real *restrict b = hidden_bias(cae);
    for (uint32_t j = 0; j < cae->h; j++)
        s[j] = flinch__sigmoid(s[j] + b[j]);
    flinch_real sum = 0;
    for (uint32_t j = 0; j < cae->h; j++) {
        flinch_real g = s[j] * (1 - s[j]);
        sum += g * g * cae->norms[j];
    }
    *sensitivity = sum;
}

void flinch__cae_forward(const flinch__cae *cae, const flinch__cae_pass *pass) {
    const int d = (int)cae->d;
    const int h = (int)cae->h;
    const flinch_real *W = weights(cae);
    const flinch_real *c = output_bias(cae);

    FLINCH_GEMM(CblasRowMajor, CblasNoTrans, CblasTrans, T, h, d, 1, pass->z, d, W, d, 0, pass->s,
                h);
    for (uint32_t t = 0; t < T; t++)
        encode_row(cae, pass->s + (size_t)t * cae->h, &pass->sensitivity[t]);

    FLINCH_GEMM(CblasRowMajor, CblasNoTrans, CblasNoTrans, T, d, h, 1, pass->s, h, W, d, 0, pass->r,
                d);
    for (uint32_t t = 0; t < T; t++) {
        const flinch_real *restrict z = pass->z + (size_t)t * cae->d;
        flinch_real *restrict r = pass->r + (size_t)t * cae->d;
        for (uint32_t i = 0; i < cae->d; i++)
            r[i] = z[i] - (r[i] + c[i]);
    }
}

/* dR = −2r/(nd) for rows in use, else 0; returns Σ‖r‖² of the rows in use. */
static flinch_real residual_gradient(const flinch__cae *cae, const flinch__cae_pass *pass,
                                     uint32_t rows, flinch_real *dr) {
    flinch_real n = (flinch_real)__builtin_popcount(rows);
    flinch_real sum = 0;
    for (uint32_t t = 0; t < T; t++) {
        const flinch_real *restrict r = pass->r + (size_t)t * cae->d;
        flinch_real *restrict out = dr + (size_t)t * cae->d;
        if ((rows >> t & 1) == 0) {
            memset(out, 0, cae->d * sizeof *out);
            continue;
        }
        for (uint32_t i = 0; i < cae->d; i++) {
            sum += r[i] * r[i];
            out[i] = -2 * r[i] / (n * (flinch_real)cae->d);
        }
    }
    return sum;
}

/* da holds dR·Wᵀ; becomes dA = da∘g + (2λ/(nd))·g²∘(1 − 2s)∘‖W_j‖², zero for rows not in use.
 * mean_g2 [h] gets mean(g²) over the rows in use. */
static void code_gradient(const flinch__cae *cae, const flinch__cae_pass *pass, uint32_t rows,
                          flinch_real lambda, flinch_real *da, flinch_real *mean_g2) {
    flinch_real n = (flinch_real)__builtin_popcount(rows);
    flinch_real pull = 2 * lambda / (n * (flinch_real)cae->d);
    memset(mean_g2, 0, cae->h * sizeof *mean_g2);
    for (uint32_t t = 0; t < T; t++) {
        const flinch_real *restrict s = pass->s + (size_t)t * cae->h;
        flinch_real *restrict row = da + (size_t)t * cae->h;
        if ((rows >> t & 1) == 0) {
            memset(row, 0, cae->h * sizeof *row);
            continue;
        }
        for (uint32_t j = 0; j < cae->h; j++) {
            flinch_real g = s[j] * (1 - s[j]);
            row[j] = row[j] * g + pull * g * g * (1 - 2 * s[j]) * cae->norms[j];
            mean_g2[j] += g * g / n;
        }
    }
}

/* Column sums of m [T][width] into out [width]. */
static void sum_rows(const flinch_real *m, uint32_t width, flinch_real *restrict out) {
    memset(out, 0, width * sizeof *out);
    for (uint32_t t = 0; t < T; t++)
        for (uint32_t i = 0; i < width; i++)
            out[i] += m[(size_t)t * width + i];
}

flinch__cae_loss flinch__cae_gradient(const flinch__cae *cae, const flinch__cae_pass *pass,
                                      uint32_t rows, flinch_real lambda,
                                      const flinch__cae_scratch *scratch, flinch_real *grad) {
    const int d = (int)cae->d;
    const int h = (int)cae->h;
    const flinch_real *W = weights(cae);
    flinch_real *dW = grad;
    flinch_real *db = grad + (size_t)cae->h * cae->d;
    flinch_real *dc = db + cae->h;
    flinch_real *mean_g2 = db; /* held there until db itself is known */

    flinch_real squares = residual_gradient(cae, pass, rows, scratch->dr);
    FLINCH_GEMM(CblasRowMajor, CblasNoTrans, CblasTrans, T, h, d, 1, scratch->dr, d, W, d, 0,
                scratch->da, h);
    code_gradient(cae, pass, rows, lambda, scratch->da, mean_g2);

    /* λ reaches W twice: through the code (in dA) and directly, as ‖J‖² has ‖W_j‖² in it. */
    flinch_real penalty = 0;
    for (uint32_t j = 0; j < cae->h; j++) {
        flinch_real direct = 2 * lambda / (flinch_real)cae->d * mean_g2[j];
        for (uint32_t i = 0; i < cae->d; i++)
            dW[(size_t)j * cae->d + i] = direct * W[(size_t)j * cae->d + i];
        penalty += mean_g2[j] * cae->norms[j];
    }
    FLINCH_GEMM(CblasRowMajor, CblasTrans, CblasNoTrans, h, d, T, 1, scratch->da, h, pass->z, d, 1,
                dW, d);
    FLINCH_GEMM(CblasRowMajor, CblasTrans, CblasNoTrans, h, d, T, 1, pass->s, h, scratch->dr, d, 1,
                dW, d);
    sum_rows(scratch->da, cae->h, db);
    sum_rows(scratch->dr, cae->d, dc);

    flinch_real nd = (flinch_real)__builtin_popcount(rows) * (flinch_real)cae->d;
    return (flinch__cae_loss){.reconstruction = squares / nd,
                              .contractive = lambda / (flinch_real)cae->d * penalty};
}

void flinch__cae_sensitivity_by_feature(const flinch__cae *cae, const flinch__cae_pass *pass,
                                        uint32_t t, flinch_real *out) {
    const flinch_real *W = weights(cae);
    const flinch_real *s = pass->s + (size_t)t * cae->h;
    memset(out, 0, cae->d * sizeof *out);
    for (uint32_t j = 0; j < cae->h; j++) {
        flinch_real g = s[j] * (1 - s[j]);
        for (uint32_t i = 0; i < cae->d; i++)
            out[i] += g * g * W[(size_t)j * cae->d + i] * W[(size_t)j * cae->d + i];
    }
}
