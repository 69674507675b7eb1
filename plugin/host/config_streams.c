#include "plugin/host/config_streams.h"

flinch__stream_config flinch__config_streams(const flinch__config *config,
                                             const flinch_detector_api *detector,
                                             flinch_input_list inputs) {
    return (flinch__stream_config){
        .api = detector,
        .options = config->options,
        .option_count = config->option_count,
        .inputs = inputs,
        .window = config->window,
        .alarm_rate = config->alarm_rate,
        .seed = config->seed,
        .explain_all = config->output.reasons == FLINCH_REASONS_ALL,
    };
}
