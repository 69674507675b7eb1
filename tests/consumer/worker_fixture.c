#include "tests/consumer/worker_fixture.h"

#include <stdio.h>

#include "consumer/feeder.h"
#include "schemas/score_codec.h"
#include "schemas/wire.h"
#include "tests/support/unit.h"

enum { HOUR_MS = 3600000 };

int worker_fixture_set_up(void **state) {
    worker_fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    mock_kafka_open(&f->kafka, 1);
    assert_int_equal(rd_kafka_mock_topic_create(f->kafka.cluster, "state", 1, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    f->blueprint = fixture_blueprint();
    f->config = fixture_config(f->blueprint, &f->stats);
    f->config.state_topic = "state";
    f->config.exactly_once = false;
    f->config.checkpoint_interval_ms = HOUR_MS;
    f->config.streams_memory_bytes = UINT64_MAX;
    f->passed_over = -1;
    /* The mock cluster lets a group of nobody wait for a whole session. */
    const flinch__property properties[] = {
        f->kafka.properties[0], {"session.timeout.ms", "4000"}, {"fetch.wait.max.ms", "5"}};
    memcpy(f->properties, properties, sizeof properties);
    f->config.properties = f->properties;
    f->config.property_count = sizeof properties / sizeof *properties;
    f->reader = mock_kafka_reader(&f->kafka, "scores", 1);
    *state = f;
    return 0;
}

int worker_fixture_tear_down(void **state) {
    worker_fixture *f = *state;
    worker_fixture_stop(f);
    mock_kafka_reader_close(f->reader);
    mock_kafka_close(&f->kafka);
    flinch__blueprint_free(f->blueprint);
    free(f->expected);
    free(f);
    return 0;
}

static size_t key_of(const worker_fixture *f, int64_t offset, char key[16]) {
    enum { RUN = 40 };
    return (size_t)snprintf(key, 16, "k%u", (unsigned)(offset / RUN % f->keys));
}

void worker_fixture_expect(worker_fixture *f) {
    flinch__feeder feeder;
    flinch_error error;
    assert_null(f->expected);
    f->expected = calloc(WORKER_FIXTURE_RECORDS, sizeof *f->expected);
    assert_non_null(f->expected);
    assert_ok(flinch__feeder_init(&feeder, f->blueprint, &error));
    for (uint32_t i = 0; i < WORKER_FIXTURE_RECORDS; i++) {
        double row[FIXTURE_INPUTS];
        char name[16] = "in-0";
        size_t size = f->keys > 0 ? key_of(f, i, name) : strlen(name);
        flinch__route *route = NULL;
        if (i == f->passed_over)
            continue;
        fixture_row(i, row);
        const flinch__feed feed = {.name = name, .name_size = size, .inputs = row, .offset = i};
        assert_ok(flinch__feeder_feed(&feeder, &feed, &route, &error));
        assert_ok(flinch__feeder_settle(&feeder, &error));
        f->expected[i] = feeder.scores[0];
    }
    flinch__feeder_fini(&feeder);
}

static void *run(void *context) {
    worker_fixture *f = context;
    f->status = flinch__worker_run(f->worker, &f->stop, &f->error);
    return NULL;
}

void worker_fixture_start(worker_fixture *f) {
    flinch_error error;
    atomic_store(&f->stop, false);
    assert_ok(flinch__worker_new(&f->config, &f->worker, &error));
    assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
}

flinch_code worker_fixture_join(worker_fixture *f) {
    if (f->worker == NULL)
        return FLINCH_OK;
    pthread_join(f->thread, NULL);
    flinch__worker_free(f->worker);
    f->worker = NULL;
    return f->status.code;
}

flinch_code worker_fixture_stop(worker_fixture *f) {
    atomic_store(&f->stop, true);
    return worker_fixture_join(f);
}

void worker_fixture_crash(worker_fixture *f) {
    enum { ENOUGH = 200 }; /* the readers of other topics are refused, too, and ask again */
    for (int i = 0; i < ENOUGH; i++)
        rd_kafka_mock_push_request_errors(f->kafka.cluster, API_FETCH, 1,
                                          RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    assert_int_equal(worker_fixture_join(f), FLINCH_FATAL);
    rd_kafka_mock_clear_request_errors(f->kafka.cluster, API_FETCH);
}

void worker_fixture_put(worker_fixture *f, uint32_t count, int32_t schema_id) {
    for (uint32_t i = 0; i < count; i++, f->put++) {
        test_bytes bytes = {0};
        uint8_t header[FLINCH__WIRE_BYTES];
        char key[16];
        if (f->keys > 0)
            key_of(f, f->put, key);
        flinch__wire_write(schema_id, header);
        test_bytes_put(&bytes, header, schema_id > 0 ? sizeof header : 0);
        fixture_record(&bytes, (uint32_t)f->put, "web");
        mock_kafka_put(&f->kafka, &(mock_record){.key = f->keys > 0 ? key : NULL,
                                                 .value = bytes.data,
                                                 .size = bytes.size});
        test_bytes_free(&bytes);
    }
    mock_kafka_flush(&f->kafka);
}

static void read_one(worker_fixture *f) {
    rd_kafka_message_t *message = mock_kafka_next(f->reader);
    flinch__score_record record;
    flinch_status decoded = flinch__score_decode(message->payload, message->len, &record);
    rd_kafka_message_destroy(message); /* before anything fails: a reader waits for its messages */
    assert_ok(decoded);
    f->next += f->next == f->passed_over;
    assert_true(record.offset <= f->next);
    assert_same_score(&record.score, &f->expected[record.offset]);
    f->again += record.offset < f->next;
    f->next = record.offset + 1 > f->next ? record.offset + 1 : f->next;
}

void worker_fixture_read(worker_fixture *f, int64_t end) {
    while (f->next < end)
        read_one(f);
}

void worker_fixture_wait(worker_fixture *f, flinch__stat stat, uint64_t count) {
    int64_t until = mock_now_ms() + MOCK_PATIENCE_MS;
    while (flinch__stats_get(&f->stats, stat) < count && mock_now_ms() < until)
        rd_kafka_poll(f->kafka.host, 10);
    assert_true(flinch__stats_get(&f->stats, stat) >= count);
}

static int64_t committed(rd_kafka_t *consumer) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "in", 0);
    assert_int_equal(rd_kafka_committed(consumer, list, MOCK_PATIENCE_MS),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return offset;
}

void worker_fixture_wait_for_commit(worker_fixture *f) {
    rd_kafka_t *consumer = mock_kafka_consumer(&f->kafka, f->config.group);
    int64_t until = mock_now_ms() + MOCK_PATIENCE_MS;
    while (committed(consumer) < f->put && mock_now_ms() < until)
        rd_kafka_poll(f->kafka.host, 10);
    assert_int_equal(committed(consumer), f->put);
    mock_kafka_reader_close(consumer);
}

int64_t worker_fixture_messages(worker_fixture *f, const char *topic) {
    int64_t low = 0;
    int64_t high = 0;
    assert_int_equal(
        rd_kafka_query_watermark_offsets(f->kafka.host, topic, 0, &low, &high, MOCK_PATIENCE_MS),
        RD_KAFKA_RESP_ERR_NO_ERROR);
    return high;
}
