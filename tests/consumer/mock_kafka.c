#include "tests/consumer/mock_kafka.h"

#include "tests/support/unit.h"

#include <time.h>

int64_t mock_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char text[256];
    assert_int_equal(rd_kafka_conf_set(conf, name, value, text, sizeof text), RD_KAFKA_CONF_OK);
}

static rd_kafka_t *client(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
    char text[256];
    rd_kafka_conf_set_log_cb(conf, NULL);
    rd_kafka_t *made = rd_kafka_new(type, conf, text, sizeof text);
    assert_non_null(made);
    return made;
}

/* Without it the first message waits most of a second for its partition's leader. */
static void prime_metadata(mock_kafka *kafka) {
    const struct rd_kafka_metadata *metadata = NULL;
    kafka->input = rd_kafka_topic_new(kafka->host, "in", NULL);
    assert_int_equal(rd_kafka_metadata(kafka->host, 0, kafka->input, &metadata, MOCK_PATIENCE_MS),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_metadata_destroy(metadata);
}

void mock_kafka_open(mock_kafka *kafka, int partitions) {
    static const char *const TOPICS[] = {"in", "scores", "dead"};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "test.mock.num.brokers", "1");
    set(conf, "linger.ms", "0");
    kafka->host = client(RD_KAFKA_PRODUCER, conf);
    kafka->cluster = rd_kafka_handle_mock_cluster(kafka->host);
    assert_non_null(kafka->cluster);
    for (size_t i = 0; i < sizeof TOPICS / sizeof *TOPICS; i++)
        assert_int_equal(rd_kafka_mock_topic_create(kafka->cluster, TOPICS[i], partitions, 1),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
    kafka->properties[0] =
        (flinch__property){"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(kafka->cluster)};
    prime_metadata(kafka);
}

void mock_kafka_close(mock_kafka *kafka) {
    rd_kafka_topic_destroy(kafka->input);
    rd_kafka_destroy(kafka->host);
}

void mock_kafka_use(const mock_kafka *kafka, flinch__worker_config *config) {
    config->properties = kafka->properties;
    config->property_count = 1;
}

void mock_kafka_put(mock_kafka *kafka, const mock_record *record) {
    const rd_kafka_vu_t vus[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = "in"},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = record->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {.ptr = (void *)record->value, .size = record->size}},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {.ptr = (void *)record->key,
                   .size = record->key == NULL ? 0 : strlen(record->key)}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = 1234567890123},
        {.vtype = RD_KAFKA_VTYPE_HEADER, .u.header = {.name = "trace", .val = "t-1", .size = 3}},
    };
    assert_null(rd_kafka_produceva(kafka->host, vus, sizeof vus / sizeof *vus));
}

void mock_kafka_flush(mock_kafka *kafka) {
    assert_int_equal(rd_kafka_flush(kafka->host, MOCK_PATIENCE_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
}

rd_kafka_t *mock_kafka_producer(const mock_kafka *kafka, const char *name, const char *value) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", kafka->properties[0].value);
    set(conf, name, value);
    return client(RD_KAFKA_PRODUCER, conf);
}

rd_kafka_t *mock_kafka_consumer(const mock_kafka *kafka, const char *group) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", kafka->properties[0].value);
    set(conf, "group.id", group);
    set(conf, "enable.auto.commit", "false");
    set(conf, "fetch.wait.max.ms", "10");
    rd_kafka_t *consumer = client(RD_KAFKA_CONSUMER, conf);
    rd_kafka_poll_set_consumer(consumer);
    return consumer;
}

rd_kafka_t *mock_kafka_reader(const mock_kafka *kafka, const char *topic, int partitions) {
    rd_kafka_t *reader = mock_kafka_consumer(kafka, "reader");
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int32_t id = 0; id < partitions; id++)
        rd_kafka_topic_partition_list_add(list, topic, id)->offset = RD_KAFKA_OFFSET_BEGINNING;
    assert_int_equal(rd_kafka_assign(reader, list), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
    return reader;
}

rd_kafka_message_t *mock_kafka_next(rd_kafka_t *reader) {
    int64_t until = mock_now_ms() + MOCK_PATIENCE_MS;
    while (mock_now_ms() < until) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(reader, 100);
        if (message != NULL && message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            return message;
        if (message != NULL)
            rd_kafka_message_destroy(message); /* the broker was away, say */
    }
    fail_msg("no message within %d ms", MOCK_PATIENCE_MS);
    return NULL;
}

void mock_kafka_reader_close(rd_kafka_t *reader) {
    if (reader == NULL)
        return;
    rd_kafka_consumer_close(reader);
    rd_kafka_destroy(reader);
}

void mock_kafka_commit(const mock_kafka *kafka, const char *group, int32_t partition,
                       int64_t offset) {
    rd_kafka_t *consumer = mock_kafka_consumer(kafka, group);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "in", partition)->offset = offset;
    assert_int_equal(rd_kafka_commit(consumer, list, 0), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
    mock_kafka_reader_close(consumer);
}
