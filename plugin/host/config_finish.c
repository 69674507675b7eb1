/* After all keys were read: defaults, what must agree, what must be there. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "plugin/host/config_reader.h"
#include "plugin/host/config_value.h"

enum { TRANSACTION_TIMEOUT_MS = 60000 }; /* librdkafka's default */

static const flinch__node *given(const flinch__reader *reader, const char *name) {
    return reader->set[flinch__setting_index(flinch__setting_find(name))];
}

/* Where a setting was given; else its section; else the file's start. */
static flinch__place place_of(const flinch__reader *reader, const char *name) {
    const flinch__node *node = given(reader, name);
    if (node != NULL)
        return node->place;
    size_t section = strcspn(name, ".");
    const flinch__node *root = reader->root;
    bool is_mapping = root != NULL && root->kind == FLINCH_NODE_MAPPING;
    const flinch__node *child = is_mapping ? root->first : NULL;
    for (; child != NULL; child = child->next)
        if (strncmp(child->key, name, section) == 0 && child->key[section] == '\0')
            return child->key_place;
    return (flinch__place){1, 1, false};
}

static void refuse_missing(flinch__reader *reader, const char *name, const char *expected) {
    flinch__reader_refuse(reader, place_of(reader, name), name, "missing (expected %s)", expected);
}

void flinch__reader_defaults(flinch__reader *reader) {
    uint32_t count;
    const flinch__setting *settings = flinch__settings(&count);
    for (uint32_t i = 0; i < count; i++) {
        const flinch__node node = {.kind = FLINCH_NODE_SCALAR, .text = settings[i].fallback};
        if (node.text == NULL)
            continue;
        flinch__reader_setting(reader, &settings[i], &node);
        reader->set[i] = NULL;
    }
}

static void name_topic(flinch__reader *reader, const char **topic, const char *suffix) {
    const char *input = reader->config->input.topic;
    if (*topic == NULL && input != NULL)
        *topic = flinch__vault_join(reader->vault, input, suffix);
}

static void compute_names(flinch__reader *reader) {
    flinch__config *config = reader->config;
    name_topic(reader, &config->output.scores, ".scores");
    name_topic(reader, &config->output.dead_letters, ".dlq");
    name_topic(reader, &config->output.state, ".flinch");
    if (config->input.instance == NULL) {
        char host[256] = "flinch";
        if (gethostname(host, sizeof host - 1) != 0)
            snprintf(host, sizeof host, "flinch");
        config->input.instance = flinch__vault_copy(reader->vault, host, strlen(host));
    }
}

static void check_topics(flinch__reader *reader) {
    const flinch__config *config = reader->config;
    const char *const names[] = {"input.topic", "output.scores", "output.dead_letters",
                                 "output.state"};
    const char *const topics[] = {config->input.topic, config->output.scores,
                                  config->output.dead_letters, config->output.state};
    for (size_t i = 1; i < 4; i++)
        for (size_t j = 0; j < i; j++)
            if (topics[i] != NULL && topics[j] != NULL && strcmp(topics[i], topics[j]) == 0)
                flinch__reader_refuse(reader, place_of(reader, names[i]), names[i],
                                      "the same topic as %s (expected another)", names[j]);
}

static void check_pair(flinch__reader *reader, const char *left, const char *right) {
    const flinch__node *left_node = given(reader, left);
    const flinch__node *right_node = given(reader, right);
    if (left_node != NULL && right_node == NULL)
        refuse_missing(reader, right, "it together with the one that is there");
    if (left_node == NULL && right_node != NULL)
        refuse_missing(reader, left, "it together with the one that is there");
}

static void check_schema_source(flinch__reader *reader) {
    const flinch__node *url = given(reader, "registry.url");
    const flinch__node *file = given(reader, "input.schema");
    if (url == NULL && file == NULL)
        refuse_missing(reader, "registry.url",
                       "the schema registry's URL, or input.schema with a file");
    if (url != NULL && file != NULL)
        flinch__reader_refuse(reader, file->place, "input.schema",
                              "together with registry.url (expected one of the two)");
}

static void check_framing(flinch__reader *reader) {
    bool is_bare = reader->config->input.framing == FLINCH_FRAMING_NONE;
    if (is_bare && given(reader, "input.schema") == NULL)
        flinch__reader_refuse(reader, place_of(reader, "input.framing"), "input.framing",
                              "none without a schema (expected input.schema with a file)");
}

static void check_interval(flinch__reader *reader) {
    uint64_t timeout_ms = TRANSACTION_TIMEOUT_MS;
    const char *text = flinch__config_property(reader->config, "transaction.timeout.ms");
    if (text != NULL && !flinch__parse_whole(text, &timeout_ms))
        return;
    uint32_t interval_ms = reader->config->commit_interval_ms;
    if ((uint64_t)interval_ms * 3 >= timeout_ms)
        flinch__reader_refuse(reader, place_of(reader, "commit.interval"), "commit.interval",
                              "%ums is too long (expected less than a third of "
                              "kafka.transaction.timeout.ms, which is %llums)",
                              interval_ms, (unsigned long long)timeout_ms);
}

static void check_run(flinch__reader *reader) {
    const flinch__config *config = reader->config;
    if (!config->kafka_embedded && flinch__config_property(config, "bootstrap.servers") == NULL)
        flinch__reader_refuse(reader, place_of(reader, "kafka"), "kafka.bootstrap.servers",
                              "missing (expected HOST:PORT of a broker)");
    if (given(reader, "input.topic") == NULL)
        refuse_missing(reader, "input.topic", "the topic to read");
    check_schema_source(reader);
    check_framing(reader);
    check_interval(reader);
}

void flinch__reader_finish(flinch__reader *reader) {
    compute_names(reader);
    check_topics(reader);
    check_pair(reader, "registry.cert.file", "registry.key.file");
    check_pair(reader, "registry.user", "registry.password");
    flinch__reader_check_detector(reader);
    if (reader->profile == FLINCH_PROFILE_RUN)
        check_run(reader);
    if (reader->profile == FLINCH_PROFILE_EMBED && reader->config->features_auto)
        refuse_missing(reader, "features", "a list of fields; auto needs a schema");
}
