/* flinch score: the records of an .avro file through the same streams as a topic's. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "consumer/feeder.h"
#include "plugin/host/loader.h"
#include "plugin/host/score_file.h"
#include "plugin/host/setup.h"
#include "plugin/host/verbs.h"
#include "schemas/container.h"

typedef struct scoring {
    const flinch__cli *cli;
    const char *name;   /* of the file, without its folder */
    const char *stream; /* of all records, unless a field says */
    flinch__config *config;
    flinch__loader loader;
    flinch__container *container;
    flinch__setup setup;
    int time_capture; /* index of the time field, or −1 */
    flinch__plan *plan;
    flinch__feeder feeder;
    flinch__score_file *output;
    flinch__row row;
    flinch__route *routes[FLINCH__FEEDER_ROWS];
    int64_t times[FLINCH__FEEDER_ROWS];
    uint32_t waiting; /* rows fed and not written */
    uint64_t written;
    uint64_t scored;
    uint64_t anomalies;
    double started_at;
    double told_at;
} scoring;

static double monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void show_progress(scoring *s) {
    double now = monotonic();
    if (!isatty(STDERR_FILENO) || now - s->told_at < 0.5)
        return;
    s->told_at = now;
    double share = flinch__container_progress(s->container);
    double seconds = now - s->started_at;
    fprintf(s->cli->err, "\r%3.0f %%  %" PRIu64 " records, %.0f/s, %.0f s left\033[K", 100 * share,
            s->written, (double)s->written / seconds,
            share > 0 ? seconds * (1 - share) / share : 0.0);
}

static flinch_status write_waiting(scoring *s, flinch_error *error) {
    const flinch__blueprint *blueprint = s->setup.blueprint;
    FLINCH_TRY(flinch__feeder_settle(&s->feeder, error));
    for (uint32_t i = 0; i < s->waiting; i++) {
        const flinch_score *score = &s->feeder.scores[i];
        flinch__score_record record = {.topic = s->name,
                                       .topic_size = strlen(s->name),
                                       .offset = (int64_t)s->written,
                                       .timestamp_ms = s->times[i],
                                       .stream = s->routes[i]->name,
                                       .stream_size = s->routes[i]->name_size,
                                       .score = *score,
                                       .model_id = flinch__blueprint_detector(blueprint)};
        record.model_id_size = strlen(record.model_id);
        for (uint32_t k = 0; k < score->reason_count; k++) {
            record.features[k] = flinch__blueprint_feature(blueprint, score->reasons[k].feature);
            record.feature_sizes[k] = strlen(record.features[k]);
        }
        FLINCH_TRY(flinch__score_file_add(s->output, &record, error));
        s->written++;
        s->scored += score->status != FLINCH_SCORE_WARMUP;
        s->anomalies += score->is_anomaly;
    }
    s->waiting = 0;
    show_progress(s);
    return flinch_status_of(FLINCH_OK);
}

static flinch_status feed_row(scoring *s, flinch_error *error) {
    char text[320];
    flinch__feed feed = {.inputs = s->row.values,
                         .offset = (int64_t)(s->written + s->waiting),
                         .index = s->waiting,
                         .name = s->stream,
                         .name_size = strlen(s->stream)};
    if (s->config->input.stream_by == FLINCH_STREAM_BY_FIELD)
        flinch__capture_name(&s->row.captures[0], text, sizeof text, &feed.name, &feed.name_size);
    if (s->time_capture >= 0 && isfinite(s->row.captures[s->time_capture].number))
        feed.timestamp_ms = (int64_t)s->row.captures[s->time_capture].number;
    s->times[s->waiting] = feed.timestamp_ms;
    FLINCH_TRY(flinch__feeder_feed(&s->feeder, &feed, &s->routes[s->waiting], error));
    return ++s->waiting == FLINCH__FEEDER_ROWS ? write_waiting(s, error)
                                               : flinch_status_of(FLINCH_OK);
}

static flinch_status score_all(scoring *s, flinch_error *error) {
    for (;;) {
        const uint8_t *data = NULL;
        size_t size = 0;
        size_t used = 0;
        FLINCH_TRY(flinch__container_peek(s->container, &data, &size, error));
        if (size == 0)
            return write_waiting(s, error);
        flinch__cause cause = flinch__plan_run(s->plan, data, size, &s->row, &used);
        if (cause != FLINCH_CAUSE_NONE)
            return flinch_fail(error, FLINCH_BAD_DATA,
                               "record %" PRIu64 " is not of its schema: %s",
                               s->written + s->waiting, flinch__cause_name(cause));
        FLINCH_TRY(feed_row(s, error));
        FLINCH_TRY(flinch__container_advance(s->container, used, error));
    }
}

static flinch_status open_model(scoring *s, flinch_error *error) {
    const char *time = flinch__cli_value(s->cli, "time");
    const char *schema = flinch__container_schema(s->container);
    FLINCH_TRY(
        flinch__loader_open(s->config->detector_type, s->config->detector_path, &s->loader, error));
    flinch__setup_request request = {.config = s->config,
                                     .detector = s->loader.api,
                                     .schema = schema,
                                     .captures = &time,
                                     .capture_count = time != NULL};
    FLINCH_TRY(flinch__setup_init(&s->setup, &request, error));
    s->time_capture = time != NULL ? (int)s->setup.capture_count - 1 : -1;
    flinch__want want = flinch__setup_want(&s->setup);
    FLINCH_TRY(flinch__plan_compile(schema, strlen(schema), &want, &s->plan, error));
    s->row.values = calloc(want.inputs.count, sizeof *s->row.values);
    s->row.captures = calloc(want.capture_count + 1, sizeof *s->row.captures);
    if (s->row.values == NULL || s->row.captures == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory");
    return flinch__feeder_init(&s->feeder, s->setup.blueprint, error);
}

static void warn_of_missing(const scoring *s) {
    for (uint32_t i = 0; i < s->setup.inputs.count; i++) {
        flinch__binding binding = flinch__plan_binding(s->plan, i);
        if (binding.type == NULL || binding.problem != NULL)
            fprintf(s->cli->err, "flinch: feature %s is missing in every record: %s\n",
                    s->setup.inputs.items[i].field,
                    binding.type == NULL ? "the file's schema has no such field" : binding.problem);
    }
}

static void print_result(const scoring *s) {
    double seconds = monotonic() - s->started_at;
    double rate = seconds > 0 ? (double)s->written / seconds : 0;
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", s->cli->err);
    if (s->cli->json)
        fprintf(s->cli->out,
                "{\"records\": %" PRIu64 ", \"scored\": %" PRIu64 ", \"anomalies\": %" PRIu64
                ", \"alarm_rate_stated\": %.6g, \"records_per_second\": %.6g}\n",
                s->written, s->scored, s->anomalies, s->config->alarm_rate, rate);
    else
        fprintf(s->cli->err,
                "%" PRIu64 " records in %.1f s (%.0f/s): %" PRIu64 " scored, %" PRIu64
                " anomalies\n",
                s->written, seconds, rate, s->scored, s->anomalies);
}

static flinch_status score_file(scoring *s, const char *path, flinch_error *error) {
    const char *output = flinch__cli_value(s->cli, "output");
    if (s->config->input.stream_by == FLINCH_STREAM_BY_KEY)
        return flinch_fail(error, FLINCH_INVALID,
                           "input.stream: key: records of a file have no key; name a field");
    FLINCH_TRY(flinch__container_open_file(path, &s->container, error));
    FLINCH_TRY(open_model(s, error));
    warn_of_missing(s);
    FLINCH_TRY(flinch__score_file_open(output != NULL ? output : "-", &s->output, error));
    flinch_status status = score_all(s, error);
    flinch_error lost;
    flinch_status closed = flinch__score_file_close(s->output, &lost);
    if (!flinch_is_ok(status) || flinch_is_ok(closed))
        return status;
    *error = lost;
    return closed;
}

static void finish(scoring *s) {
    flinch__feeder_fini(&s->feeder);
    flinch__plan_free(s->plan);
    flinch__setup_fini(&s->setup);
    flinch__container_close(s->container);
    flinch__loader_close(&s->loader);
    flinch__config_free(s->config);
    free(s->row.values);
    free(s->row.captures);
    free(s);
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
    const char *path = cli->operands[0];
    const char *slash = strrchr(path, '/');
    const char *stream = flinch__cli_value(cli, "stream");
    s->cli = cli;
    s->name = slash != NULL ? slash + 1 : path;
    s->stream = stream != NULL ? stream : s->name;
    s->started_at = monotonic();
    int code = EX_CONFIG;
    if (flinch_is_ok(flinch__cli_config(cli, NULL, FLINCH_PROFILE_OFFLINE, &s->config))) {
        flinch_error error = {{0}};
        flinch_status status = score_file(s, path, &error);
        code = flinch__exit_code(status);
        if (flinch_is_ok(status))
            print_result(s);
        else
            fprintf(cli->err, "flinch: %s: %s\n", path, error.text);
    }
    finish(s);
    return code;
}
