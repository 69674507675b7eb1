#include "consumer/client.h"

#include <string.h>

/* The figures are measured; why each stands here: consumer/README.md. */
static const flinch__property COMMON[] = {
    {"client.id", "flinch"},
    {"socket.nagle.disable", "true"},
    {"socket.timeout.ms", "10000"},
    {"retry.backoff.ms", "5"},
};

static const flinch__property CONSUMER[] = {
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"isolation.level", "read_committed"},
    {"auto.offset.reset", "error"},
    {"partition.assignment.strategy", "range"},
    {"queued.min.messages", "1000000"},
    {"queued.max.messages.kbytes", "65536"},
    {"fetch.message.max.bytes", "262144"},
    {"check.crcs", "true"},
};

/* It tells the end of a partition, does not wait for what may come behind it, and
 * does not hoard: all it reads is unpacked at once. */
static const flinch__property READER[] = {
    {"enable.partition.eof", "true"},
    {"fetch.wait.max.ms", "20"},
    {"fetch.message.max.bytes", "1048576"},
    {"queued.max.messages.kbytes", "4096"},
};

static const flinch__property PRODUCER[] = {
    {"linger.ms", "5"},
    {"queue.buffering.max.messages", "500000"},
    {"queue.buffering.max.kbytes", "262144"},
};

static flinch_status set(rd_kafka_conf_t *conf, const flinch__property *property,
                         flinch_error *error) {
    char text[256];
    rd_kafka_conf_res_t result =
        rd_kafka_conf_set(conf, property->name, property->value, text, sizeof text);
    if (result == RD_KAFKA_CONF_OK)
        return flinch_status_of(FLINCH_OK);
    /* librdkafka's text may hold the value, which may be a secret: only the name is repeated. */
    return flinch_fail(error, FLINCH_INVALID, "kafka.%s: %s by librdkafka %s", property->name,
                       result == RD_KAFKA_CONF_UNKNOWN ? "not known" : "value refused",
                       rd_kafka_version_str());
}

static flinch_status set_all(rd_kafka_conf_t *conf, const flinch__property *properties,
                             size_t count, flinch_error *error) {
    for (size_t i = 0; i < count; i++)
        FLINCH_TRY(set(conf, &properties[i], error));
    return flinch_status_of(FLINCH_OK);
}

/* Properties that only the other kind of client knows draw a warning in librdkafka's log; flinch's
 * own are set on the kind they belong to. */
static flinch_status configure(rd_kafka_conf_t *conf, flinch__client_kind kind,
                               const flinch__worker_config *config, flinch_error *error) {
    FLINCH_TRY(set_all(conf, COMMON, sizeof COMMON / sizeof *COMMON, error));
    bool consumes = kind != FLINCH_CLIENT_PRODUCER;
    if (consumes)
        FLINCH_TRY(set_all(conf, CONSUMER, sizeof CONSUMER / sizeof *CONSUMER, error));
    else
        FLINCH_TRY(set_all(conf, PRODUCER, sizeof PRODUCER / sizeof *PRODUCER, error));
    FLINCH_TRY(set_all(conf, config->properties, config->property_count, error));
    if (kind == FLINCH_CLIENT_READER)
        FLINCH_TRY(set_all(conf, READER, sizeof READER / sizeof *READER, error));
    if (consumes)
        return set(conf, &(flinch__property){"group.id", config->group}, error);
    if (config->exactly_once)
        return set(conf, &(flinch__property){"transactional.id", config->transactional_id}, error);
    return set(conf, &(flinch__property){"enable.idempotence", "true"}, error);
}

/* Within rd_kafka_new. */
static rd_kafka_resp_err_t hear_answers(rd_kafka_t *client, const rd_kafka_conf_t *conf,
                                        void *opaque, char *text, size_t text_size) {
    const flinch__client_hooks *hooks = opaque;
    return rd_kafka_interceptor_add_on_response_received(client, "flinch", hooks->answered,
                                                         hooks->opaque);
}

flinch_status flinch__client_new(flinch__client_kind kind, const flinch__worker_config *config,
                                 const flinch__client_hooks *hooks, rd_kafka_t **out_client,
                                 flinch_error *error) {
    *out_client = NULL;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    flinch_status status = configure(conf, kind, config, error);
    if (!flinch_is_ok(status)) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    rd_kafka_conf_set_opaque(conf, hooks->opaque);
    rd_kafka_conf_set_log_cb(conf, NULL);
    if (hooks->rebalance != NULL)
        rd_kafka_conf_set_rebalance_cb(conf, hooks->rebalance);
    if (hooks->delivered != NULL)
        rd_kafka_conf_set_dr_msg_cb(conf, hooks->delivered);
    if (hooks->failed != NULL)
        rd_kafka_conf_set_error_cb(conf, hooks->failed);
    if (hooks->answered != NULL)
        rd_kafka_conf_interceptor_add_on_new(conf, "flinch", hear_answers, (void *)hooks);

    char text[256];
    rd_kafka_type_t type = kind == FLINCH_CLIENT_PRODUCER ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER;
    *out_client = rd_kafka_new(type, conf, text, sizeof text);
    if (*out_client == NULL) {
        rd_kafka_conf_destroy(conf);
        return flinch_fail(error, FLINCH_INVALID, "kafka: %s", text);
    }
    if (kind != FLINCH_CLIENT_PRODUCER)
        rd_kafka_poll_set_consumer(*out_client);
    return flinch_status_of(FLINCH_OK);
}

const char *flinch__client_brokers(const flinch__worker_config *config) {
    for (uint32_t i = 0; i < config->property_count; i++)
        if (strcmp(config->properties[i].name, "bootstrap.servers") == 0)
            return config->properties[i].value;
    return "";
}
