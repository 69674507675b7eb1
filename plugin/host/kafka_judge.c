#include "plugin/host/kafka_judge.h"

#include <string.h>

#include <librdkafka/rdkafka.h>

/* librdkafka looks at it only when a client is made, and then repeats the value, which may be a
 * secret in the wrong place. */
static bool is_mechanism(const char *value) {
    static const char *const KNOWN[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "GSSAPI",
                                        "OAUTHBEARER"};
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
        if (strcmp(value, KNOWN[i]) == 0)
            return true;
    return false;
}

bool flinch__kafka_accepts(const char *property, const char *value) {
    if (strcmp(property, "sasl.mechanism") == 0 || strcmp(property, "sasl.mechanisms") == 0)
        return is_mechanism(value);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[16];
    rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, property, value, text, sizeof text);
    rd_kafka_conf_destroy(conf);
    return result == RD_KAFKA_CONF_OK;
}

bool flinch__kafka_does_scram(void) {
    return rd_kafka_version() >= 0x02060100;
}
