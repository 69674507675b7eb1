/* The contractive autoencoder as a detector behind the ABI. */
#ifndef FLINCH_MODEL_CAE_DETECTOR_H
#define FLINCH_MODEL_CAE_DETECTOR_H

#include "flinch/detector.h"

/* The vtable of detector "cae"; never NULL. [any] */
const flinch_detector_api *flinch__cae_detector(void);

#endif
