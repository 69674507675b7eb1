/* e2e_produce BROKERS TOPIC
 *
 * Produces a message for each line of standard input, in their order:
 *
 *     PARTITION TIMESTAMP KEY VALUE [NAME=TEXT]
 *
 * key and value in hexadecimal, the last a header. An empty key or value is "" (two quotes). */
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/tools/tool.h"

typedef struct line {
    int32_t partition;
    int64_t timestamp_ms;
    uint8_t *key; /* or NULL, as the value */
    size_t key_size;
    uint8_t *value;
    size_t value_size;
    char *header; /* or NULL */
} line;

static void delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client;
    rd_kafka_resp_err_t *failed = opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        *failed = message->err;
}

static uint8_t *take_bytes(char *text, size_t *out_size) {
    if (strcmp(text, "\"\"") == 0)
        *text = '\0';
    return tool_bytes(text, out_size);
}

static line parse(char *text) {
    char *rest = NULL;
    char *words[5] = {NULL};
    for (size_t i = 0; i < 5; i++)
        words[i] = strtok_r(i == 0 ? text : NULL, " \n", &rest);
    if (words[3] == NULL)
        tool_fail("expected", "PARTITION TIMESTAMP KEY VALUE [NAME=TEXT]");
    line parsed = {.partition = (int32_t)tool_number(words[0], 0, INT32_MAX),
                   .timestamp_ms = tool_number(words[1], 0, INT64_MAX),
                   .header = words[4]};
    parsed.key = take_bytes(words[2], &parsed.key_size);
    parsed.value = take_bytes(words[3], &parsed.value_size);
    return parsed;
}

/* A list of none is the same to Kafka as no list. */
static rd_kafka_headers_t *headers_of(char *text) {
    rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
    char *value = text == NULL ? NULL : strchr(text, '=');
    if (value != NULL)
        rd_kafka_header_add(headers, text, value - text, value + 1, -1);
    return headers;
}

/* The headers are taken over by a successful call alone. */
static void produce(rd_kafka_t *client, const char *topic, const line *l) {
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = l->partition},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = l->timestamp_ms},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {.ptr = l->key, .size = l->key_size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {.ptr = l->value, .size = l->value_size}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers_of(l->header)},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
    };
    for (;;) {
        rd_kafka_error_t *failed = rd_kafka_produceva(client, parts, sizeof parts / sizeof *parts);
        if (failed == NULL)
            return;
        if (rd_kafka_error_code(failed) != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            tool_fail("produce", rd_kafka_error_string(failed));
        rd_kafka_error_destroy(failed);
        rd_kafka_poll(client, 100);
    }
}

int main(int argc, char **argv) {
    if (argc != 3)
        tool_fail("usage", "e2e_produce BROKERS TOPIC");
    rd_kafka_resp_err_t failed = RD_KAFKA_RESP_ERR_NO_ERROR;
    const char *settings[] = {"enable.idempotence", "true", "linger.ms", "20", NULL};
    rd_kafka_conf_t *conf = tool_conf(argv[1], settings);
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    rd_kafka_conf_set_opaque(conf, &failed);
    rd_kafka_t *client = tool_client(RD_KAFKA_PRODUCER, conf);

    char *text = NULL;
    size_t capacity = 0;
    while (getline(&text, &capacity, stdin) > 0) {
        line parsed = parse(text);
        produce(client, argv[2], &parsed);
        rd_kafka_poll(client, 0);
    }
    free(text);
    rd_kafka_resp_err_t err = rd_kafka_flush(client, 2 * TOOL_TIMEOUT_MS);
    failed = failed == RD_KAFKA_RESP_ERR_NO_ERROR ? err : failed;
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR)
        tool_fail("messages were not delivered", rd_kafka_err2str(failed));
    rd_kafka_destroy(client);
    return EXIT_SUCCESS;
}
