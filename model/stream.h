/* One stream's life: feature history, tiles, detector, calibration. No I/O, no clock, no thread.
 *
 * A stream is a pure function of its config and the rows pushed so far: nothing changes within a
 * tile, and when a tile is full `flinch__stream_learn` makes the one change. */
#ifndef FLINCH_MODEL_STREAM_H
#define FLINCH_MODEL_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flinch/detector.h"
#include "flinch/features.h"
#include "flinch/score.h"
#include "flinch/status.h"

typedef struct flinch__stream flinch__stream;

/* What all streams of a process share; built once, const from then on. */
typedef struct flinch__blueprint flinch__blueprint;

typedef struct flinch__stream_config {
    const flinch_detector_api *api;
    const flinch_option *options; /* of the detector */
    uint32_t option_count;
    flinch_input_list inputs;
    uint32_t window; /* rows of history in one feature vector, at least 1 */
    double alarm_rate;
    uint64_t seed;
    bool explain_all; /* reasons for every record, not for anomalies alone */
} flinch__stream_config;

/* Checks the config (by creating one detector) and copies it. [main] */
FLINCH_MUST_CHECK flinch_status flinch__blueprint_new(const flinch__stream_config *config,
                                                      flinch__blueprint **out_blueprint,
                                                      flinch_error *error);
void flinch__blueprint_free(flinch__blueprint *blueprint);
uint32_t flinch__blueprint_inputs(const flinch__blueprint *blueprint);   /* doubles a row */
uint32_t flinch__blueprint_features(const flinch__blueprint *blueprint); /* d */
/* "cpu.user", "flag=SF", "cpu.user[-1]"; NULL past the last. [any] */
const char *flinch__blueprint_feature(const flinch__blueprint *blueprint, uint32_t feature);
const char *flinch__blueprint_detector(const flinch__blueprint *blueprint); /* its id */
/* Bytes of scratch one worker needs for all its streams. [any] */
size_t flinch__blueprint_scratch_bytes(const flinch__blueprint *blueprint);
/* Of feature list, window, detector and its options and seed: what learned state depends on. */
uint64_t flinch__blueprint_fingerprint(const flinch__blueprint *blueprint);

/* A stream that has seen nothing. `name` seeds its generator together with the config's seed, so
 * that two streams differ but each is the same again after a restart. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__stream_new(const flinch__blueprint *blueprint,
                                                   const void *name, size_t name_size,
                                                   flinch__stream **out_stream,
                                                   flinch_error *error);
void flinch__stream_free(flinch__stream *stream);

/* Rows pushed so far (n). */
uint64_t flinch__stream_position(const flinch__stream *stream);
/* Rows of the open tile: slots 0 … filled - 1 hold rows. When it is T, learn before the next push.
 */
uint32_t flinch__stream_filled(const flinch__stream *stream);

/* Turns one decoded record into a row of the open tile. `inputs` has blueprint_inputs doubles. The
 * tile must not be full. [worker] */
void flinch__stream_push(flinch__stream *stream, const double *inputs, int64_t timestamp_ms);

/* Scores slots first … filled - 1 of the open tile into out[slot]. Changes nothing. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__stream_score(const flinch__stream *stream, uint32_t first,
                                                     void *scratch,
                                                     flinch_score out[FLINCH_TILE_ROWS]);

/* Scores a row that was learned from before, as if it came next: the stream is left as it was. For
 * input that is read again from before what is known. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__stream_glance(flinch__stream *stream, const double *inputs,
                                                      int64_t timestamp_ms, void *scratch,
                                                      flinch_score *out);

/* Learns from the full tile and opens the next one. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__stream_learn(flinch__stream *stream, void *scratch);

typedef struct flinch__stream_figures {
    uint64_t generation; /* tiles learned from */
    uint64_t refused;    /* rows kept out of the model */
    uint64_t rolled_back;
    float loss_reconstruction;
    float loss_contractive;
} flinch__stream_figures;

void flinch__stream_figures_get(const flinch__stream *stream, flinch__stream_figures *out);

/* What a stream takes in memory, about. */
size_t flinch__stream_bytes(const flinch__stream *stream);

/* The whole state, open tile included, so that a checkpoint may fall anywhere. [worker] */
size_t flinch__stream_saved_bytes(const flinch__stream *stream);
FLINCH_MUST_CHECK flinch_status flinch__stream_save(const flinch__stream *stream, void *bytes,
                                                    size_t capacity, size_t *out_size);
/* Untrusted bytes: BAD_DATA or MISMATCH with text. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__stream_load(const flinch__blueprint *blueprint,
                                                    const void *bytes, size_t size,
                                                    flinch__stream **out_stream,
                                                    flinch_error *error);

#endif
