/* The whole state of one CAE detector, its layout in memory, and its saved form.
 *
 * Every array is named once, in each_part of cae_state.c: allocation, saving, loading and checking
 * all walk that list, so none can forget one. */
#ifndef FLINCH_MODEL_CAE_STATE_H
#define FLINCH_MODEL_CAE_STATE_H

#include "flinch/detector.h"
#include "model/cae.h"
#include "model/cae_settings.h"
#include "model/normalizer.h"
#include "model/optimizer.h"
#include "model/random.h"
#include "model/running.h"
#include "model/whitener.h"

/* The signals of a row; all grow with strangeness. */
enum { FLINCH__SIGNALS = 3 };

struct flinch_detector {
    flinch__cae_settings settings;
    flinch__cae cae;
    flinch__optimizer optimizer;
    flinch__normalizer normalizer;
    flinch__whitener whitener;
    flinch__running *signals; /* [SIGNALS] running mean and variance of each */
    flinch__random *random;   /* [1] */
    uint64_t *tiles;          /* [1] tiles learned from, those of the warm-up included */
    float *reference;         /* [warmup] what the last learn reported; not saved */
    void *block;              /* all of the above arrays */
};

FLINCH_MUST_CHECK flinch_status flinch__cae_state_new(const flinch_detector_config *config,
                                                      flinch_detector **out_detector,
                                                      flinch_error *error);
void flinch__cae_state_free(flinch_detector *detector);
size_t flinch__cae_state_saved_bytes(const flinch_detector *detector);
FLINCH_MUST_CHECK flinch_status flinch__cae_state_save(const flinch_detector *detector, void *bytes,
                                                       size_t capacity, size_t *out_size);
FLINCH_MUST_CHECK flinch_status flinch__cae_state_load(const flinch_detector_config *config,
                                                       const void *bytes, size_t size,
                                                       flinch_detector **out_detector,
                                                       flinch_error *error);

#endif
