/* e2e_topic BROKERS create TOPIC PARTITIONS [NAME=VALUE]…
 * e2e_topic BROKERS committed GROUP TOPIC
 *
 * `create` makes a topic and returns when every broker's answer has it. `committed` prints one line
 * a partition: "PARTITION COMMITTED END", −1 for nothing committed. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/tools/tool.h"

enum { PAUSE_MS = 100 };

static void set_options(rd_kafka_NewTopic_t *topic, char *const *options) {
    for (; *options != NULL; options++) {
        char *equals = strchr(*options, '=');
        if (equals == NULL)
            tool_fail(*options, "NAME=VALUE was expected");
        *equals = '\0';
        if (rd_kafka_NewTopic_set_config(topic, *options, equals + 1) != 0)
            tool_fail(*options, "refused");
    }
}

static void check_created(rd_kafka_event_t *event) {
    const rd_kafka_CreateTopics_result_t *result =
        event == NULL ? NULL : rd_kafka_event_CreateTopics_result(event);
    if (result == NULL || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        tool_fail("create", event == NULL ? "no answer" : rd_kafka_event_error_string(event));
    size_t count = 0;
    const rd_kafka_topic_result_t **topics = rd_kafka_CreateTopics_result_topics(result, &count);
    for (size_t i = 0; i < count; i++) {
        if (rd_kafka_topic_result_error(topics[i]) != RD_KAFKA_RESP_ERR_NO_ERROR)
            tool_fail(rd_kafka_topic_result_name(topics[i]),
                      rd_kafka_topic_result_error_string(topics[i]));
    }
}

static void create(rd_kafka_t *client, const char *name, int partitions, char *const *options) {
    char text[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, 1, text, sizeof text);
    if (topic == NULL)
        tool_fail(name, text);
    set_options(topic, options);
    rd_kafka_AdminOptions_t *wait =
        rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_operation_timeout(wait, TOOL_TIMEOUT_MS, text, sizeof text);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_CreateTopics(client, &topic, 1, wait, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, TOOL_TIMEOUT_MS);
    check_created(event);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(wait);
    rd_kafka_NewTopic_destroy(topic);
}

/* A group's coordinator is on its way: so it is with a cluster's first group for a moment. */
static bool is_moving(rd_kafka_resp_err_t err) {
    return err == RD_KAFKA_RESP_ERR_NOT_COORDINATOR ||
           err == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
           err == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
}

static void ask_committed(rd_kafka_t *client, rd_kafka_topic_partition_list_t *list) {
    rd_kafka_resp_err_t err = rd_kafka_committed(client, list, TOOL_TIMEOUT_MS);
    for (int waited = 0; is_moving(err) && waited < TOOL_TIMEOUT_MS; waited += PAUSE_MS) {
        rd_kafka_poll(client, PAUSE_MS);
        err = rd_kafka_committed(client, list, TOOL_TIMEOUT_MS);
    }
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        tool_fail("committed offsets", rd_kafka_err2str(err));
}

static void committed(rd_kafka_t *client, const char *topic) {
    int32_t count = tool_partitions(client, topic);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int32_t p = 0; p < count; p++)
        rd_kafka_topic_partition_list_add(list, topic, p);
    ask_committed(client, list);
    for (int p = 0; p < list->cnt; p++) {
        int64_t low = 0;
        int64_t high = 0;
        rd_kafka_resp_err_t err =
            rd_kafka_query_watermark_offsets(client, topic, p, &low, &high, TOOL_TIMEOUT_MS);
        if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
            tool_fail("log ends", rd_kafka_err2str(err));
        int64_t offset = list->elems[p].offset;
        printf("%d %" PRId64 " %" PRId64 "\n", p, offset < 0 ? -1 : offset, high);
    }
    rd_kafka_topic_partition_list_destroy(list);
}

int main(int argc, char **argv) {
    if (argc >= 5 && strcmp(argv[2], "create") == 0) {
        rd_kafka_t *client = tool_client(RD_KAFKA_PRODUCER, tool_conf(argv[1], NULL));
        create(client, argv[3], (int)tool_number(argv[4], 1, 1000), argv + 5);
        rd_kafka_destroy(client);
        return EXIT_SUCCESS;
    }
    if (argc == 5 && strcmp(argv[2], "committed") == 0) {
        const char *group[] = {"group.id", argv[3], NULL};
        rd_kafka_t *client = tool_client(RD_KAFKA_CONSUMER, tool_conf(argv[1], group));
        committed(client, argv[4]);
        rd_kafka_destroy(client);
        return EXIT_SUCCESS;
    }
    tool_fail("usage", "e2e_topic BROKERS create TOPIC PARTITIONS [NAME=VALUE...]"
                       " | BROKERS committed GROUP TOPIC");
}
