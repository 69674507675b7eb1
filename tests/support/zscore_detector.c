/* A whole detector: by how many standard deviations the first feature is off its running mean. */
#include "flinch/detector.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
typedef struct flinch_detector {
    uint32_t d, rows;
    double sum, squares;
    float raw[FLINCH_TILE_ROWS]; /* of the last tile, for calibration */
} zscore;
#ifndef ZSCORE_VERSION
#define ZSCORE_VERSION "1"
#endif
/* clang-format off */
static void destroy(zscore *z) { free(z); }
static bool ready(const zscore *z) { return z->rows > 0; }
static size_t bytes(const zscore *z) { return sizeof *z; }
static const void *extension(const char *id) { return NULL; }
/* clang-format on */
static flinch_status create(const flinch_detector_config *c, zscore **out, flinch_error *e) {
    *out = calloc(1, sizeof **out);
    if (*out != NULL)
        (*out)->d = c->features;
    return flinch_status_of(*out != NULL ? FLINCH_OK : FLINCH_NO_MEMORY);
}
static flinch_status score(const zscore *z, const flinch_tile *t, void *s, flinch_signal *out) {
    double mean = z->sum / z->rows, deviation = sqrt(fabs(z->squares / z->rows - mean * mean));
    for (uint32_t i = t->first; i < t->first + t->count; i++) {
        double off = fabs((double)t->values[i * z->d] - mean) / fmax(deviation, 1e-6);
        out[i] = (flinch_signal){.raw = isfinite(off) ? (float)off : 0}; /* NaN: missing */
    }
    return flinch_status_of(FLINCH_OK);
}
static flinch_status learn(zscore *z, const flinch_tile *t, void *s, flinch_learned *out) {
    flinch_signal signals[FLINCH_TILE_ROWS] = {{0}};
    *out = (flinch_learned){.reference = z->raw, .reference_count = ready(z) ? t->count : 0};
    FLINCH_TRY(score(z, t, s, signals));
    for (uint32_t i = 0; i < t->count; i++) {
        double x = isfinite(t->values[i * z->d]) ? (double)t->values[i * z->d] : 0;
        z->raw[i] = signals[i].raw, z->rows++, z->sum += x, z->squares += x * x;
    }
    return flinch_status_of(FLINCH_OK);
}
static flinch_status save(const zscore *z, void *to, size_t room, size_t *out_size) {
    *out_size = sizeof *z;
    memcpy(to, z, room < sizeof *z ? 0 : sizeof *z);
    return flinch_status_of(room < sizeof *z ? FLINCH_TOO_LARGE : FLINCH_OK);
}
static flinch_status load(const flinch_detector_config *c, const void *from, size_t size,
                          zscore **out, flinch_error *e) {
    FLINCH_TRY(create(c, out, e));
    bool is_ours = size == sizeof **out && memcmp(from, &c->features, sizeof c->features) == 0;
    memcpy(*out, from, is_ours ? size : 0);
    *out = is_ours ? *out : (free(*out), NULL);
    return flinch_status_of(is_ours ? FLINCH_OK : FLINCH_BAD_DATA);
}
const flinch_detector_api *flinch_detector_entry(uint32_t abi);
FLINCH_EXPORT const flinch_detector_api *flinch_detector_entry(uint32_t abi) {
    static const flinch_detector_api API = {sizeof API, "zscore", ZSCORE_VERSION, create, destroy,
                                            bytes,      ready,    score,          learn,  bytes,
                                            save,       load,     extension};
    return abi == FLINCH_DETECTOR_ABI ? &API : NULL;
}
