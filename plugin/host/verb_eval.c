/* flinch eval: how good the scores of a labeled file are.
 *
 * The protocol: the first W = min(256, records/4) records start the model, their labels unread, and
 * are not judged; every later one is scored before it may be learned from. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "plugin/host/eval_report.h"
#include "plugin/host/evaluation.h"
#include "plugin/host/offline.h"
#include "plugin/host/suggest.h"
#include "plugin/host/verbs.h"

enum { START_MOST = 256, START_LEAST = 64 };

typedef struct judging {
    flinch__offline offline;
    flinch__config *config;  /* as the user gave it */
    flinch__config run_with; /* the same, but for the rows that start the model */
    flinch_option *options;  /* of run_with */
    char warmup[16];
    uint64_t start; /* W */
    flinch__evaluation evaluation;
    uint64_t unlabeled;
} judging;

static flinch_status judge(void *context, const flinch__offline_score *taken, flinch_error *error) {
    judging *j = context;
    /* Where a field says the stream, each begins by itself. */
    bool one_stream = j->config->input.stream_by != FLINCH_STREAM_BY_FIELD;
    if (taken->score->status == FLINCH_SCORE_WARMUP || (one_stream && taken->record < j->start))
        return flinch_status_of(FLINCH_OK);
    if (isnan(taken->extra)) {
        j->unlabeled++;
        return flinch_status_of(FLINCH_OK);
    }
    const flinch__verdict verdict = {.score = taken->score->score,
                                     .is_anomaly = taken->score->is_anomaly,
                                     .label = taken->extra != 0};
    if (!flinch_is_ok(flinch__evaluation_add(&j->evaluation, &verdict)))
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for the scores");
    return flinch_status_of(FLINCH_OK);
}

/* --- The label -------------------------------------------------------------------------------- */

static flinch_status refuse_label(const char *label, const flinch__paths *paths,
                                  flinch_error *error) {
    char names[240] = "";
    char meant[96];
    size_t used = 0;
    flinch__suggestion suggestion = flinch__suggest(label);
    for (uint32_t i = 0; i < paths->count; i++) {
        flinch__suggest_offer(&suggestion, paths->items[i]);
        if (used + strlen(paths->items[i]) + 8 < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                     used > 0 ? ", " : "", paths->items[i]);
    }
    return flinch_fail(error, FLINCH_INVALID,
                       "--label %.80s: no number or boolean of that name%s; there are: %s", label,
                       flinch__suggest_text(&suggestion, meant, sizeof meant), names);
}

static flinch_status check_label(const judging *j, const char *label, flinch_error *error) {
    const char *schema = flinch__records_schema(&j->offline.records);
    flinch__paths paths = {0};
    FLINCH_TRY(flinch__schema_numeric_paths(schema, strlen(schema), NULL, 0, &paths, error));
    bool found = false;
    for (uint32_t i = 0; i < paths.count; i++)
        found = found || strcmp(paths.items[i], label) == 0;
    flinch_status status = found ? flinch_status_of(FLINCH_OK) : refuse_label(label, &paths, error);
    flinch__paths_free(&paths);
    for (uint32_t i = 0; flinch_is_ok(status) && i < j->config->inputs.count; i++)
        if (strcmp(j->config->inputs.items[i].field, label) == 0)
            status =
                flinch_fail(error, FLINCH_INVALID,
                            "features: %.80s is the label, which the detector never sees", label);
    return status;
}

/* --- The start -------------------------------------------------------------------------------- */

static bool has_option(const flinch__config *config, const char *name) {
    for (uint32_t i = 0; i < config->option_count; i++)
        if (strcmp(config->options[i].name, name) == 0)
            return true;
    return false;
}

/* A short file starts its model with a quarter of its records, in whole tiles, unless the user said
 * with how many. Only our own detector is known to have that option. */
static flinch_status set_start(judging *j, flinch_error *error) {
    uint64_t records = 0;
    const flinch__config *config = j->config;
    j->run_with = *config;
    FLINCH_TRY(flinch__records_count(&j->offline.records, j->offline.path, (uint64_t)4 * START_MOST,
                                     &records, error));
    j->start = records / 4;
    bool ours = config->detector_path == NULL && strcmp(config->detector_type, "cae") == 0;
    if (!ours || j->start == START_MOST || has_option(config, "warmup"))
        return flinch_status_of(FLINCH_OK);
    unsigned rows = (unsigned)(j->start / FLINCH_TILE_ROWS * FLINCH_TILE_ROWS);
    snprintf(j->warmup, sizeof j->warmup, "%u", rows < START_LEAST ? START_LEAST : rows);
    j->options = calloc(config->option_count + 1, sizeof *j->options);
    if (j->options == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory");
    if (config->option_count > 0)
        memcpy(j->options, config->options, config->option_count * sizeof *j->options);
    j->options[config->option_count] = (flinch_option){"warmup", j->warmup};
    j->run_with.options = j->options;
    j->run_with.option_count++;
    return flinch_status_of(FLINCH_OK);
}

static flinch_status judge_file(judging *j, const flinch__cli *cli, flinch_error *error) {
    const char *label = flinch__cli_value(cli, "label");
    const flinch__offline_request request = {
        .cli = cli, .extra = label, .take = judge, .context = j};
    FLINCH_TRY(flinch__offline_open(&j->offline, cli->operands[0], &request, error));
    FLINCH_TRY(check_label(j, label, error));
    FLINCH_TRY(set_start(j, error));
    FLINCH_TRY(flinch__offline_prepare(&j->offline, &j->run_with, error));
    return flinch__offline_run(&j->offline, error);
}

static void print_result(judging *j, const flinch__cli *cli) {
    flinch__eval_report report = {.records = j->offline.taken,
                                  .unlabeled = j->unlabeled,
                                  .seed = j->config->seed,
                                  .alarm_rate = j->config->alarm_rate,
                                  .records_per_second = flinch__offline_rate(&j->offline)};
    report.measures = flinch__evaluation_measure(&j->evaluation);
    report.start = report.records - report.measures.scored - report.unlabeled;
    flinch__eval_report_print(&report, cli->json, cli->out);
}

int flinch__verb_eval(const flinch__cli *cli) {
    if (cli->operand_count != 1 || flinch__cli_value(cli, "label") == NULL) {
        fprintf(cli->err, "flinch: eval needs a file and the name of its label: "
                          "flinch eval FILE --label FIELD\n");
        return EX_USAGE;
    }
    judging *j = calloc(1, sizeof *j);
    if (j == NULL)
        return EX_OSERR;
    int code = EX_CONFIG;
    if (flinch_is_ok(flinch__cli_config(cli, NULL, FLINCH_PROFILE_OFFLINE, &j->config))) {
        flinch_error error = {{0}};
        flinch_status status = judge_file(j, cli, &error);
        code = flinch__exit_code(status);
        if (flinch_is_ok(status))
            print_result(j, cli);
        else
            fprintf(cli->err, "flinch: %s: %s\n", cli->operands[0], error.text);
    }
    flinch__offline_close(&j->offline);
    flinch__evaluation_fini(&j->evaluation);
    flinch__config_free(j->config);
    free(j->options);
    free(j);
    return code;
}
