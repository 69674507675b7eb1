/* e2e_read BROKERS TOPIC [ISOLATION]
 *
 * Prints every message of a topic that read_committed shows, or the isolation level given, from its
 * beginning to its end, one a line:
 *
 *     PARTITION OFFSET TIMESTAMP KEY VALUE [NAME=TEXT]…
 *
 * key, value and the headers' texts in hexadecimal. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/tools/tool.h"

static void assign_all(rd_kafka_t *client, const char *topic, int32_t partitions) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int32_t p = 0; p < partitions; p++)
        rd_kafka_topic_partition_list_add(list, topic, p)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t err = rd_kafka_assign(client, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        tool_fail(topic, rd_kafka_err2str(err));
}

static void print_headers(const rd_kafka_message_t *message) {
    rd_kafka_headers_t *headers = NULL;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    const char *name = NULL;
    const void *text = NULL;
    size_t size = 0;
    for (size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &text, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         i++) {
        printf(" %s=", name);
        tool_print_bytes(stdout, text, size);
    }
}

static void print(const rd_kafka_message_t *message) {
    rd_kafka_timestamp_type_t type;
    printf("%" PRId32 " %" PRId64 " %" PRId64 " ", message->partition, message->offset,
           rd_kafka_message_timestamp(message, &type));
    tool_print_bytes(stdout, message->key, message->key_len);
    putchar(' ');
    tool_print_bytes(stdout, message->payload, message->len);
    print_headers(message);
    putchar('\n');
}

/* Prints a message; returns how many partitions have come to their end with it: 0 or 1. */
static int take(const rd_kafka_message_t *message) {
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return 1;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        tool_fail("consume", rd_kafka_message_errstr(message));
    print(message);
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 3 && argc != 4)
        tool_fail("usage", "e2e_read BROKERS TOPIC [ISOLATION]");
    const char *settings[] = {"group.id",
                              "e2e_read",
                              "isolation.level",
                              argc == 4 ? argv[3] : "read_committed",
                              "enable.auto.commit",
                              "false",
                              "enable.partition.eof",
                              "true",
                              "queued.min.messages",
                              "1000000",
                              NULL};
    rd_kafka_t *client = tool_client(RD_KAFKA_CONSUMER, tool_conf(argv[1], settings));
    int32_t partitions = tool_partitions(client, argv[2]);
    assign_all(client, argv[2], partitions);
    for (int32_t ended = 0; ended < partitions;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client, TOOL_TIMEOUT_MS);
        if (message == NULL)
            tool_fail(argv[2], "nothing came");
        ended += take(message);
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
