/* Settings of detector "cae", from the options of its config section. */
#ifndef FLINCH_MODEL_CAE_SETTINGS_H
#define FLINCH_MODEL_CAE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "flinch/detector.h"
#include "model/optimizer.h"

typedef struct flinch__cae_settings {
    uint32_t d;
    uint32_t h;
    uint32_t warmup; /* rows of the first fit: a multiple of the tile, at most the ring */
    float lambda;
    flinch__optimizer_kind optimizer;
    bool learn; /* false: frozen after the first fit */
} flinch__cae_settings;

/* hidden: auto | 1…4096; lambda: 0…100; optimizer: adam | momentum; warmup: 64…1024 by 32; learn:
 * true | false. INVALID with text that names option, value and what is expected. */
FLINCH_MUST_CHECK flinch_status flinch__cae_settings_read(const flinch_detector_config *config,
                                                          flinch__cae_settings *out_settings,
                                                          flinch_error *error);

#endif
