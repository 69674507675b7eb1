#include "plugin/host/check_online.h"

#include <librdkafka/rdkafka.h>
#include <string.h>

#include "schemas/registry.h"

enum { TIMEOUT_MS = 10000, MAX_REASON = 256 };

/* The client's last complaint: why a broker does not answer. [the thread that polls] */
static void keep_reason(rd_kafka_t *client, int code, const char *reason, void *opaque) {
    (void)client;
    (void)code;
    snprintf(opaque, MAX_REASON, "%s", reason);
}

static rd_kafka_t *open_client(const flinch__config *config, char reason[MAX_REASON]) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (uint32_t i = 0; i < config->property_count; i++)
        if (rd_kafka_conf_set(conf, config->properties[i].name, config->properties[i].value, NULL,
                              0) != RD_KAFKA_CONF_OK)
            snprintf(reason, MAX_REASON, "kafka.%.100s is refused", config->properties[i].name);
    rd_kafka_conf_set_opaque(conf, reason);
    rd_kafka_conf_set_error_cb(conf, keep_reason);
    rd_kafka_conf_set_log_cb(conf, NULL);
    /* A consumer, since asking as a producer could create topics. */
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, MAX_REASON);
    if (client == NULL)
        rd_kafka_conf_destroy(conf);
    return client;
}

static int count_partitions(const rd_kafka_metadata_t *metadata, const char *topic) {
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (strcmp(metadata->topics[i].topic, topic) == 0)
            return metadata->topics[i].partition_cnt;
    return 0;
}

static void print_topic(const rd_kafka_metadata_t *metadata, const char *setting, const char *topic,
                        FILE *out) {
    int partitions = count_partitions(metadata, topic);
    if (partitions > 0)
        fprintf(out, "%-20s %s, %d partitions\n", setting, topic, partitions);
    else
        fprintf(out, "%-20s %s, not there yet\n", setting, topic);
}

static flinch_status check_topics(const flinch__config *config, const rd_kafka_metadata_t *metadata,
                                  FILE *out, flinch_error *error) {
    print_topic(metadata, "input.topic", config->input.topic, out);
    print_topic(metadata, "output.scores", config->output.scores, out);
    print_topic(metadata, "output.dead_letters", config->output.dead_letters, out);
    print_topic(metadata, "output.state", config->output.state, out);
    if (count_partitions(metadata, config->input.topic) == 0)
        return flinch_fail(error, FLINCH_NOT_FOUND,
                           "topic %.249s (input.topic) is not there, or we may not see it",
                           config->input.topic);
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__check_broker(const flinch__config *config, FILE *out, flinch_error *error) {
    if (config->kafka_embedded)
        return flinch_status_of(FLINCH_OK);
    const char *brokers = flinch__config_property(config, "bootstrap.servers");
    char reason[MAX_REASON] = "no answer";
    const rd_kafka_metadata_t *metadata = NULL;
    rd_kafka_t *client = open_client(config, reason);
    if (client == NULL)
        return flinch_fail(error, FLINCH_INVALID, "kafka: %s", reason);
    rd_kafka_resp_err_t code = rd_kafka_metadata(client, 1, NULL, &metadata, TIMEOUT_MS);
    rd_kafka_poll(client, 0); /* serves keep_reason */
    flinch_status status;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        status = check_topics(config, metadata, out, error);
    else
        status = flinch_fail(error, FLINCH_TRY_AGAIN,
                             "broker %.150s (kafka.bootstrap.servers): %s: %.200s", brokers,
                             rd_kafka_err2str(code), reason);
    if (metadata != NULL)
        rd_kafka_metadata_destroy(metadata);
    rd_kafka_destroy(client);
    return status;
}

flinch_status flinch__check_registry(const flinch__config *config, FILE *out, char **out_schema,
                                     flinch_error *error) {
    *out_schema = NULL;
    flinch__registry *registry = NULL;
    flinch_error cause = {""};
    char subject[300];
    int32_t id = 0;
    snprintf(subject, sizeof subject, "%s-value", config->input.topic);
    flinch_status status = flinch__registry_new(&config->registry, &registry, &cause);
    if (flinch_is_ok(status))
        status = flinch__registry_latest(registry, subject, &id, out_schema, &cause);
    flinch__registry_free(registry);
    if (flinch_is_ok(status))
        fprintf(out, "%-20s %s, schema id %d\n", "registry.url", subject, (int)id);
    else
        status = flinch_fail(error, status.code,
                             "registry %.120s (registry.url), subject %.100s: %.250s",
                             config->registry.url, subject, cause.text);
    return status;
}
