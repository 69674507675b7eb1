#include "model/stream_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/block.h"

static const char MAGIC[8] = "flstrm\0\1"; /* the last byte is the version of the layout */

typedef struct part {
    void **at;
    size_t bytes;
    bool saved;
} part;

enum { PARTS = 8 };

#define PART(pointer, count, is_saved)                                                             \
    (part) {                                                                                       \
        .at = (void **)&(pointer), .bytes = (count) * sizeof *(pointer), .saved = (is_saved)       \
    }

/* Every array of a stream, once, in the order of the saved form. */
static void list_parts(flinch__stream *stream, part parts[PARTS]) {
    const flinch__blueprint *blueprint = stream->blueprint;
    const size_t inputs = blueprint->config.inputs.count;
    const part list[PARTS] = {
        PART(stream->counts, 1, true),
        PART(stream->tile, (size_t)FLINCH_TILE_ROWS * blueprint->d, true),
        PART(stream->history.value, inputs, true),
        PART(stream->history.at_ms, inputs, true),
        PART(stream->history.lags, (size_t)(blueprint->config.window - 1) * blueprint->base, true),
        PART(stream->calibrator.fill, 2, true),
        PART(stream->calibrator.ring, FLINCH__CALIBRATOR_ROWS, true),
        PART(stream->calibrator.sorted, FLINCH__CALIBRATOR_ROWS, false),
    };
    memcpy(parts, list, sizeof list);
}

/* A stream with its arrays, all zero, and no detector. */
static flinch__stream *allocate(const flinch__blueprint *blueprint) {
    flinch__stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return NULL;
    stream->blueprint = blueprint;
    part parts[PARTS];
    list_parts(stream, parts);
    size_t total = 0;
    for (size_t i = 0; i < PARTS; i++)
        total += flinch__aligned(parts[i].bytes);
    unsigned char *block;
    stream->block = flinch__block_new(total, &block);
    if (stream->block == NULL) {
        free(stream);
        return NULL;
    }
    for (size_t i = 0; i < PARTS; i++) {
        memcpy(parts[i].at, &block, sizeof block);
        block += flinch__aligned(parts[i].bytes);
    }
    flinch__history_reset(&stream->history, blueprint->config.inputs, blueprint->config.window);
    flinch__calibrator_reset(&stream->calibrator);
    return stream;
}

flinch_status flinch__stream_new(const flinch__blueprint *blueprint, const void *name,
                                 size_t name_size, flinch__stream **out_stream,
                                 flinch_error *error) {
    *out_stream = NULL;
    flinch__stream *stream = allocate(blueprint);
    if (stream == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a stream");
    uint64_t seed = blueprint->config.seed;
    seed = flinch__hash(flinch__hash(FLINCH__HASH_START, &seed, sizeof seed), name, name_size);
    flinch_detector_config config = flinch__blueprint_detector_config(blueprint, seed);
    flinch_status status = blueprint->config.api->create(&config, &stream->detector, error);
    if (!flinch_is_ok(status)) {
        flinch__stream_free(stream);
        return status;
    }
    *out_stream = stream;
    return status;
}

void flinch__stream_free(flinch__stream *stream) {
    if (stream == NULL)
        return;
    stream->blueprint->config.api->destroy(stream->detector);
    free(stream->block);
    free(stream);
}

/* Leads the saved form. */
typedef struct header {
    char magic[8];
    uint64_t fingerprint;
    uint64_t detector_bytes;
} header;

/* Bytes of header and arrays, without the detector's. */
static size_t own_bytes(const flinch__stream *stream) {
    part parts[PARTS];
    flinch__stream shape = *stream;
    list_parts(&shape, parts);
    size_t total = sizeof(header);
    for (size_t i = 0; i < PARTS; i++)
        total += parts[i].saved ? parts[i].bytes : 0;
    return total;
}

size_t flinch__stream_bytes(const flinch__stream *stream) {
    part parts[PARTS];
    flinch__stream shape = *stream;
    list_parts(&shape, parts);
    size_t total = sizeof *stream;
    for (size_t i = 0; i < PARTS; i++)
        total += flinch__aligned(parts[i].bytes);
    /* Of the detector only its saved form is known; what it derives from that is less by far. */
    size_t detector = stream->blueprint->config.api->saved_bytes(stream->detector);
    return total + detector + detector / 8;
}

size_t flinch__stream_saved_bytes(const flinch__stream *stream) {
    return own_bytes(stream) + stream->blueprint->config.api->saved_bytes(stream->detector);
}

flinch_status flinch__stream_save(const flinch__stream *stream, void *bytes, size_t capacity,
                                  size_t *out_size) {
    *out_size = 0;
    const flinch_detector_api *api = stream->blueprint->config.api;
    size_t own = own_bytes(stream);
    if (capacity < own)
        return flinch_status_of(FLINCH_TOO_LARGE);

    unsigned char *at = (unsigned char *)bytes + sizeof(header);
    part parts[PARTS];
    flinch__stream shape = *stream;
    list_parts(&shape, parts);
    for (size_t i = 0; i < PARTS; i++) {
        if (!parts[i].saved)
            continue;
        memcpy(at, *parts[i].at, parts[i].bytes);
        at += parts[i].bytes;
    }
    size_t detector_bytes = 0;
    FLINCH_TRY(api->save(stream->detector, at, capacity - own, &detector_bytes));
    header lead = {.fingerprint = stream->blueprint->fingerprint, .detector_bytes = detector_bytes};
    memcpy(lead.magic, MAGIC, sizeof MAGIC);
    memcpy(bytes, &lead, sizeof lead);
    *out_size = own + detector_bytes;
    return flinch_status_of(FLINCH_OK);
}

static bool all_finite(const float *v, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i]))
            return false;
    return true;
}

static bool counts_are_sane(const flinch__stream *stream) {
    const flinch__stream_counts *counts = stream->counts;
    const uint32_t *fill = stream->calibrator.fill;
    return counts->filled < FLINCH_TILE_ROWS && counts->filled <= counts->position &&
           fill[0] <= FLINCH__CALIBRATOR_ROWS && fill[1] < FLINCH__CALIBRATOR_ROWS &&
           all_finite(stream->calibrator.ring, FLINCH__CALIBRATOR_ROWS);
}

static flinch_status read_into(flinch__stream *stream, const unsigned char *bytes, size_t size,
                               flinch_error *error) {
    const flinch__blueprint *blueprint = stream->blueprint;
    size_t own = own_bytes(stream);
    header lead;
    if (size < own || memcmp(bytes, MAGIC, sizeof MAGIC) != 0)
        return flinch_fail(error, FLINCH_BAD_DATA, "not the saved state of a stream");
    memcpy(&lead, bytes, sizeof lead);
    if (lead.fingerprint != blueprint->fingerprint)
        return flinch_fail(error, FLINCH_MISMATCH,
                           "saved with another feature list, detector setting or seed");
    if (lead.detector_bytes != size - own)
        return flinch_fail(error, FLINCH_BAD_DATA, "saved state of a stream is cut short");

    const unsigned char *at = bytes + sizeof lead;
    part parts[PARTS];
    list_parts(stream, parts);
    for (size_t i = 0; i < PARTS; i++) {
        if (!parts[i].saved)
            continue;
        memcpy(*parts[i].at, at, parts[i].bytes);
        at += parts[i].bytes;
    }
    if (!counts_are_sane(stream))
        return flinch_fail(error, FLINCH_BAD_DATA, "saved state of a stream is out of range");
    flinch__calibrator_refresh(&stream->calibrator);
    flinch_detector_config config = flinch__blueprint_detector_config(blueprint, 0);
    return blueprint->config.api->load(&config, at, size - own, &stream->detector, error);
}

flinch_status flinch__stream_load(const flinch__blueprint *blueprint, const void *bytes,
                                  size_t size, flinch__stream **out_stream, flinch_error *error) {
    *out_stream = NULL;
    flinch__stream *stream = allocate(blueprint);
    if (stream == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a stream");
    flinch_status status = read_into(stream, bytes, size, error);
    if (!flinch_is_ok(status)) {
        flinch__stream_free(stream);
        return status;
    }
    *out_stream = stream;
    return status;
}
