#include "model/optimizer.h"

#include <math.h>
#include <string.h>

void flinch__optimizer_reset(flinch__optimizer *optimizer) {
    memset(optimizer->first, 0, optimizer->size * sizeof *optimizer->first);
    memset(optimizer->second, 0, optimizer->size * sizeof *optimizer->second);
    optimizer->beta_powers[0] = 1;
    optimizer->beta_powers[1] = 1;
}

static void step_adam(flinch__optimizer *optimizer, float rate, const float *restrict grad,
                      float *restrict theta) {
    optimizer->beta_powers[0] *= 0.9;
    optimizer->beta_powers[1] *= 0.999;
    /* The corrections for the zero start, folded into one rate and one ε. */
    double correction = sqrt(1 - optimizer->beta_powers[1]);
    float step = (float)((double)rate * correction / (1 - optimizer->beta_powers[0]));
    float epsilon = (float)(1e-7 * correction);
    float *restrict first = optimizer->first;
    float *restrict second = optimizer->second;
    for (size_t i = 0; i < optimizer->size; i++) {
        first[i] = 0.9F * first[i] + 0.1F * grad[i];
        second[i] = 0.999F * second[i] + 0.001F * (grad[i] * grad[i]);
        theta[i] -= step * first[i] / (sqrtf(second[i]) + epsilon);
    }
}

static void step_momentum(flinch__optimizer *optimizer, float rate, double norm,
                          const float *restrict grad, float *restrict theta) {
    float clip = norm > 1 ? (float)(1 / norm) : 1.0F;
    float *restrict velocity = optimizer->first;
    for (size_t i = 0; i < optimizer->size; i++) {
        velocity[i] = 0.9F * velocity[i] - rate * clip * grad[i];
        theta[i] += velocity[i];
    }
}

bool flinch__optimizer_step(flinch__optimizer *optimizer, float rate, const float *grad,
                            float *theta) {
    double squares = 0;
    for (size_t i = 0; i < optimizer->size; i++)
        squares += (double)grad[i] * (double)grad[i];
    /* Past 1e36 a squared gradient may overflow a float: such a step would break the model too. */
    if (!(squares < 1e36))
        return false;
    switch (optimizer->kind) {
    case FLINCH_OPTIMIZER_ADAM:
        step_adam(optimizer, rate, grad, theta);
        return true;
    case FLINCH_OPTIMIZER_MOMENTUM:
        step_momentum(optimizer, rate, sqrt(squares), grad, theta);
        return true;
    }
    return false;
}
