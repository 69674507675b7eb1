/* flinch score: the records of a file through the same streams as a topic's. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "plugin/host/offline.h"
#include "plugin/host/score_file.h"
#include "plugin/host/verbs.h"

typedef struct scoring {
    flinch__offline offline;
    flinch__config *config;
    flinch__score_file *output;
    uint64_t scored;
    uint64_t anomalies;
} scoring;

static flinch_status write_score(void *context, const flinch__offline_score *taken,
                                 flinch_error *error) {
    scoring *s = context;
    const flinch__blueprint *blueprint = s->offline.setup.blueprint;
    const flinch_score *score = taken->score;
    flinch__score_record record = {.topic = s->offline.name,
                                   .topic_size = strlen(s->offline.name),
                                   .offset = (int64_t)taken->record,
                                   .timestamp_ms = taken->timestamp_ms,
                                   .stream = taken->route->name,
                                   .stream_size = taken->route->name_size,
                                   .score = *score,
                                   .model_id = flinch__blueprint_detector(blueprint)};
    record.model_id_size = strlen(record.model_id);
    for (uint32_t k = 0; k < score->reason_count; k++) {
        record.features[k] = flinch__blueprint_feature(blueprint, score->reasons[k].feature);
        record.feature_sizes[k] = strlen(record.features[k]);
    }
    s->scored += score->status != FLINCH_SCORE_WARMUP;
    s->anomalies += score->is_anomaly;
    return flinch__score_file_add(s->output, &record, error);
}

static void print_result(const scoring *s, const flinch__cli *cli) {
    const flinch__offline *offline = &s->offline;
    double rate = flinch__offline_rate(offline);
    if (cli->json)
        fprintf(cli->out,
                "{\"records\": %" PRIu64 ", \"scored\": %" PRIu64 ", \"anomalies\": %" PRIu64
                ", \"alarm_rate_stated\": %.6g, \"records_per_second\": %.6g}\n",
                offline->taken, s->scored, s->anomalies, s->config->alarm_rate, rate);
    else
        fprintf(cli->err,
                "%" PRIu64 " records in %.1f s (%.0f/s): %" PRIu64 " scored, %" PRIu64
                " anomalies\n",
                offline->taken, flinch__offline_seconds(offline), rate, s->scored, s->anomalies);
}

static flinch_status score_file(scoring *s, const flinch__cli *cli, flinch_error *error) {
    const char *output = flinch__cli_value(cli, "output");
    const flinch__offline_request request = {.cli = cli, .take = write_score, .context = s};
    FLINCH_TRY(flinch__offline_open(&s->offline, cli->operands[0], &request, error));
    FLINCH_TRY(flinch__offline_prepare(&s->offline, s->config, error));
    FLINCH_TRY(flinch__score_file_open(output != NULL ? output : "-", &s->output, error));
    flinch_status status = flinch__offline_run(&s->offline, error);
    flinch_error lost;
    flinch_status closed = flinch__score_file_close(s->output, &lost);
    if (!flinch_is_ok(status) || flinch_is_ok(closed))
        return status;
    *error = lost;
    return closed;
}

int flinch__verb_score(const flinch__cli *cli) {
    if (cli->operand_count != 1) {
        fprintf(cli->err,
                "flinch: score needs a file: flinch score FILE.avro --output SCORES.csv\n");
        return EX_USAGE;
    }
    scoring *s = calloc(1, sizeof *s);
    if (s == NULL)
        return EX_OSERR;
    int code = EX_CONFIG;
    if (flinch_is_ok(flinch__cli_config(cli, NULL, FLINCH_PROFILE_OFFLINE, &s->config))) {
        flinch_error error = {{0}};
        flinch_status status = score_file(s, cli, &error);
        code = flinch__exit_code(status);
        if (flinch_is_ok(status))
            print_result(s, cli);
        else
            fprintf(cli->err, "flinch: %s: %s\n", cli->operands[0], error.text);
    }
    flinch__offline_close(&s->offline);
    flinch__config_free(s->config);
    free(s);
    return code;
}
