/* flinch check: a configuration against itself, its schema, and, if asked, the real servers. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "plugin/host/check_online.h"
#include "plugin/host/config_table.h"
#include "plugin/host/config_value.h"
#include "plugin/host/loader.h"
#include "plugin/host/setup.h"
#include "plugin/host/verbs.h"
#include "schemas/plan.h"

enum { MAX_SCHEMA_BYTES = 1024 * 1024 };

static int fail(const flinch__cli *cli, const char *text, int code) {
    fprintf(cli->err, "flinch: %s\n", text);
    return code;
}

static void print_bindings(const flinch__cli *cli, const flinch__setup *setup,
                           const flinch__plan *plan) {
    static const char *const NAMES[] = {"", "log", "delta", "rate", "one_hot"};
    fprintf(cli->out, "%-32s %-9s %s\n", "feature", "transform", "type in the schema");
    for (uint32_t i = 0; i < setup->inputs.count; i++) {
        flinch__binding binding = flinch__plan_binding(plan, i);
        fprintf(cli->out, "%-32s %-9s %s%s%s%s%s\n", setup->inputs.items[i].field,
                NAMES[setup->inputs.items[i].transform],
                binding.type == NULL ? "not in the schema" : binding.type,
                binding.alias == NULL ? "" : ", there called ",
                binding.alias == NULL ? "" : binding.alias,
                binding.problem == NULL ? "" : ": always missing: ",
                binding.problem == NULL ? "" : binding.problem);
    }
}

/* What a stream takes, and how many may be in memory at once. */
static int print_memory(const flinch__cli *cli, const flinch__setup *setup) {
    char text[32];
    flinch_error error;
    flinch__stream *stream = NULL;
    if (!flinch_is_ok(flinch__stream_new(setup->blueprint, "", 0, &stream, &error)))
        return fail(cli, error.text, EX_CONFIG);
    uint64_t bytes = flinch__stream_bytes(stream);
    uint64_t budget = setup->config->streams_memory_bytes;
    flinch__write_size(budget, text, sizeof text);
    fprintf(cli->out, "memory       %" PRIu64 " KiB a stream: %" PRIu64 " of them in %s\n",
            (bytes + 1023) / 1024, budget / bytes, text);
    flinch__stream_free(stream);
    return EX_OK;
}

/* Of features that are listed no schema is needed to know it. */
static int check_memory(const flinch__cli *cli, const flinch__setup_request *request) {
    flinch_error error;
    flinch__setup setup;
    if (request->config->features_auto)
        return EX_OK;
    if (!flinch_is_ok(flinch__setup_init(&setup, request, &error)))
        return fail(cli, error.text, EX_CONFIG);
    int code = print_memory(cli, &setup);
    flinch__setup_fini(&setup);
    return code;
}

/* What the features are in one schema. */
static int check_schema(const flinch__cli *cli, const flinch__setup_request *request) {
    flinch_error error;
    flinch__setup setup;
    flinch__plan *plan = NULL;
    if (!flinch_is_ok(flinch__setup_init(&setup, request, &error)))
        return fail(cli, error.text, EX_CONFIG);
    const flinch__want want = flinch__setup_want(&setup);
    int code = EX_OK;
    if (flinch_is_ok(
            flinch__plan_compile(request->schema, strlen(request->schema), &want, &plan, &error)))
        print_bindings(cli, &setup, plan);
    else
        code = fail(cli, error.text, EX_CONFIG);
    if (code == EX_OK && request->config->features_auto)
        code = print_memory(cli, &setup);
    flinch__plan_free(plan);
    flinch__setup_fini(&setup);
    return code;
}

static int check_schema_file(const flinch__cli *cli, flinch__setup_request *request) {
    flinch_error error;
    char *schema = NULL;
    const char *path = request->config->input.schema_file;
    if (!flinch_is_ok(flinch__read_file(path, MAX_SCHEMA_BYTES, &schema, &error))) {
        fprintf(cli->err, "input.schema: %s\n", error.text);
        return EX_CONFIG;
    }
    request->schema = schema;
    int code = check_schema(cli, request);
    free(schema);
    return code;
}

static int check_online(const flinch__cli *cli, flinch__setup_request *request) {
    flinch_error error;
    char *schema = NULL;
    int code = EX_OK;
    if (!flinch_is_ok(flinch__check_broker(request->config, cli->out, &error)))
        code = fail(cli, error.text, EX_UNAVAILABLE);
    if (request->config->registry.url == NULL)
        return code;
    if (!flinch_is_ok(flinch__check_registry(request->config, cli->out, &schema, &error)))
        return fail(cli, error.text, EX_UNAVAILABLE);
    request->schema = schema;
    int schema_code = check_schema(cli, request);
    free(schema);
    return code == EX_OK ? schema_code : code;
}

static const char *write_features(const flinch__config *config, char *text, size_t size) {
    if (config->features_auto)
        return "auto: every numeric field";
    snprintf(text, size, "%u field%s", config->inputs.count, config->inputs.count == 1 ? "" : "s");
    return text;
}

static const char *write_stream(const flinch__config *config) {
    switch (config->input.stream_by) {
    case FLINCH_STREAM_BY_PARTITION:
        return "each partition";
    case FLINCH_STREAM_BY_KEY:
        return "each key";
    case FLINCH_STREAM_BY_FIELD:
        return config->input.stream_field;
    }
    return "";
}

static void print_summary(const flinch__cli *cli, const flinch__config *config) {
    char text[64];
    fprintf(cli->out, "input        %s, group %s\n", config->input.topic, config->input.group);
    fprintf(cli->out, "streams      %s\n", write_stream(config));
    fprintf(cli->out, "features     %s\n", write_features(config, text, sizeof text));
    fprintf(cli->out, "detector     %s%s%s\n", config->detector_type,
            config->detector_path == NULL ? "" : " from ",
            config->detector_path == NULL ? "" : config->detector_path);
    fprintf(cli->out, "alarm rate   %g\n", config->alarm_rate);
    fprintf(cli->out, "output       %s, %s, %s\n", config->output.scores,
            config->output.dead_letters, config->output.state);
    flinch__write_duration(config->commit_interval_ms, text, sizeof text);
    fprintf(cli->out, "transactions every %s%s\n", text,
            config->delivery == FLINCH_DELIVERY_EXACTLY_ONCE ? ", exactly once"
                                                             : ": none, at least once");
}

static int check_config(const flinch__cli *cli, const flinch__config *config) {
    flinch__loader loader;
    flinch_error error;
    if (!flinch_is_ok(
            flinch__loader_open(config->detector_type, config->detector_path, &loader, &error)))
        return fail(cli, error.text, EX_CONFIG);
    print_summary(cli, config);
    flinch__setup_request request = {.config = config, .detector = loader.api};
    int code = check_memory(cli, &request);
    if (code == EX_OK && config->input.schema_file != NULL)
        code = check_schema_file(cli, &request);
    if (code == EX_OK && flinch__cli_value(cli, "online") != NULL)
        code = check_online(cli, &request);
    flinch__loader_close(&loader);
    return code;
}

int flinch__verb_check(const flinch__cli *cli) {
    if (flinch__cli_value(cli, "reference") != NULL) {
        flinch__settings_print_reference(cli->out);
        return EX_OK;
    }
    const char *path = cli->operand_count > 0 ? cli->operands[0] : cli->config_path;
    if (path == NULL)
        return fail(cli, "check needs a file: flinch check CONFIG", EX_USAGE);
    flinch__config *config;
    flinch_status status = flinch__cli_config(cli, path, FLINCH_PROFILE_RUN, &config);
    int code = flinch_is_ok(status) ? check_config(cli, config) : EX_CONFIG;
    flinch__config_free(config);
    if (cli->json)
        fprintf(cli->out, "{\"ok\":%s,\"exit\":%d}\n", code == EX_OK ? "true" : "false", code);
    else if (code == EX_OK)
        fprintf(cli->out, "ok\n");
    return code;
}
