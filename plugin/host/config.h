/* The configuration of a process: YAML text and --set overrides, checked against one table. */
#ifndef FLINCH_HOST_CONFIG_H
#define FLINCH_HOST_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "consumer/worker.h"
#include "flinch/detector.h"
#include "flinch/features.h"
#include "flinch/status.h"
#include "plugin/host/problems.h"
#include "schemas/registry.h"

typedef enum flinch__backlog { FLINCH_BACKLOG_LEARN, FLINCH_BACKLOG_SCORE } flinch__backlog;
typedef enum flinch__reasons { FLINCH_REASONS_ANOMALIES, FLINCH_REASONS_ALL } flinch__reasons;
typedef enum flinch__delivery {
    FLINCH_DELIVERY_EXACTLY_ONCE,
    FLINCH_DELIVERY_AT_LEAST_ONCE
} flinch__delivery;
typedef enum flinch__log_level {
    FLINCH_LOG_ERROR,
    FLINCH_LOG_WARNING,
    FLINCH_LOG_INFO,
    FLINCH_LOG_DEBUG
} flinch__log_level;
typedef enum flinch__log_format { FLINCH_LOG_LOGFMT, FLINCH_LOG_JSON } flinch__log_format;

typedef struct flinch__config_input {
    const char *topic;
    const char *group;
    flinch__stream_by stream_by;
    const char *stream_field; /* of STREAM_BY_FIELD alone, else NULL */
    flinch__start_kind start;
    int64_t start_ms; /* of START_AGO and START_AT, as worker.h says */
    flinch__backlog backlog;
    const char *schema_file; /* or NULL: the registry's schemas */
    flinch__framing framing;
    const char *instance; /* never NULL in profile RUN */
    uint32_t schema_missing_ms;
} flinch__config_input;

typedef struct flinch__config_output {
    const char *scores; /* never NULL in profile RUN, as the next two */
    const char *dead_letters;
    const char *state;
    flinch__reasons reasons;
} flinch__config_output;

/* All strings live as long as the config. Numbers are within the table's ranges. */
typedef struct flinch__config {
    bool kafka_embedded;
    const flinch__property *properties; /* of librdkafka, allowed ones, in order */
    uint32_t property_count;
    flinch__registry_config registry; /* url NULL: no registry */
    flinch__config_input input;
    bool features_auto;       /* then inputs is empty */
    flinch_input_list inputs; /* fields and transforms, in order */
    uint32_t window;
    const char *detector_type;
    const char *detector_path; /* or NULL: built in */
    const flinch_option *options;
    uint32_t option_count;
    double alarm_rate;
    uint64_t seed;
    flinch__config_output output;
    flinch__delivery delivery;
    uint32_t workers;
    uint32_t commit_interval_ms;
    uint32_t checkpoint_interval_ms;
    uint64_t streams_memory_bytes;
    const char *http_listen; /* "host:port", or NULL: none */
    flinch__log_level log_level;
    flinch__log_format log_format;
    struct flinch__vault *vault; /* owns all of the above */
} flinch__config;

/* What must be there, beside what must be right. */
typedef enum flinch__profile {
    FLINCH_PROFILE_RUN,     /* a broker, an input topic, schemas */
    FLINCH_PROFILE_OFFLINE, /* nothing: score, eval */
    FLINCH_PROFILE_EMBED    /* a list of features, not auto: libflinch */
} flinch__profile;

/* --set KEY=VALUE: wins over the text, and is checked in the same way. */
typedef struct flinch__override {
    const char *key;
    const char *value;
} flinch__override;

/* Where a config comes from. */
typedef struct flinch__config_source {
    const char *path; /* file to read; if NULL, `text` */
    const char *text; /* YAML; NULL or "": the defaults alone */
    const char *name; /* of the text in messages, e.g. "demo"; NULL: "config" */
    flinch__profile profile;
    const flinch__override *overrides;
    uint32_t override_count;
    bool (*accepts)(const char *property, const char *value); /* of librdkafka; NULL: all */
} flinch__config_source;

/* Reads, expands ${…}, checks. Every mistake becomes a problem "FILE:LINE:COLUMN: key: …"; INVALID
 * if there is one, and then no config. Values of secret settings and such from ${…} never appear in
 * a problem. `problems` is the caller's, initialised. [main] */
FLINCH_MUST_CHECK flinch_status flinch__config_load(const flinch__config_source *source,
                                                    flinch__config **out_config,
                                                    flinch__problems *problems);
/* Wipes and frees; takes NULL. */
void flinch__config_free(flinch__config *config);

/* The value of a librdkafka property, or NULL. */
const char *flinch__config_property(const flinch__config *config, const char *name);

#endif
