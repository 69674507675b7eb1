#include "plugin/host/demo_broker.h"

#include <stdlib.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

struct flinch__demo_broker {
    rd_kafka_t *host; /* the mock cluster lives inside a client */
    rd_kafka_mock_cluster_t *cluster;
};

flinch_status flinch__demo_broker_open(const char *const *topics, int partitions,
                                       flinch__demo_broker **out_broker, flinch_error *error) {
    *out_broker = NULL;
    flinch__demo_broker *broker = calloc(1, sizeof *broker);
    if (broker == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for the demonstration broker");
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, NULL);
    broker->host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (broker->host == NULL) {
        rd_kafka_conf_destroy(conf);
        free(broker);
        return flinch_fail(error, FLINCH_FATAL, "demonstration broker: %s", text);
    }
    broker->cluster = rd_kafka_mock_cluster_new(broker->host, 1);
    if (broker->cluster == NULL) {
        flinch__demo_broker_close(broker);
        return flinch_fail(error, FLINCH_FATAL, "the demonstration broker does not start");
    }
    for (; *topics != NULL; topics++) {
        rd_kafka_resp_err_t err =
            rd_kafka_mock_topic_create(broker->cluster, *topics, partitions, 1);
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        flinch__demo_broker_close(broker);
        return flinch_fail(error, FLINCH_FATAL, "demonstration broker: topic %s: %s", *topics,
                           rd_kafka_err2str(err));
    }
    *out_broker = broker;
    return flinch_status_of(FLINCH_OK);
}

void flinch__demo_broker_close(flinch__demo_broker *broker) {
    if (broker == NULL)
        return;
    if (broker->cluster != NULL)
        rd_kafka_mock_cluster_destroy(broker->cluster);
    rd_kafka_destroy(broker->host);
    free(broker);
}

const char *flinch__demo_broker_servers(const flinch__demo_broker *broker) {
    return rd_kafka_mock_cluster_bootstraps(broker->cluster);
}
