#include "plugin/host/service.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plugin/host/kafka_judge.h"
#include "plugin/host/loader.h"
#include "plugin/host/setup.h"
#include "plugin/host/watchdog.h"
#include "schemas/score_codec.h"

/* librdkafka's transaction.timeout.ms; what a call has at least until it counts as hanging; and a
 * stop's bound. */
enum { DEFAULT_TRANSACTION_MS = 60000, LEAST_CALL_MS = 30000, STOP_LIMIT_MS = 20000 };
enum { TELL_AFTER_MS = 5000 };
enum { MAX_SCHEMA_BYTES = 1024 * 1024, REGISTRY_PAUSE_MS = 250, REGISTRY_PAUSE_MAX_MS = 4000 };

typedef struct service service;

typedef struct member {
    service *service;
    flinch__worker_config config;
    flinch__watch watch;
    flinch__registry *registry; /* one for each worker: a registry is not shared */
    flinch__worker *worker;
    char transactional_id[512];
    char group_instance[512];
    flinch__property *properties;
    pthread_t thread;
    bool started;
    flinch_status status;
    flinch_error error;
} member;

struct service {
    const flinch__config *config;
    const flinch__log *log;
    atomic_bool *stop;
    flinch__loader loader;
    flinch__setup setup;
    char *schema; /* fixed, or NULL */
    int32_t score_schema_id;
    flinch__stats stats;
    member *members;
    flinch__watch **watches; /* the members' */
    flinch__watchdog watchdog;
    bool is_watched;
};

/* Tells of the features that a schema does not have, once for each schema and worker. */
static void on_schema(void *context, int32_t id, const flinch__plan *plan) {
    const service *s = context;
    char name[256];
    flinch__log_write(s->log, FLINCH_NOTE_INFO, "schema", "id=%d", (int)id);
    for (uint32_t i = 0; i < s->setup.inputs.count; i++) {
        flinch__binding binding = flinch__plan_binding(plan, i);
        flinch__log_value(s->setup.inputs.items[i].field, name, sizeof name);
        if (binding.type == NULL)
            flinch__log_write(s->log, FLINCH_NOTE_WARNING, "feature_missing",
                              "schema_id=%d feature=%s", (int)id, name);
        else if (binding.problem != NULL)
            flinch__log_write(s->log, FLINCH_NOTE_WARNING, "feature_unusable",
                              "schema_id=%d feature=%s problem=\"%s\"", (int)id, name,
                              binding.problem);
    }
}

static void pause_ms(const atomic_bool *stop, int ms) {
    const struct timespec step = {.tv_nsec = 50 * 1000000L};
    for (int waited = 0; waited < ms && !atomic_load(stop); waited += 50)
        nanosleep(&step, NULL);
}

/* Calls until the registry answers, at growing intervals, telling that it does not. */
static flinch_status
ask_registry(service *s, flinch_status (*ask)(service *, flinch__registry *, flinch_error *),
             flinch_error *error) {
    flinch__registry *registry = NULL;
    FLINCH_TRY(flinch__registry_new(&s->config->registry, &registry, error));
    flinch_status status = flinch_status_of(FLINCH_STOPPED);
    for (int pause = REGISTRY_PAUSE_MS; !atomic_load(s->stop);) {
        flinch_error cause = {""};
        status = ask(s, registry, &cause);
        if (!flinch_is_ok(status))
            status = flinch_fail(error, status.code, "registry (registry.url): %.450s", cause.text);
        if (status.code != FLINCH_TRY_AGAIN)
            break;
        flinch__log_write(s->log, FLINCH_NOTE_WARNING, "waiting",
                          "retry_in_ms=%d reason=\"%.450s\"", pause, error->text);
        pause_ms(s->stop, pause);
        pause = 2 * pause < REGISTRY_PAUSE_MAX_MS ? 2 * pause : REGISTRY_PAUSE_MAX_MS;
        status = flinch_status_of(FLINCH_STOPPED);
    }
    flinch__registry_free(registry);
    return status;
}

static flinch_status ask_latest(service *s, flinch__registry *registry, flinch_error *error) {
    char subject[300];
    int32_t id = 0;
    snprintf(subject, sizeof subject, "%.249s-value", s->config->input.topic);
    free(s->schema);
    s->schema = NULL;
    return flinch__registry_latest(registry, subject, &id, &s->schema, error);
}

static flinch_status register_scores(service *s, flinch__registry *registry, flinch_error *error) {
    char subject[300];
    snprintf(subject, sizeof subject, "%.249s-value", s->config->output.scores);
    return flinch__registry_register(registry, subject, flinch__score_schema(), &s->score_schema_id,
                                     error);
}

/* The schema that auto looks at, the features, the blueprint, the id of our own schema. */
static flinch_status prepare(service *s, flinch_error *error) {
    const flinch__config *config = s->config;
    bool fixed = config->input.schema_file != NULL;
    FLINCH_TRY(
        flinch__loader_open(config->detector_type, config->detector_path, &s->loader, error));
    if (fixed)
        FLINCH_TRY(
            flinch__read_file(config->input.schema_file, MAX_SCHEMA_BYTES, &s->schema, error));
    else if (config->features_auto)
        FLINCH_TRY(ask_registry(s, ask_latest, error));
    flinch__setup_request request = {
        .config = config, .detector = s->loader.api, .schema = s->schema};
    FLINCH_TRY(flinch__setup_init(&s->setup, &request, error));
    if (!fixed) {
        free(s->schema); /* auto has looked at it; records bring their own */
        s->schema = NULL;
    }
    s->score_schema_id = -1;
    return config->registry.url != NULL ? ask_registry(s, register_scores, error)
                                        : flinch_status_of(FLINCH_OK);
}

/* Each worker is a member of the group: static membership needs a name for each. */
static flinch_status copy_properties(member *m, const flinch__config *config, uint32_t index,
                                     flinch_error *error) {
    m->properties = calloc(config->property_count + 1, sizeof *m->properties);
    if (m->properties == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a worker");
    for (uint32_t i = 0; i < config->property_count; i++) {
        m->properties[i] = config->properties[i];
        if (strcmp(config->properties[i].name, "group.instance.id") != 0)
            continue;
        snprintf(m->group_instance, sizeof m->group_instance, "%.400s-%u",
                 config->properties[i].value, index);
        m->properties[i].value = m->group_instance;
    }
    return flinch_status_of(FLINCH_OK);
}

static uint32_t transaction_ms(const flinch__config *config) {
    const char *text = flinch__config_property(config, "transaction.timeout.ms");
    return text != NULL ? (uint32_t)strtoul(text, NULL, 10) : DEFAULT_TRANSACTION_MS;
}

static flinch_status open_member(service *s, uint32_t index, flinch_error *error) {
    const flinch__config *config = s->config;
    member *m = &s->members[index];
    m->service = s;
    if (config->registry.url != NULL)
        FLINCH_TRY(flinch__registry_new(&config->registry, &m->registry, error));
    FLINCH_TRY(copy_properties(m, config, index, error));
    snprintf(m->transactional_id, sizeof m->transactional_id, "%s-%s-%u", config->input.group,
             config->input.instance, index);
    m->config = (flinch__worker_config){
        .properties = m->properties,
        .property_count = config->property_count,
        .topic = config->input.topic,
        .group = config->input.group,
        .transactional_id = m->transactional_id,
        .scores_topic = config->output.scores,
        .dead_letters_topic = config->output.dead_letters,
        .state_topic = config->output.state,
        .score_schema_id = s->score_schema_id,
        .start = config->input.start,
        .start_ms = config->input.start_ms,
        .score_backlog = config->input.backlog == FLINCH_BACKLOG_SCORE,
        .stream_by = config->input.stream_by,
        .exactly_once = config->delivery == FLINCH_DELIVERY_EXACTLY_ONCE,
        .commit_interval_ms = config->commit_interval_ms,
        .transaction_ms = transaction_ms(config),
        .checkpoint_interval_ms = config->checkpoint_interval_ms,
        .streams_memory_bytes = config->streams_memory_bytes / config->workers,
        .blueprint = s->setup.blueprint,
        .decoder = {.want = flinch__setup_want(&s->setup),
                    .framing = config->input.framing,
                    .schema = s->schema,
                    .registry = m->registry,
                    .missing_ms = config->input.schema_missing_ms,
                    .schema_seen = on_schema,
                    .context = s},
        .notes = {.note = flinch__log_note, .context = (void *)s->log},
        .stats = &s->stats,
        .watch = &m->watch,
    };
    return flinch__worker_new(&m->config, &m->worker, error);
}

static void *run_member(void *argument) {
    member *m = argument;
    m->status = flinch__worker_run(m->worker, m->service->stop, &m->error);
    if (!flinch_is_ok(m->status))
        atomic_store(m->service->stop, true); /* one that fails ends all: crash only */
    return NULL;
}

static flinch_status start_watchdog(service *s, flinch_error *error) {
    int64_t twice = 2 * (int64_t)transaction_ms(s->config);
    s->watches = calloc(s->config->workers, sizeof(flinch__watch *));
    if (s->watches == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for the workers");
    for (uint32_t i = 0; i < s->config->workers; i++)
        s->watches[i] = &s->members[i].watch;
    s->watchdog = (flinch__watchdog){.log = s->log,
                                     .stop = s->stop,
                                     .watches = s->watches,
                                     .count = s->config->workers,
                                     .tell_after_ms = TELL_AFTER_MS,
                                     .call_limit_ms = twice > LEAST_CALL_MS ? twice : LEAST_CALL_MS,
                                     .stop_limit_ms = STOP_LIMIT_MS};
    FLINCH_TRY(flinch__watchdog_start(&s->watchdog, error));
    s->is_watched = true;
    return flinch_status_of(FLINCH_OK);
}

static flinch_status run_members(service *s, flinch_error *error) {
    s->members = calloc(s->config->workers, sizeof *s->members);
    if (s->members == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for the workers");
    flinch_status status = start_watchdog(s, error);
    for (uint32_t i = 0; i < s->config->workers && flinch_is_ok(status); i++)
        status = open_member(s, i, error);
    for (uint32_t i = 0; i < s->config->workers && flinch_is_ok(status); i++) {
        member *m = &s->members[i];
        m->started = pthread_create(&m->thread, NULL, run_member, m) == 0;
        if (!m->started) {
            atomic_store(s->stop, true);
            status = flinch_fail(error, FLINCH_FATAL, "no thread for worker %u", i);
        }
    }
    for (uint32_t i = 0; i < s->config->workers; i++) {
        member *m = &s->members[i];
        if (m->started)
            pthread_join(m->thread, NULL);
        if (m->started && flinch_is_ok(status) && !flinch_is_ok(m->status)) {
            status = m->status;
            *error = m->error;
        }
    }
    return status;
}

static void log_totals(service *s) {
    uint64_t dead = 0;
    uint64_t scored = 0;
    for (size_t i = 0; i < FLINCH_CAUSE_COUNT; i++)
        dead += atomic_load(&s->stats.dead[i]);
    for (size_t i = 0; i < FLINCH__SCORE_STATUSES; i++)
        scored += atomic_load(&s->stats.scored[i]);
    flinch__log_write(
        s->log, FLINCH_NOTE_INFO, "stopped",
        "consumed=%llu replayed=%llu scored=%llu anomalies=%llu dead_letters=%llu "
        "tombstones=%llu missing=%llu non_finite=%llu wrong_type=%llu commits=%llu aborts=%llu "
        "checkpoints=%llu restores=%llu evictions=%llu fetches=%llu",
        (unsigned long long)flinch__stats_get(&s->stats, FLINCH_STAT_CONSUMED),
        (unsigned long long)flinch__stats_get(&s->stats, FLINCH_STAT_REPLAYED),
        (unsigned long long)scored,
        (unsigned long long)flinch__stats_get(&s->stats, FLINCH_STAT_ANOMALIES),
        (unsigned long long)dead,
        (unsigned long long)flinch__stats_get(&s->stats, FLINCH_STAT_TOMBSTONES),
        (unsigned long long)flinch__stats_get(&s->stats, FLINCH_STAT_MISSING),
        (unsigned long long)flinch__stats_get(&s->stats, FLINCH_STAT_NON_FINITE),
        (unsigned long long)flinch__stats_get(&s->stats, FLINCH_STAT_WRONG_TYPE),
        (unsigned long long)flinch__stats_get(&s->stats, FLINCH_STAT_COMMITS),
        (unsigned long long)flinch__stats_get(&s->stats, FLINCH_STAT_ABORTS),
        (unsigned long long)flinch__stats_get(&s->stats, FLINCH_STAT_CHECKPOINTS),
        (unsigned long long)flinch__stats_get(&s->stats, FLINCH_STAT_RESTORES),
        (unsigned long long)flinch__stats_get(&s->stats, FLINCH_STAT_EVICTIONS),
        (unsigned long long)flinch__stats_get(&s->stats, FLINCH_STAT_FETCHES));
}

static void close_service(service *s) {
    for (uint32_t i = 0; s->members != NULL && i < s->config->workers; i++) {
        flinch__worker_free(s->members[i].worker);
        flinch__registry_free(s->members[i].registry);
        free(s->members[i].properties);
    }
    if (s->is_watched)
        flinch__watchdog_end(&s->watchdog);
    free(s->watches);
    free(s->members);
    flinch__setup_fini(&s->setup);
    flinch__loader_close(&s->loader);
    free(s->schema);
    free(s);
}

/* What brokers will not say of themselves. */
static void warn_of_client(const service *s) {
    const char *mechanism = flinch__config_property(s->config, "sasl.mechanism");
    if (mechanism == NULL)
        mechanism = flinch__config_property(s->config, "sasl.mechanisms");
    if (mechanism != NULL && strncmp(mechanism, "SCRAM-", 6) == 0 && !flinch__kafka_does_scram())
        flinch__log_write(s->log, FLINCH_NOTE_WARNING, "scram",
                          "reason=\"brokers of Kafka 4.0 and later refuse the SCRAM of librdkafka "
                          "before 2.6.1, whatever the password\"");
}

flinch_status flinch__service_run(const flinch__config *config, const flinch__log *log,
                                  atomic_bool *stop, flinch_error *error) {
    service *s = calloc(1, sizeof *s);
    if (s == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory");
    s->config = config;
    s->log = log;
    s->stop = stop;
    flinch__log_write(log, FLINCH_NOTE_INFO, "starting",
                      "version=%s topic=%s group=%s instance=%s workers=%u", FLINCH_VERSION,
                      config->input.topic, config->input.group, config->input.instance,
                      config->workers);
    warn_of_client(s);
    flinch_status status = prepare(s, error);
    if (flinch_is_ok(status))
        status = run_members(s, error);
    if (status.code == FLINCH_STOPPED)
        status = flinch_status_of(FLINCH_OK);
    log_totals(s);
    close_service(s);
    return status;
}
