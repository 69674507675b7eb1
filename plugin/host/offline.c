#include "plugin/host/offline.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double flinch__offline_seconds(const flinch__offline *offline) {
    return monotonic() - offline->started_at;
}

double flinch__offline_rate(const flinch__offline *offline) {
    double seconds = flinch__offline_seconds(offline);
    return seconds > 0 ? (double)offline->taken / seconds : 0;
}

static void show_progress(flinch__offline *o) {
    double now = monotonic();
    if (!isatty(STDERR_FILENO) || now - o->told_at < 0.5)
        return;
    o->told_at = now;
    double share = flinch__records_progress(&o->records);
    double seconds = now - o->started_at;
    fprintf(o->request.cli->err, "\r%3.0f %%  %" PRIu64 " records, %.0f/s, %.0f s left\033[K",
            100 * share, o->taken, (double)o->taken / seconds,
            share > 0 ? seconds * (1 - share) / share : 0.0);
}

static void end_progress(const flinch__offline *o) {
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", o->request.cli->err);
}

flinch_status flinch__offline_open(flinch__offline *offline, const char *path,
                                   const flinch__offline_request *request, flinch_error *error) {
    const char *slash = strrchr(path, '/');
    const char *stream = flinch__cli_value(request->cli, "stream");
    *offline = (flinch__offline){.request = *request, .path = path};
    offline->name = slash != NULL ? slash + 1 : path;
    offline->stream = stream != NULL ? stream : offline->name;
    return flinch__records_open(&offline->records, path, error);
}

void flinch__offline_close(flinch__offline *offline) {
    flinch__feeder_fini(&offline->feeder);
    flinch__plan_free(offline->plan);
    flinch__setup_fini(&offline->setup);
    flinch__records_close(&offline->records);
    flinch__loader_close(&offline->loader);
    free(offline->row.values);
    free(offline->row.captures);
    *offline = (flinch__offline){0};
}

/* --- Preparing -------------------------------------------------------------------------------- */

static flinch_status set_up(flinch__offline *o, const char *schema, flinch_error *error) {
    const char *captures[2];
    uint32_t count = 0;
    const char *time = flinch__cli_value(o->request.cli, "time");
    if (o->request.extra != NULL)
        captures[count++] = o->request.extra;
    if (time != NULL)
        captures[count++] = time;
    flinch__setup_request request = {.config = o->config,
                                     .detector = o->loader.api,
                                     .schema = schema,
                                     .captures = captures,
                                     .capture_count = count};
    FLINCH_TRY(flinch__setup_init(&o->setup, &request, error));
    /* The last ones: the stream's field, if there is one, stands first. */
    o->time_capture = time != NULL ? (int)o->setup.capture_count - 1 : -1;
    o->extra_capture = o->request.extra != NULL ? (int)(o->setup.capture_count - count) : -1;
    return flinch_status_of(FLINCH_OK);
}

static flinch_status compile(flinch__offline *o, const char *schema, flinch_error *error) {
    flinch__want want = flinch__setup_want(&o->setup);
    FLINCH_TRY(flinch__plan_compile(schema, strlen(schema), &want, &o->plan, error));
    o->row.values = calloc(want.inputs.count, sizeof *o->row.values);
    o->row.captures = calloc(want.capture_count + 1, sizeof *o->row.captures);
    if (o->row.values == NULL || o->row.captures == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory");
    return flinch__feeder_init(&o->feeder, o->setup.blueprint, error);
}

static void warn_of_missing(const flinch__offline *o) {
    for (uint32_t i = 0; i < o->setup.inputs.count; i++) {
        flinch__binding binding = flinch__plan_binding(o->plan, i);
        if (binding.type == NULL || binding.problem != NULL)
            fprintf(o->request.cli->err, "flinch: feature %s is missing in every record: %s\n",
                    o->setup.inputs.items[i].field,
                    binding.type == NULL ? "the file's schema has no such field" : binding.problem);
    }
}

flinch_status flinch__offline_prepare(flinch__offline *offline, const flinch__config *config,
                                      flinch_error *error) {
    const char *schema = flinch__records_schema(&offline->records);
    offline->config = config;
    if (config->input.stream_by == FLINCH_STREAM_BY_KEY)
        return flinch_fail(error, FLINCH_INVALID,
                           "input.stream: key: records of a file have no key; name a field");
    FLINCH_TRY(
        flinch__loader_open(config->detector_type, config->detector_path, &offline->loader, error));
    FLINCH_TRY(set_up(offline, schema, error));
    FLINCH_TRY(compile(offline, schema, error));
    warn_of_missing(offline);
    offline->started_at = monotonic();
    return flinch_status_of(FLINCH_OK);
}

/* --- Running ---------------------------------------------------------------------------------- */

static flinch_status hand_out(flinch__offline *o, flinch_error *error) {
    FLINCH_TRY(flinch__feeder_settle(&o->feeder, error));
    for (uint32_t i = 0; i < o->waiting; i++) {
        const flinch__offline_score score = {.record = o->taken,
                                             .timestamp_ms = o->times[i],
                                             .extra = o->extras[i],
                                             .route = o->routes[i],
                                             .score = &o->feeder.scores[i]};
        FLINCH_TRY(o->request.take(o->request.context, &score, error));
        o->taken++;
    }
    o->waiting = 0;
    show_progress(o);
    return flinch_status_of(FLINCH_OK);
}

/* A captured number; `otherwise` if the record has none. */
static double number_of(const flinch__offline *o, int capture, double otherwise) {
    if (capture < 0 || o->row.captures[capture].kind != FLINCH_CAPTURE_NUMBER ||
        !isfinite(o->row.captures[capture].number))
        return otherwise;
    return o->row.captures[capture].number;
}

static flinch_status feed_row(flinch__offline *o, flinch_error *error) {
    char text[320];
    flinch__feed feed = {.inputs = o->row.values,
                         .offset = (int64_t)(o->taken + o->waiting),
                         .index = o->waiting,
                         .timestamp_ms = (int64_t)number_of(o, o->time_capture, 0),
                         .name = o->stream,
                         .name_size = strlen(o->stream)};
    if (o->config->input.stream_by == FLINCH_STREAM_BY_FIELD)
        flinch__capture_name(&o->row.captures[0], text, sizeof text, &feed.name, &feed.name_size);
    if (feed.name_size > FLINCH__STREAM_NAME_BYTES)
        return flinch_fail(error, FLINCH_BAD_DATA,
                           "record %" PRIu64 ": the name of its stream has %zu bytes, %d at most",
                           o->taken + o->waiting, feed.name_size, FLINCH__STREAM_NAME_BYTES);
    o->times[o->waiting] = feed.timestamp_ms;
    o->extras[o->waiting] = number_of(o, o->extra_capture, (double)NAN);
    FLINCH_TRY(flinch__feeder_feed(&o->feeder, &feed, &o->routes[o->waiting], error));
    return ++o->waiting == FLINCH__FEEDER_ROWS ? hand_out(o, error) : flinch_status_of(FLINCH_OK);
}

static flinch_status feed_all(flinch__offline *o, flinch_error *error) {
    for (;;) {
        const uint8_t *data = NULL;
        size_t size = 0;
        size_t used = 0;
        FLINCH_TRY(flinch__records_peek(&o->records, &data, &size, error));
        if (size == 0)
            return hand_out(o, error);
        flinch__cause cause = flinch__plan_run(o->plan, data, size, &o->row, &used);
        if (cause != FLINCH_CAUSE_NONE)
            return flinch_fail(error, FLINCH_BAD_DATA,
                               "record %" PRIu64 " is not of its schema: %s", o->taken + o->waiting,
                               flinch__cause_name(cause));
        FLINCH_TRY(feed_row(o, error));
        FLINCH_TRY(flinch__records_advance(&o->records, used, error));
    }
}

flinch_status flinch__offline_run(flinch__offline *offline, flinch_error *error) {
    flinch_status status = feed_all(offline, error);
    end_progress(offline);
    return status;
}
