#include "model/stream.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/blueprint.h"
#include "model/calibrator.h"
#include "model/features.h"
#include "model/stream_state.h"

enum { T = FLINCH_TILE_ROWS };

/* Reasons with a smaller share of the error say nothing. */
static const float LEAST_SHARE = 0.02F;

uint64_t flinch__stream_position(const flinch__stream *stream) {
    return stream->counts->position;
}

uint32_t flinch__stream_filled(const flinch__stream *stream) {
    return stream->counts->filled;
}

void flinch__stream_figures_get(const flinch__stream *stream, flinch__stream_figures *out) {
    *out = stream->counts->figures;
}

void flinch__stream_push(flinch__stream *stream, const double *inputs, int64_t timestamp_ms) {
    const flinch__blueprint *blueprint = stream->blueprint;
    float *row = stream->tile + (size_t)stream->counts->filled * blueprint->d;
    flinch__features_apply(blueprint->config.inputs, blueprint->config.window, inputs, timestamp_ms,
                           &stream->history, row);
    stream->counts->filled++;
    stream->counts->position++;
}

static bool has_missing(const float *row, uint32_t d) {
    for (uint32_t i = 0; i < d; i++)
        if (isnan(row[i]))
            return true;
    return false;
}

/* The reasons with the largest shares, largest first. */
static void pick_reasons(const float *row, const flinch_share *shares, uint32_t d,
                         flinch_score *score) {
    score->reason_count = 0;
    for (uint32_t i = 0; i < d; i++) {
        if (!(shares[i].error_share >= LEAST_SHARE))
            continue;
        uint32_t at = score->reason_count;
        while (at > 0 && score->reasons[at - 1].error_share < shares[i].error_share)
            at--;
        if (at == FLINCH_MAX_REASONS)
            continue;
        uint32_t last = score->reason_count < FLINCH_MAX_REASONS ? score->reason_count++
                                                                 : FLINCH_MAX_REASONS - 1;
        memmove(&score->reasons[at + 1], &score->reasons[at], (last - at) * sizeof *score->reasons);
        score->reasons[at] = (flinch_reason){.feature = i,
                                             .value = row[i],
                                             .expected = shares[i].expected,
                                             .error_share = shares[i].error_share,
                                             .sensitivity_share = shares[i].sensitivity_share};
    }
}

static flinch_status explain(const flinch__stream *stream, const flinch_tile *tile, uint32_t slots,
                             void *scratch, flinch_score out[FLINCH_TILE_ROWS]) {
    const flinch__blueprint *blueprint = stream->blueprint;
    flinch_share *shares = (flinch_share *)((unsigned char *)scratch + blueprint->detector_scratch);
    FLINCH_TRY(blueprint->explain->explain(stream->detector, tile, slots, scratch, shares));
    for (uint32_t t = 0; t < T; t++)
        if (slots >> t & 1)
            pick_reasons(stream->tile + (size_t)t * blueprint->d, shares + (size_t)t * blueprint->d,
                         blueprint->d, &out[t]);
    return flinch_status_of(FLINCH_OK);
}

static void fill_score(const flinch__stream *stream, uint32_t t, const flinch_signal *signal,
                       flinch_score *out) {
    const flinch__blueprint *blueprint = stream->blueprint;
    bool missing = has_missing(stream->tile + (size_t)t * blueprint->d, blueprint->d);
    out->status = missing ? FLINCH_SCORE_DEGRADED : FLINCH_SCORE_OK;
    out->score = flinch__calibrator_score(&stream->calibrator, signal->raw);
    out->p_value = pow(10, -out->score);
    out->is_anomaly = out->score >= blueprint->alarm_score;
    out->reconstruction_error = signal->reconstruction_error;
    out->sensitivity = signal->sensitivity;
}

static flinch_tile open_tile(const flinch__stream *stream, uint32_t first) {
    return (flinch_tile){.features = stream->blueprint->d,
                         .values = stream->tile,
                         .first = first,
                         .count = stream->counts->filled - first};
}

flinch_status flinch__stream_score(const flinch__stream *stream, uint32_t first, void *scratch,
                                   flinch_score out[FLINCH_TILE_ROWS]) {
    const flinch__blueprint *blueprint = stream->blueprint;
    const flinch_detector_api *api = blueprint->config.api;
    uint32_t end = stream->counts->filled;
    for (uint32_t t = first; t < end; t++)
        out[t] = (flinch_score){.status = FLINCH_SCORE_WARMUP,
                                .p_value = 1,
                                .generation = stream->counts->figures.generation};
    if (first == end || !api->ready(stream->detector))
        return flinch_status_of(FLINCH_OK);

    flinch_signal signals[FLINCH_TILE_ROWS];
    flinch_tile tile = open_tile(stream, first);
    FLINCH_TRY(api->score(stream->detector, &tile, scratch, signals));
    uint32_t why = 0;
    for (uint32_t t = first; t < end; t++) {
        fill_score(stream, t, &signals[t], &out[t]);
        if (out[t].is_anomaly || blueprint->config.explain_all)
            why |= UINT32_C(1) << t;
    }
    if (why == 0 || blueprint->explain == NULL)
        return flinch_status_of(FLINCH_OK);
    return explain(stream, &tile, why, scratch, out);
}

/* Copies the history out of the stream, or back into it. */
static void copy_history(flinch__stream *stream, unsigned char *copy, bool back) {
    const flinch__blueprint *blueprint = stream->blueprint;
    const size_t inputs = blueprint->config.inputs.count;
    const size_t lags = (size_t)(blueprint->config.window - 1) * blueprint->base;
    const struct {
        void *at;
        size_t bytes;
    } parts[] = {{stream->history.value, inputs * sizeof(double)},
                 {stream->history.at_ms, inputs * sizeof(int64_t)},
                 {stream->history.lags, lags * sizeof(float)}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        memcpy(back ? parts[i].at : copy, back ? copy : parts[i].at, parts[i].bytes);
        copy += parts[i].bytes;
    }
}

flinch_status flinch__stream_glance(flinch__stream *stream, const double *inputs,
                                    int64_t timestamp_ms, void *scratch, flinch_score *out) {
    const flinch__blueprint *blueprint = stream->blueprint;
    const uint32_t slot = stream->counts->filled;
    const size_t lags = (size_t)(blueprint->config.window - 1) * blueprint->base;
    const size_t input_bytes = sizeof(double) + sizeof(int64_t);
    const size_t history_bytes =
        blueprint->config.inputs.count * input_bytes + lags * sizeof(float);
    flinch_score scores[FLINCH_TILE_ROWS];
    unsigned char *history = malloc(history_bytes);
    if (history == NULL)
        return flinch_status_of(FLINCH_NO_MEMORY);
    copy_history(stream, history, false);
    flinch__stream_push(stream, inputs, timestamp_ms);
    flinch_status status = flinch__stream_score(stream, slot, scratch, scores);
    *out = scores[slot];

    copy_history(stream, history, true);
    free(history);
    memset(stream->tile + (size_t)slot * blueprint->d, 0, blueprint->d * sizeof *stream->tile);
    stream->counts->filled--;
    stream->counts->position--;
    return status;
}

flinch_status flinch__stream_learn(flinch__stream *stream, void *scratch) {
    const flinch__blueprint *blueprint = stream->blueprint;
    flinch__stream_figures *figures = &stream->counts->figures;
    flinch_learned learned = {0};
    flinch_tile tile = open_tile(stream, 0);
    FLINCH_TRY(blueprint->config.api->learn(stream->detector, &tile, scratch, &learned));
    flinch__calibrator_add(
        &stream->calibrator, learned.reference, learned.reference_count,
        (float *)(void *)((unsigned char *)scratch + blueprint->detector_scratch));
    figures->generation++;
    figures->refused += learned.refused;
    figures->rolled_back += learned.rolled_back;
    figures->loss_reconstruction = learned.loss_reconstruction;
    figures->loss_contractive = learned.loss_contractive;
    memset(stream->tile, 0, (size_t)T * blueprint->d * sizeof *stream->tile);
    stream->counts->filled = 0;
    return flinch_status_of(FLINCH_OK);
}
