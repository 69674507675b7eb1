/* flinch demo: the whole pipeline in one process, on real data or on this machine. */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "plugin/host/demo.h"
#include "plugin/host/loader.h"
#include "plugin/host/stop.h"
#include "plugin/host/verbs.h"

/* On a terminal the demo takes its time: so many records a second are a pleasure to watch. */
static const double WATCHABLE_RATE = 3000;

static int fail(const flinch__cli *cli, const char *text, int code) {
    fprintf(cli->err, "flinch: demo: %s\n", text);
    return code;
}

/* A number of an option, at least 0; false if it is none. */
static bool read_number(const flinch__cli *cli, const char *option, double *out) {
    const char *text = flinch__cli_value(cli, option);
    if (text == NULL)
        return true;
    char *end = NULL;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && *out >= 0 && *out <= 1e9;
}

static flinch_status load_config(const flinch__cli *cli, bool live, flinch__config **out_config) {
    flinch__problems problems;
    flinch__problems_init(&problems);
    flinch__config_source source = {.text = flinch__demo_config(live),
                                    .name = "demo",
                                    .profile = FLINCH_PROFILE_OFFLINE,
                                    .overrides = cli->overrides,
                                    .override_count = cli->override_count};
    flinch_status status = flinch__config_load(&source, out_config, &problems);
    for (uint32_t i = 0; i < problems.count; i++)
        fprintf(cli->err, "%s\n", problems.items[i].text);
    flinch__problems_fini(&problems);
    return status;
}

static int run(const flinch__cli *cli, flinch__demo_options chosen) {
    flinch__demo_options *options = &chosen;
    flinch_error error = {{0}};
    flinch__loader loader;
    const flinch__config *config = options->config;
    if (!flinch_is_ok(
            flinch__loader_open(config->detector_type, config->detector_path, &loader, &error)))
        return fail(cli, error.text, EX_CONFIG);
    flinch__log log = {.out = cli->err, .level = FLINCH_LOG_WARNING, .format = config->log_format};
    options->detector = loader.api;
    options->log = &log;
    options->stop = flinch__stop_on_signals();
    flinch_status status = flinch__demo_run(options, &error);
    flinch__loader_close(&loader);
    return flinch_is_ok(status) ? EX_OK : fail(cli, error.text, flinch__exit_code(status));
}

int flinch__verb_demo(const flinch__cli *cli) {
    flinch__demo_options options = {.live = flinch__cli_value(cli, "live") != NULL,
                                    .json = cli->json};
    options.rate = isatty(STDOUT_FILENO) && !cli->json ? WATCHABLE_RATE : 0;
    if (!read_number(cli, "rate", &options.rate) || !read_number(cli, "seconds", &options.seconds))
        return fail(cli, "--rate and --seconds take a number", EX_USAGE);
    flinch__config *config = NULL;
    int code = EX_CONFIG;
    if (flinch_is_ok(load_config(cli, options.live, &config))) {
        options.config = config;
        code = run(cli, options);
    }
    flinch__config_free(config);
    return code;
}
