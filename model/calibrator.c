#include "model/calibrator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Share of the scores beyond which the tail begins, and the one its scale is measured from. */
static const double TAIL_SHARE = 0.02;
static const double SCALE_SHARE = 0.10;

void flinch__calibrator_reset(flinch__calibrator *calibrator) {
    calibrator->fill[0] = 0;
    calibrator->fill[1] = 0;
    memset(calibrator->ring, 0, FLINCH__CALIBRATOR_ROWS * sizeof(float));
    flinch__calibrator_refresh(calibrator);
}

static int by_value(const void *a, const void *b) {
    float x = *(const float *)a;
    float y = *(const float *)b;
    return (x > y) - (x < y);
}

static float quantile_above(const flinch__calibrator *calibrator, double share) {
    uint32_t n = calibrator->fill[0];
    uint32_t above = (uint32_t)(share * n);
    return calibrator->sorted[n - 1 - (above < n ? above : n - 1)];
}

static void fit_tail(flinch__calibrator *calibrator) {
    calibrator->tail_from = 0;
    calibrator->tail_scale = 1;
    if (calibrator->fill[0] == 0)
        return;
    calibrator->tail_from = quantile_above(calibrator, TAIL_SHARE);
    float spread = calibrator->tail_from - quantile_above(calibrator, SCALE_SHARE);
    /* A degenerate sample (constant scores) still needs a scale: a thousandth of a unit. */
    calibrator->tail_scale = fmaxf(spread / (float)log(SCALE_SHARE / TAIL_SHARE), 1e-3F);
}

void flinch__calibrator_refresh(flinch__calibrator *calibrator) {
    memcpy(calibrator->sorted, calibrator->ring, calibrator->fill[0] * sizeof(float));
    qsort(calibrator->sorted, calibrator->fill[0], sizeof(float), by_value);
    fit_tail(calibrator);
}

/* Merges sorted `in` into sorted `base` without the values of sorted `out`, each of which is in
 * base. Returns the count written to `to`. */
static uint32_t merge(const float *base, uint32_t bases, const float *in, uint32_t ins,
                      const float *out, uint32_t outs, float *to) {
    uint32_t written = 0;
    uint32_t i = 0;
    uint32_t gone = 0;
    for (uint32_t b = 0; b < bases; b++) {
        if (gone < outs && base[b] == out[gone]) {
            gone++;
            continue;
        }
        while (i < ins && in[i] < base[b])
            to[written++] = in[i++];
        to[written++] = base[b];
    }
    while (i < ins)
        to[written++] = in[i++];
    return written;
}

/* At most a tile at once, so that the sorting below is of few values. */
static void add_few(flinch__calibrator *calibrator, const float *raw, uint32_t count, float *work) {
    enum { FEW = 32 };
    float in[FEW];
    float out[FEW];
    uint32_t outs = 0;
    uint32_t *held = &calibrator->fill[0];
    uint32_t *next = &calibrator->fill[1];
    for (uint32_t i = 0; i < count; i++) {
        if (*held == FLINCH__CALIBRATOR_ROWS)
            out[outs++] = calibrator->ring[*next];
        else
            (*held)++;
        in[i] = raw[i];
        calibrator->ring[*next] = raw[i];
        *next = (*next + 1) % FLINCH__CALIBRATOR_ROWS;
    }
    qsort(in, count, sizeof *in, by_value);
    qsort(out, outs, sizeof *out, by_value);
    uint32_t was = *held - (count - outs);
    uint32_t now = merge(calibrator->sorted, was, in, count, out, outs, work);
    memcpy(calibrator->sorted, work, now * sizeof *work);
}

void flinch__calibrator_add(flinch__calibrator *calibrator, const float *raw, uint32_t count,
                            float *work) {
    for (uint32_t done = 0; done < count;) {
        uint32_t few = count - done < 32 ? count - done : 32;
        add_few(calibrator, raw + done, few, work);
        done += few;
    }
    if (count > 0)
        fit_tail(calibrator);
}

/* Scores at or above raw. */
static uint32_t count_above(const flinch__calibrator *calibrator, float raw) {
    uint32_t low = 0;
    uint32_t high = calibrator->fill[0];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (calibrator->sorted[middle] < raw)
            low = middle + 1;
        else
            high = middle;
    }
    return calibrator->fill[0] - low;
}

double flinch__calibrator_score(const flinch__calibrator *calibrator, float raw) {
    uint32_t n = calibrator->fill[0];
    if (n == 0)
        return 0;
    if (raw > calibrator->tail_from) {
        double beyond = (double)(raw - calibrator->tail_from) / (double)calibrator->tail_scale;
        return -log10(TAIL_SHARE) + beyond / log(10);
    }
    double p = (count_above(calibrator, raw) + 0.5) / (n + 1.0);
    return -log10(fmin(fmax(p, TAIL_SHARE), 1));
}
