/* What all streams of a process share, as stream.c sees it. */
#ifndef FLINCH_MODEL_BLUEPRINT_H
#define FLINCH_MODEL_BLUEPRINT_H

#include "model/stream.h"

struct flinch__blueprint {
    flinch__stream_config config; /* own copies of all it points to */
    flinch_input *inputs;         /* what config.inputs points to */
    flinch_option *options;
    char **names;            /* [d] */
    uint32_t base;           /* features of one row of inputs */
    uint32_t d;              /* base·window */
    size_t detector_scratch; /* bytes */
    size_t scratch;          /* bytes, shares and calibrator's work included */
    double alarm_score;      /* −log10(alarm_rate) */
    uint64_t fingerprint;
    const flinch_explain_api *explain; /* or NULL */
};

/* The config for a detector of one stream. */
flinch_detector_config flinch__blueprint_detector_config(const flinch__blueprint *blueprint,
                                                         uint64_t seed);

/* FNV-1a over bytes, continued from `hash`. */
uint64_t flinch__hash(uint64_t hash, const void *bytes, size_t size);
#define FLINCH__HASH_START UINT64_C(0xCBF29CE484222325)

#endif
