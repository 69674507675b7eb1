#include "tests/e2e/tools/tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char DIGITS[] = "0123456789abcdef";

void tool_fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

long tool_number(const char *text, long low, long high) {
    char *end = NULL;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < low || number > high)
        tool_fail(text, "not a number, or out of range");
    return number;
}

rd_kafka_conf_t *tool_conf(const char *brokers, const char *const *pairs) {
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_res_t result =
        rd_kafka_conf_set(conf, "bootstrap.servers", brokers, text, sizeof text);
    for (; result == RD_KAFKA_CONF_OK && pairs != NULL && *pairs != NULL; pairs += 2)
        result = rd_kafka_conf_set(conf, pairs[0], pairs[1], text, sizeof text);
    if (result != RD_KAFKA_CONF_OK)
        tool_fail("librdkafka", text);
    return conf;
}

rd_kafka_t *tool_client(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
    char text[256];
    rd_kafka_t *client = rd_kafka_new(type, conf, text, sizeof text);
    if (client == NULL)
        tool_fail("librdkafka", text);
    return client;
}

int32_t tool_partitions(rd_kafka_t *client, const char *topic) {
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
    rd_kafka_resp_err_t err = rd_kafka_metadata(client, 0, handle, &metadata, TOOL_TIMEOUT_MS);
    rd_kafka_topic_destroy(handle);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        tool_fail(topic, rd_kafka_err2str(err));
    int32_t count = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    if (count == 0)
        tool_fail(topic, "no such topic");
    return count;
}

static uint8_t digit(char c) {
    const char *found = c == '\0' ? NULL : strchr(DIGITS, c);
    if (found == NULL)
        tool_fail("expected", "hexadecimal digits in pairs");
    return (uint8_t)(found - DIGITS);
}

uint8_t *tool_bytes(char *text, size_t *out_size) {
    uint8_t *bytes = (uint8_t *)text;
    *out_size = 0;
    if (strcmp(text, "-") == 0)
        return NULL;
    for (const char *at = text; *at != '\0'; at += 2)
        bytes[(*out_size)++] = (uint8_t)(digit(at[0]) << 4 | digit(at[1]));
    return bytes;
}

void tool_print_bytes(FILE *out, const void *data, size_t size) {
    const uint8_t *bytes = data;
    if (bytes == NULL)
        fputc('-', out);
    for (size_t i = 0; bytes != NULL && i < size; i++) {
        fputc(DIGITS[bytes[i] >> 4], out);
        fputc(DIGITS[bytes[i] & 15], out);
    }
}
