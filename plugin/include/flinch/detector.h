/* The detector ABI: what a detector must offer to run in flinch.
 *
 * A detector holds the model of one stream. A shared object exports one function,
 * `flinch_detector`, that returns a const table. The table only ever grows at its end; `size` says
 * how much of it there is. Threads: a detector belongs to one worker at a time; `[worker]`
 * functions are called on its thread, `[any]` ones on any thread. No function may read a clock, do
 * I/O or start a thread, and a result may depend on nothing but the arguments: scores must be
 * reproducible to the last bit. */
#ifndef FLINCH_DETECTOR_H
#define FLINCH_DETECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flinch/status.h"
#include "flinch/tile.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FLINCH_DETECTOR_ABI 1u

/* Opaque: one model of one stream. */
typedef struct flinch_detector flinch_detector;

/* A setting of the `detector:` section, as text. */
typedef struct flinch_option {
    const char *name;
    const char *value;
} flinch_option;

typedef struct flinch_detector_config {
    uint32_t size;     /* sizeof(flinch_detector_config) of the caller */
    uint32_t features; /* d, at least 1 */
    uint64_t seed;
    const flinch_option *options;
    uint32_t option_count;
} flinch_detector_config;

/* What a detector says of one row. */
typedef struct flinch_signal {
    float raw;                  /* higher is more anomalous; any monotone scale, always finite */
    float reconstruction_error; /* ≥ 0; 0 where the detector has none */
    float sensitivity;          /* ≥ 0; 0 where the detector has none */
} flinch_signal;

/* What a step of learning did. `reference` is borrowed until the next call on the detector. */
typedef struct flinch_learned {
    const float *reference; /* raw scores of rows taken as normal, to calibrate p-values by */
    uint32_t reference_count;
    uint32_t refused;     /* rows of this tile that were kept out of the model */
    uint32_t rolled_back; /* 1 if the step was discarded because it would have broken the model */
    float loss_reconstruction; /* (1/d)·mean‖r‖² of the accepted rows before the step */
    float loss_contractive;    /* (λ/d)·mean‖J‖²_F of the same */
} flinch_learned;

typedef struct flinch_detector_api {
    uint32_t size; /* sizeof(flinch_detector_api) of the detector */
    const char *id;
    const char *version; /* another one for other scores or another saved form: what is kept by one
                          * version is left alone by the others */

    /* A new detector that has seen nothing. INVALID with text for a bad setting. [any] */
    flinch_status (*create)(const flinch_detector_config *config, flinch_detector **out_detector,
                            flinch_error *error);

    /* Takes NULL. [any] */
    void (*destroy)(flinch_detector *detector);

    /* Bytes of scratch memory that score, learn and explain need, 64-byte aligned, content
     * undefined; one block serves all detectors of a worker that have the same config. [any] */
    size_t (*scratch_bytes)(const flinch_detector *detector);

    /* False while the detector still gathers rows for its first fit. [worker] */
    bool (*ready)(const flinch_detector *detector);

    /* Writes out[slot] for the tile's slots first … first + count - 1. Only when ready. [worker] */
    flinch_status (*score)(const flinch_detector *detector, const flinch_tile *tile, void *scratch,
                           flinch_signal out[FLINCH_TILE_ROWS]);

    /* Learns from a full tile (first 0, count T): the only function that changes a detector.
     * [worker] */
    flinch_status (*learn)(flinch_detector *detector, const flinch_tile *tile, void *scratch,
                           flinch_learned *out_learned);

    /* Bytes that save would write now. [worker] */
    size_t (*saved_bytes)(const flinch_detector *detector);

    /* Writes the whole state; TOO_LARGE if capacity is less than saved_bytes. [worker] */
    flinch_status (*save)(const flinch_detector *detector, void *bytes, size_t capacity,
                          size_t *out_size);

    /* The detector that save wrote, to the last bit. The bytes are untrusted: BAD_DATA or MISMATCH
     * with text, never a crash, never a half-loaded detector. [any] */
    flinch_status (*load)(const flinch_detector_config *config, const void *bytes, size_t size,
                          flinch_detector **out_detector, flinch_error *error);

    /* An extension by name, or NULL. [any] */
    const void *(*extension)(const char *id);
} flinch_detector_api;

/* The name of the one exported function of a detector's shared object, and its type. Returns NULL
 * for an ABI version that it does not know. */
#define FLINCH_DETECTOR_ENTRY "flinch_detector_entry"
typedef const flinch_detector_api *(*flinch_detector_entry_fn)(uint32_t abi);

/* Extension "flinch.explain/1": which features made a score. */
#define FLINCH_EXPLAIN_EXTENSION "flinch.explain/1"

typedef struct flinch_share {
    float expected;          /* what the model expected, in input units */
    float error_share;       /* of the row's reconstruction error, 0 … 1 */
    float sensitivity_share; /* of the row's ‖J‖²_F, 0 … 1 */
} flinch_share;

typedef struct flinch_explain_api {
    uint32_t size;

    /* For each slot whose bit is set in `slots` (bit k is slot k) writes out[slot·d + feature].
     * Only when ready. [worker] */
    flinch_status (*explain)(const flinch_detector *detector, const flinch_tile *tile,
                             uint32_t slots, void *scratch, flinch_share *out);
} flinch_explain_api;

#ifdef __cplusplus
}
#endif
#endif
