#include <stdlib.h>
#include <string.h>

#include "flinch/flinch.h"
#include "model/stream.h"
#include "plugin/host/config.h"
#include "plugin/host/config_streams.h"
#include "plugin/host/loader.h"

enum { SCRATCH_ALIGNMENT = 64 };

struct flinch_engine {
    flinch__config *config;
    flinch__loader loader;
    flinch__blueprint *blueprint;
    flinch__stream *stream;
    void *scratch;
};

static flinch_status load(flinch_engine *engine, const char *yaml, flinch_error *error) {
    flinch__config_source source = {
        .text = yaml, .name = "config", .profile = FLINCH_PROFILE_EMBED};
    flinch__problems problems;
    flinch__problems_init(&problems);
    flinch_status status = flinch__config_load(&source, &engine->config, &problems);
    if (!flinch_is_ok(status))
        flinch__problems_join(&problems, error);
    flinch__problems_fini(&problems);
    return status;
}

static flinch_status build(flinch_engine *engine, flinch_error *error) {
    const flinch__config *config = engine->config;
    FLINCH_TRY(
        flinch__loader_open(config->detector_type, config->detector_path, &engine->loader, error));
    flinch__stream_config streams =
        flinch__config_streams(config, engine->loader.api, config->inputs);
    FLINCH_TRY(flinch__blueprint_new(&streams, &engine->blueprint, error));
    FLINCH_TRY(flinch__stream_new(engine->blueprint, "", 0, &engine->stream, error));
    size_t size = flinch__blueprint_scratch_bytes(engine->blueprint);
    if (posix_memalign(&engine->scratch, SCRATCH_ALIGNMENT, size) != 0)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for an engine");
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch_engine_open(const char *yaml, flinch_engine **out_engine,
                                 flinch_error *error) {
    *out_engine = NULL;
    flinch_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for an engine");
    flinch_status status = load(engine, yaml, error);
    if (flinch_is_ok(status))
        status = build(engine, error);
    if (flinch_is_ok(status))
        *out_engine = engine;
    else
        flinch_engine_close(engine);
    return status;
}

void flinch_engine_close(flinch_engine *engine) {
    if (engine == NULL)
        return;
    free(engine->scratch);
    flinch__stream_free(engine->stream);
    flinch__blueprint_free(engine->blueprint);
    flinch__loader_close(&engine->loader);
    flinch__config_free(engine->config);
    free(engine);
}

flinch_status flinch_engine_push(flinch_engine *engine, const double *inputs, int64_t timestamp_ms,
                                 flinch_score *out_score, flinch_error *error) {
    flinch_score scores[FLINCH_TILE_ROWS];
    uint32_t slot = flinch__stream_filled(engine->stream);
    flinch__stream_push(engine->stream, inputs, timestamp_ms);
    flinch_status status = flinch__stream_score(engine->stream, slot, engine->scratch, scores);
    if (flinch_is_ok(status) && flinch__stream_filled(engine->stream) == FLINCH_TILE_ROWS)
        status = flinch__stream_learn(engine->stream, engine->scratch);
    if (!flinch_is_ok(status))
        return flinch_fail(error, status.code, "the detector %s failed",
                           flinch__blueprint_detector(engine->blueprint));
    *out_score = scores[slot];
    return status;
}

uint32_t flinch_engine_inputs(const flinch_engine *engine) {
    return flinch__blueprint_inputs(engine->blueprint);
}

const char *flinch_engine_feature(const flinch_engine *engine, uint32_t feature) {
    return flinch__blueprint_feature(engine->blueprint, feature);
}
