#include "model/cae_state.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/block.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "saved state is little-endian, as every machine that flinch is built for"
#endif

static const char MAGIC[8] = "flcae\0\0\1"; /* the last byte is the version of the layout */

typedef enum part_kind {
    PART_WHOLE,    /* whole numbers: checked by who uses them */
    PART_WEIGHTS,  /* floats, finite, at most 1e3 in size */
    PART_FLOATS,   /* floats, finite */
    PART_READINGS, /* floats, NaN allowed: missing */
    PART_DOUBLES,  /* doubles, finite */
    PART_DERIVED   /* not saved */
} part_kind;

typedef struct part {
    void **at; /* where the detector keeps the pointer */
    size_t bytes;
    part_kind kind;
} part;

enum { PARTS = 18 };

#define PART(pointer, count, part_kind)                                                            \
    (part) {                                                                                       \
        .at = (void **)&(pointer), .bytes = (count) * sizeof *(pointer), .kind = (part_kind)       \
    }

/* Every array of a detector, once, in the order of the saved form. */
static void list_parts(flinch_detector *detector, part parts[PARTS]) {
    const size_t d = detector->settings.d;
    const size_t h = detector->settings.h;
    const size_t parameters = flinch__cae_parameters(detector->settings.d, detector->settings.h);
    const size_t whitener = flinch__whitener_floats(detector->settings.d);
    const part list[PARTS] = {
        PART(detector->tiles, 1, PART_WHOLE),
        PART(detector->random, 1, PART_WHOLE),
        PART(detector->normalizer.fill, 2, PART_WHOLE),
        PART(detector->normalizer.ring, FLINCH__RING_ROWS * d, PART_READINGS),
        PART(detector->normalizer.median, d, PART_DOUBLES),
        PART(detector->normalizer.log_scale, d, PART_DOUBLES),
        PART(detector->normalizer.offset, d, PART_DERIVED),
        PART(detector->normalizer.inverse, d, PART_DERIVED),
        PART(detector->cae.theta, parameters, PART_WEIGHTS),
        PART(detector->cae.norms, h, PART_DERIVED),
        PART(detector->optimizer.first, parameters, PART_FLOATS),
        PART(detector->optimizer.second, parameters, PART_FLOATS),
        PART(detector->optimizer.beta_powers, 2, PART_DOUBLES),
        PART(detector->whitener.weight, 1, PART_DOUBLES),
        PART(detector->whitener.mean, d, PART_FLOATS),
        PART(detector->whitener.covariance, whitener, PART_FLOATS),
        PART(detector->whitener.root, whitener, PART_FLOATS),
        PART(detector->signals, FLINCH__SIGNALS, PART_DOUBLES),
    };
    memcpy(parts, list, sizeof list);
}

/* One zeroed, aligned block for all arrays, and the pointers into it. */
static flinch_status allocate(flinch_detector *detector) {
    part parts[PARTS];
    list_parts(detector, parts);
    size_t reference = flinch__aligned(detector->settings.warmup * sizeof(float));
    size_t total = reference;
    for (size_t i = 0; i < PARTS; i++)
        total += flinch__aligned(parts[i].bytes);

    unsigned char *block;
    detector->block = flinch__block_new(total, &block);
    if (detector->block == NULL)
        return flinch_status_of(FLINCH_NO_MEMORY);
    detector->reference = (float *)(void *)block;
    block += reference;
    for (size_t i = 0; i < PARTS; i++) {
        memcpy(parts[i].at, &block, sizeof block);
        block += flinch__aligned(parts[i].bytes);
    }
    return flinch_status_of(FLINCH_OK);
}

/* W uniform in ±√(6/(d + h)) (Glorot, Bengio 2010), b = c = 0. */
static void draw_weights(flinch_detector *detector) {
    const flinch__cae_settings *settings = &detector->settings;
    double bound = sqrt(6.0 / (settings->d + settings->h));
    for (size_t i = 0; i < (size_t)settings->h * settings->d; i++)
        detector->cae.theta[i] = (float)(bound * (2 * flinch__random_unit(detector->random) - 1));
}

static void refresh(flinch_detector *detector) {
    flinch__normalizer_refresh(&detector->normalizer);
    flinch__cae_refresh(&detector->cae);
}

flinch_status flinch__cae_state_new(const flinch_detector_config *config,
                                    flinch_detector **out_detector, flinch_error *error) {
    *out_detector = NULL;
    flinch__cae_settings settings;
    FLINCH_TRY(flinch__cae_settings_read(config, &settings, error));
    flinch_detector *detector = calloc(1, sizeof *detector);
    if (detector == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a detector");
    detector->settings = settings;
    if (!flinch_is_ok(allocate(detector))) {
        free(detector);
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a detector's state");
    }

    detector->cae.d = detector->normalizer.d = detector->whitener.d = settings.d;
    detector->cae.h = settings.h;
    detector->optimizer.kind = settings.optimizer;
    detector->optimizer.size = flinch__cae_parameters(settings.d, settings.h);
    detector->random->state = config->seed;
    flinch__optimizer_reset(&detector->optimizer);
    flinch__normalizer_reset(&detector->normalizer);
    flinch__whitener_reset(&detector->whitener);
    draw_weights(detector);
    refresh(detector);
    *out_detector = detector;
    return flinch_status_of(FLINCH_OK);
}

void flinch__cae_state_free(flinch_detector *detector) {
    if (detector == NULL)
        return;
    free(detector->block);
    free(detector);
}

/* Leads the saved form: what it is, and of which shape. */
typedef struct header {
    char magic[8];
    uint32_t d;
    uint32_t h;
    uint32_t warmup;
    uint32_t optimizer;
} header;

static header header_of(const flinch_detector *detector) {
    header own = {.d = detector->settings.d,
                  .h = detector->settings.h,
                  .warmup = detector->settings.warmup,
                  .optimizer = (uint32_t)detector->settings.optimizer};
    memcpy(own.magic, MAGIC, sizeof MAGIC);
    return own;
}

size_t flinch__cae_state_saved_bytes(const flinch_detector *detector) {
    part parts[PARTS];
    flinch_detector shape = *detector;
    list_parts(&shape, parts);
    size_t total = sizeof(header);
    for (size_t i = 0; i < PARTS; i++)
        total += parts[i].kind == PART_DERIVED ? 0 : parts[i].bytes;
    return total;
}

flinch_status flinch__cae_state_save(const flinch_detector *detector, void *bytes, size_t capacity,
                                     size_t *out_size) {
    *out_size = 0;
    size_t total = flinch__cae_state_saved_bytes(detector);
    if (capacity < total)
        return flinch_status_of(FLINCH_TOO_LARGE);
    part parts[PARTS];
    flinch_detector shape = *detector;
    list_parts(&shape, parts);
    unsigned char *at = bytes;
    header own = header_of(detector);
    memcpy(at, &own, sizeof own);
    at += sizeof own;
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].kind == PART_DERIVED)
            continue;
        memcpy(at, *parts[i].at, parts[i].bytes);
        at += parts[i].bytes;
    }
    *out_size = total;
    return flinch_status_of(FLINCH_OK);
}

static bool floats_are_sane(const float *v, size_t n, float limit) {
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(v[i]) <= limit))
            return false;
    return true;
}

static bool doubles_are_finite(const double *v, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i]))
            return false;
    return true;
}

static bool part_is_sane(const part *p) {
    switch (p->kind) {
    case PART_WEIGHTS:
        return floats_are_sane(*p->at, p->bytes / sizeof(float), 1e3F);
    case PART_FLOATS:
        return floats_are_sane(*p->at, p->bytes / sizeof(float), 1e37F);
    case PART_DOUBLES:
        return doubles_are_finite(*p->at, p->bytes / sizeof(double));
    case PART_READINGS:
    case PART_WHOLE:
    case PART_DERIVED:
        return true;
    }
    return false;
}

static bool state_is_sane(flinch_detector *detector) {
    part parts[PARTS];
    list_parts(detector, parts);
    for (size_t i = 0; i < PARTS; i++)
        if (!part_is_sane(&parts[i]))
            return false;
    for (uint32_t i = 0; i < detector->settings.d; i++)
        if (fabs(detector->normalizer.log_scale[i]) > 100)
            return false;
    for (size_t i = 0; i < FLINCH__SIGNALS; i++)
        if (detector->signals[i].variance < 0 || detector->signals[i].weight < 0)
            return false;
    return detector->normalizer.fill[0] <= FLINCH__RING_ROWS &&
           detector->normalizer.fill[1] < FLINCH__RING_ROWS && *detector->whitener.weight >= 0;
}

flinch_status flinch__cae_state_load(const flinch_detector_config *config, const void *bytes,
                                     size_t size, flinch_detector **out_detector,
                                     flinch_error *error) {
    *out_detector = NULL;
    flinch_detector *detector = NULL;
    FLINCH_TRY(flinch__cae_state_new(config, &detector, error));
    assert(detector != NULL);
    flinch_status status = flinch_status_of(FLINCH_OK);
    header own = header_of(detector);
    if (size < sizeof own || memcmp(bytes, MAGIC, sizeof MAGIC) != 0) {
        status = flinch_fail(error, FLINCH_BAD_DATA, "not the saved state of a cae detector");
        goto out;
    }
    if (memcmp(bytes, &own, sizeof own) != 0) {
        status = flinch_fail(error, FLINCH_MISMATCH,
                             "saved by a cae detector of other settings or number of features");
        goto out;
    }
    if (size != flinch__cae_state_saved_bytes(detector)) {
        status = flinch_fail(error, FLINCH_BAD_DATA, "saved state has %zu bytes, %zu expected",
                             size, flinch__cae_state_saved_bytes(detector));
        goto out;
    }

    part parts[PARTS];
    list_parts(detector, parts);
    const unsigned char *at = (const unsigned char *)bytes + sizeof own;
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].kind == PART_DERIVED)
            continue;
        memcpy(*parts[i].at, at, parts[i].bytes);
        at += parts[i].bytes;
    }
    if (!state_is_sane(detector)) {
        status = flinch_fail(error, FLINCH_BAD_DATA, "saved state has numbers out of range");
        goto out;
    }
    refresh(detector);
    *out_detector = detector;
    detector = NULL;
out:
    flinch__cae_state_free(detector);
    return status;
}
