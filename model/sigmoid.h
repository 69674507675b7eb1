/* σ(a) = 1/(1 + e^−a), written so that compilers vectorise it and every machine gives the same
 * bits.
 *
 * e^x = 2^k·e^f with k = round(x/ln 2) and |f| ≤ ln 2/2, e^f by its Taylor polynomial of degree 7
 * (relative error below 6e-9, under half a unit in the last place of a float). */
#ifndef FLINCH_MODEL_SIGMOID_H
#define FLINCH_MODEL_SIGMOID_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "model/real.h"

#ifdef FLINCH_REAL_DOUBLE

static inline flinch_real flinch__sigmoid(flinch_real a) {
    return 1.0 / (1.0 + exp(-fmin(fmax(a, -30.0), 30.0)));
}

#else

/* x in ±30. */
static inline float flinch__exp(float x) {
    const float to_integer = 12582912.0F; /* 1.5·2²³: adding it rounds to a whole number */
    float shifted = x * 1.44269504F + to_integer;
    float k = shifted - to_integer;
    float f = (x - k * 0.693145752F) - k * 1.42860677e-6F;
    float p = 1.0F / 5040.0F;
    p = p * f + 1.0F / 720.0F;
    p = p * f + 1.0F / 120.0F;
    p = p * f + 1.0F / 24.0F;
    p = p * f + 1.0F / 6.0F;
    p = p * f + 0.5F;
    p = p * f + 1.0F;
    p = p * f + 1.0F;
    /* k stands in the lowest bits of what was shifted. Unsigned, so that a NaN is harmless here. */
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

static inline float flinch__sigmoid(float a) {
    float x = a < -30.0F ? -30.0F : a;
    x = x > 30.0F ? 30.0F : x;
    return 1.0F / (1.0F + flinch__exp(-x));
}

#endif
#endif
