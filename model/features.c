#include "model/features.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Beyond this a reading carries no more information, and differences could overflow a float. */
static const double LIMIT = 1e18;

static uint32_t width_of(const flinch_input *input) {
    return input->transform == FLINCH_TRANSFORM_ONE_HOT ? input->category_count : 1;
}

uint32_t flinch__features_base(flinch_input_list inputs) {
    uint32_t base = 0;
    for (uint32_t i = 0; i < inputs.count; i++)
        base += width_of(&inputs.items[i]);
    return base;
}

void flinch__history_reset(flinch__history *history, flinch_input_list inputs, uint32_t window) {
    for (uint32_t i = 0; i < inputs.count; i++) {
        history->value[i] = (double)NAN;
        history->at_ms[i] = 0;
    }
    size_t lags = (size_t)(window - 1) * flinch__features_base(inputs);
    for (size_t i = 0; i < lags; i++)
        history->lags[i] = NAN;
}

static float bounded(double x) {
    if (isnan(x))
        return NAN;
    return (float)fmin(fmax(x, -LIMIT), LIMIT);
}

/* Change since the last value that was there; per second of record time for a counter. */
static double change(flinch_transform transform, double now, int64_t now_ms, double before,
                     int64_t before_ms) {
    if (isnan(before))
        return (double)NAN;
    if (transform == FLINCH_TRANSFORM_DELTA)
        return now - before;
    double seconds = ((double)now_ms - (double)before_ms) / 1000;
    if (now < before || !(seconds > 0))
        return (double)NAN;
    return (now - before) / seconds;
}

static void one_hot(const flinch_input *input, double category, float *row) {
    for (uint32_t k = 0; k < input->category_count; k++)
        row[k] = isnan(category) ? NAN : (category == k ? 1.0F : 0.0F);
}

/* One input's features of this row. */
static void apply_input(const flinch_input *input, double x, int64_t now_ms, double *last,
                        int64_t *last_ms, float *row) {
    switch (input->transform) {
    case FLINCH_TRANSFORM_NONE:
        row[0] = bounded(x);
        break;
    case FLINCH_TRANSFORM_LOG:
        row[0] = bounded(copysign(log1p(fabs(x)), x));
        break;
    case FLINCH_TRANSFORM_DELTA:
    case FLINCH_TRANSFORM_RATE:
        row[0] = bounded(change(input->transform, x, now_ms, *last, *last_ms));
        break;
    case FLINCH_TRANSFORM_ONE_HOT:
        one_hot(input, x, row);
        break;
    }
    if (!isnan(x)) {
        *last = x;
        *last_ms = now_ms;
    }
}

void flinch__features_apply(flinch_input_list inputs, uint32_t window, const double *values,
                            int64_t timestamp_ms, flinch__history *history, float *row) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < inputs.count; i++) {
        apply_input(&inputs.items[i], values[i], timestamp_ms, &history->value[i],
                    &history->at_ms[i], row + at);
        at += width_of(&inputs.items[i]);
    }
    if (window < 2)
        return;
    size_t lags = (size_t)(window - 1) * at;
    memcpy(row + at, history->lags, lags * sizeof *row);
    memmove(history->lags + at, history->lags, (lags - at) * sizeof *row);
    memcpy(history->lags, row, at * sizeof *row);
}

/* "rate(x)" for the transforms that change the unit. */
static const char *transform_name(flinch_transform transform) {
    switch (transform) {
    case FLINCH_TRANSFORM_LOG:
        return "log";
    case FLINCH_TRANSFORM_DELTA:
        return "delta";
    case FLINCH_TRANSFORM_RATE:
        return "rate";
    case FLINCH_TRANSFORM_NONE:
    case FLINCH_TRANSFORM_ONE_HOT:
        return NULL;
    }
    return NULL;
}

static void base_name(const flinch_input *input, uint32_t k, char *out, size_t size) {
    const char *transform = transform_name(input->transform);
    if (input->transform == FLINCH_TRANSFORM_ONE_HOT)
        snprintf(out, size, "%s=%s", input->field, input->categories[k]);
    else if (transform != NULL)
        snprintf(out, size, "%s(%s)", transform, input->field);
    else
        snprintf(out, size, "%s", input->field);
}

void flinch__features_name(flinch_input_list inputs, uint32_t i, char *out, size_t size) {
    uint32_t base = flinch__features_base(inputs);
    assert(base > 0);
    uint32_t lag = i / base;
    uint32_t k = i % base;
    const flinch_input *input = inputs.items;
    while (k >= width_of(input))
        k -= width_of(input++);
    base_name(input, k, out, size);
    size_t used = strlen(out);
    if (lag > 0)
        snprintf(out + used, size - used, "[-%u]", lag);
}
