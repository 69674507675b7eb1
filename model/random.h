/* The one generator of a stream: SplitMix64 (Steele, Lea, Flood 2014). Its whole state is one
 * number, so it is saved, restored and reproduced with the stream. */
#ifndef FLINCH_MODEL_RANDOM_H
#define FLINCH_MODEL_RANDOM_H

#include <assert.h>
#include <stdint.h>

typedef struct flinch__random {
    uint64_t state;
} flinch__random;

static inline uint64_t flinch__random_next(flinch__random *random) {
    uint64_t x = random->state += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* Uniform in [0, 1). */
static inline double flinch__random_unit(flinch__random *random) {
    return (double)(flinch__random_next(random) >> 11) * 0x1p-53;
}

/* Uniform in 0 … bound - 1; the bias, bound/2⁶⁴, is of no account here. */
static inline uint32_t flinch__random_below(flinch__random *random, uint32_t bound) {
    assert(bound > 0);
    return (uint32_t)(flinch__random_next(random) % bound);
}

#endif
