/* From a configuration to what all its streams share: the one way for the service and libflinch. */
#ifndef FLINCH_HOST_CONFIG_STREAMS_H
#define FLINCH_HOST_CONFIG_STREAMS_H

#include "flinch/detector.h"
#include "model/stream.h"
#include "plugin/host/config.h"

/* Borrows all that it points to. `inputs` are the config's own, or those that `auto` found. */
flinch__stream_config flinch__config_streams(const flinch__config *config,
                                             const flinch_detector_api *detector,
                                             flinch_input_list inputs);

#endif
