/* The state of one stream, its layout in memory and its saved form. */
#ifndef FLINCH_MODEL_STREAM_STATE_H
#define FLINCH_MODEL_STREAM_STATE_H

#include "model/blueprint.h"
#include "model/calibrator.h"
#include "model/features.h"

typedef struct flinch__stream_counts {
    uint64_t position; /* rows pushed so far */
    uint32_t filled;   /* of them in the open tile */
    uint32_t reserved;
    flinch__stream_figures figures;
} flinch__stream_counts;

struct flinch__stream {
    const flinch__blueprint *blueprint;
    flinch_detector *detector;
    flinch__stream_counts *counts; /* [1] */
    float *tile;                   /* [T][d] the open tile; unused slots zero */
    flinch__history history;
    flinch__calibrator calibrator;
    void *block; /* all of the above arrays */
};

#endif
