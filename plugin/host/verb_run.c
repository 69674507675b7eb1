/* flinch run: the service. */
#include <sysexits.h>

#include "plugin/host/log.h"
#include "plugin/host/service.h"
#include "plugin/host/stop.h"
#include "plugin/host/verbs.h"

int flinch__verb_run(const flinch__cli *cli) {
    flinch__config *config = NULL;
    if (cli->config_path == NULL) {
        fprintf(cli->err, "flinch: run needs a configuration: flinch run --config config.yaml\n");
        return EX_USAGE;
    }
    if (!flinch_is_ok(flinch__cli_config(cli, NULL, FLINCH_PROFILE_RUN, &config)))
        return EX_CONFIG;
    if (config->kafka_embedded) {
        fprintf(cli->err, "flinch: kafka: embedded is the broker of flinch demo; run needs "
                          "kafka.bootstrap.servers\n");
        flinch__config_free(config);
        return EX_CONFIG;
    }
    flinch_error error = {{0}};
    flinch__log log = {.out = cli->err, .level = config->log_level, .format = config->log_format};
    flinch_status status = flinch__service_run(config, &log, flinch__stop_on_signals(), &error);
    if (!flinch_is_ok(status))
        flinch__log_write(&log, FLINCH_NOTE_ERROR, "failed", "reason=\"%.450s\"", error.text);
    flinch__config_free(config);
    return flinch__exit_code(status);
}
