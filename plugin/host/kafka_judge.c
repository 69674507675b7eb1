#include "plugin/host/kafka_judge.h"

#include <librdkafka/rdkafka.h>

bool flinch__kafka_accepts(const char *property, const char *value) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[16];
    rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, property, value, text, sizeof text);
    rd_kafka_conf_destroy(conf);
    return result == RD_KAFKA_CONF_OK;
}
