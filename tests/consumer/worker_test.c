#include "tests/support/unit.h"

#include <pthread.h>
#include <stdio.h>

#include "consumer/feeder.h"
#include "schemas/score_codec.h"
#include "schemas/wire.h"
#include "tests/consumer/fake_registry.h"
#include "tests/consumer/fixture.h"
#include "tests/consumer/mock_kafka.h"

enum { PARTITIONS = 2, RECORDS = 400 };

/* A worker on its thread, and what it says. */
typedef struct setting {
    mock_kafka kafka;
    rd_kafka_t *reader; /* of the scores */
    flinch__blueprint *blueprint;
    flinch__stats stats;
    flinch__worker_config config;
    flinch__worker *worker;
    pthread_t thread;
    atomic_bool stop;
    atomic_int brokers_missed; /* notes of a client that its broker is away */
    flinch_status status;
    flinch_error error;
    uint32_t scores_read;
    int64_t next[PARTITIONS]; /* offset of the record whose score is to come */
    int restarts;             /* times that scores began again at the first record */
    flinch_score *expected[PARTITIONS];
} setting;

static void hear(void *context, int level, const char *event, const char *text) {
    setting *s = context;
    if (strcmp(event, "kafka_producer") == 0 || strcmp(event, "kafka_consumer") == 0)
        atomic_fetch_add(&s->brokers_missed, 1);
}

/* The scores of a partition's records, without Kafka. */
static flinch_score *score_offline(const flinch__blueprint *blueprint, int32_t partition) {
    flinch_score *scores = calloc(2 * RECORDS, sizeof *scores);
    assert_non_null(scores);
    char name[16];
    size_t size = (size_t)snprintf(name, sizeof name, "in-%d", partition);
    flinch__feeder feeder;
    flinch_error error;
    assert_ok(flinch__feeder_init(&feeder, blueprint, &error));
    for (uint32_t i = 0; i < 2 * RECORDS; i++) {
        double row[FIXTURE_INPUTS];
        fixture_row(i, row);
        const flinch__feed feed = {
            .partition = partition, .name = name, .name_size = size, .inputs = row};
        flinch__route *route = NULL;
        assert_ok(flinch__feeder_feed(&feeder, &feed, &route, &error));
        assert_ok(flinch__feeder_settle(&feeder, &error));
        scores[i] = feeder.scores[0];
    }
    flinch__feeder_fini(&feeder);
    return scores;
}

static int set_up(void **state) {
    setting *s = calloc(1, sizeof *s);
    assert_non_null(s);
    mock_kafka_open(&s->kafka, PARTITIONS);
    s->blueprint = fixture_blueprint();
    s->config = fixture_config(s->blueprint, &s->stats);
    s->config.notes = (flinch__notes){hear, s};
    mock_kafka_use(&s->kafka, &s->config);
    for (int32_t id = 0; id < PARTITIONS; id++)
        s->expected[id] = score_offline(s->blueprint, id);
    s->reader = mock_kafka_reader(&s->kafka, "scores", PARTITIONS);
    *state = s;
    return 0;
}

static void *run(void *context) {
    setting *s = context;
    s->status = flinch__worker_run(s->worker, &s->stop, &s->error);
    return NULL;
}

static void start(setting *s) {
    flinch_error error;
    atomic_store(&s->stop, false);
    assert_ok(flinch__worker_new(&s->config, &s->worker, &error));
    assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
}

/* Waits for the worker's end and gives what run returned. */
static flinch_code join(setting *s) {
    if (s->worker == NULL)
        return FLINCH_OK;
    pthread_join(s->thread, NULL);
    flinch__worker_free(s->worker);
    s->worker = NULL;
    return s->status.code;
}

static flinch_code stop(setting *s) {
    atomic_store(&s->stop, true);
    return join(s);
}

static int tear_down(void **state) {
    setting *s = *state;
    stop(s);
    mock_kafka_reader_close(s->reader);
    mock_kafka_close(&s->kafka);
    for (int32_t id = 0; id < PARTITIONS; id++)
        free(s->expected[id]);
    flinch__blueprint_free(s->blueprint);
    free(s);
    return 0;
}

/* ---- records in --------------------------------------------------------------------------------
 */

/* Puts records first … end - 1; with a schema id, behind its wire header. */
static void put(setting *s, int32_t partition, uint32_t first, uint32_t end, int32_t schema_id) {
    for (uint32_t i = first; i < end; i++) {
        test_bytes bytes = {0};
        uint8_t header[FLINCH__WIRE_BYTES];
        flinch__wire_write(schema_id, header);
        test_bytes_put(&bytes, header, schema_id > 0 ? sizeof header : 0);
        fixture_record(&bytes, i, "web");
        mock_kafka_put(
            &s->kafka,
            &(mock_record){.partition = partition, .value = bytes.data, .size = bytes.size});
        test_bytes_free(&bytes);
    }
    mock_kafka_flush(&s->kafka);
}

/* ---- scores out --------------------------------------------------------------------------------
 */

/* Reads one score: it is the next record's, or the first one's again, with the bits that the record
 * has offline. */
static void read_score(setting *s) {
    rd_kafka_message_t *message = mock_kafka_next(s->reader);
    flinch__score_record record;
    flinch_status decoded = flinch__score_decode(message->payload, message->len, &record);
    int32_t partition = message->partition;
    rd_kafka_message_destroy(message); /* before anything fails: a reader waits for its messages */
    assert_ok(decoded);
    assert_int_equal(record.partition, partition);
    int64_t *next = &s->next[record.partition];
    if (record.offset != *next) {
        assert_int_equal(record.offset, 0);
        *next = 0;
        s->restarts++;
    }
    assert_same_score(&record.score, &s->expected[record.partition][record.offset]);
    (*next)++;
    s->scores_read++;
}

static void read_scores(setting *s, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        read_score(s);
}

/* Messages of a topic, as the cluster counts them. */
static int64_t messages_of(setting *s, const char *topic) {
    int64_t sum = 0;
    for (int32_t id = 0; id < PARTITIONS; id++) {
        int64_t low = 0;
        int64_t high = 0;
        assert_int_equal(rd_kafka_query_watermark_offsets(s->kafka.host, topic, id, &low, &high,
                                                          MOCK_PATIENCE_MS),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
        sum += high;
    }
    return sum;
}

static uint64_t scored(setting *s) {
    uint64_t sum = 0;
    for (int i = 0; i < FLINCH__SCORE_STATUSES; i++)
        sum += atomic_load(&s->stats.scored[i]);
    return sum;
}

static void wait_for_stat(setting *s, flinch__stat stat, uint64_t count) {
    int64_t until = mock_now_ms() + MOCK_PATIENCE_MS;
    while (flinch__stats_get(&s->stats, stat) < count && mock_now_ms() < until)
        rd_kafka_poll(s->kafka.host, 10);
    assert_true(flinch__stats_get(&s->stats, stat) >= count);
}

/* ---- tests -------------------------------------------------------------------------------------
 */

static void each_record_has_one_score_with_the_bits_it_has_offline(void **state) {
    setting *s = *state;
    put(s, 0, 0, RECORDS, 0);
    put(s, 1, 0, RECORDS, 0);
    start(s);

    read_scores(s, 2 * RECORDS);

    assert_int_equal(stop(s), FLINCH_OK);
    assert_int_equal(s->restarts, 0);
    assert_int_equal(messages_of(s, "scores"), 2 * RECORDS);
    assert_int_equal(messages_of(s, "dead"), 0);
    assert_int_equal(scored(s), 2 * RECORDS);
    assert_int_equal(flinch__stats_get(&s->stats, FLINCH_STAT_CONSUMED), 2 * RECORDS);
    assert_int_equal(flinch__stats_get(&s->stats, FLINCH_STAT_ABORTS), 0);
    assert_int_equal(flinch__stats_get(&s->stats, FLINCH_STAT_REBALANCES), 1);
}

/* Has one request of a transaction fail. The mock cluster forgets what was committed and shows what
 * was aborted, so the scores begin again at the first record; from there on each has one. */
static void fail_once(setting *s, int16_t request, rd_kafka_resp_err_t error) {
    put(s, 0, 0, RECORDS, 0);
    start(s);
    read_scores(s, RECORDS);
    rd_kafka_mock_push_request_errors(s->kafka.cluster, request, 1, error);
    put(s, 0, RECORDS, RECORDS + 1, 0);

    while (s->restarts == 0 || s->next[0] <= RECORDS)
        read_score(s);

    assert_int_equal(stop(s), FLINCH_OK);
    assert_int_equal(s->restarts, 1);
    assert_int_equal(messages_of(s, "scores"), s->scores_read);
    assert_int_equal(flinch__stats_get(&s->stats, FLINCH_STAT_ABORTS), 1);
}

static void after_a_failed_end_of_transaction_scores_come_again_with_the_same_bits(void **state) {
    fail_once(*state, API_END_TXN, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING);
}

static void after_refused_offsets_scores_come_again_with_the_same_bits(void **state) {
    fail_once(*state, API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION);
}

static void after_refused_scores_they_come_again_with_the_same_bits(void **state) {
    setting *s = *state;
    put(s, 0, 0, RECORDS, 0);
    rd_kafka_mock_push_request_errors(s->kafka.cluster, API_PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    start(s);

    read_scores(s, RECORDS);

    assert_int_equal(stop(s), FLINCH_OK);
    assert_int_equal(s->restarts, 0); /* what was refused is not there to be seen */
    assert_int_equal(messages_of(s, "scores"), RECORDS);
    assert_int_equal(flinch__stats_get(&s->stats, FLINCH_STAT_ABORTS), 1);
}

static void after_the_broker_was_away_each_record_has_its_score(void **state) {
    setting *s = *state;
    put(s, 0, 0, RECORDS, 0);
    start(s);
    read_scores(s, RECORDS);
    rd_kafka_mock_broker_set_down(s->kafka.cluster, -1);
    int64_t until = mock_now_ms() + MOCK_PATIENCE_MS;
    while (atomic_load(&s->brokers_missed) == 0 && mock_now_ms() < until)
        rd_kafka_poll(s->kafka.host, 10);
    assert_true(atomic_load(&s->brokers_missed) > 0);

    rd_kafka_mock_broker_set_up(s->kafka.cluster, -1);
    put(s, 0, RECORDS, 2 * RECORDS, 0);

    while (s->next[0] < 2 * RECORDS)
        read_score(s);
    assert_int_equal(stop(s), FLINCH_OK);
    assert_int_equal(messages_of(s, "scores"), s->scores_read);
}

static void a_fenced_producer_ends_the_worker(void **state) {
    setting *s = *state;
    put(s, 0, 0, 10, 0);
    rd_kafka_mock_push_request_errors(s->kafka.cluster, API_END_TXN, 1,
                                      RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH);
    start(s);

    assert_int_equal(join(s), FLINCH_FATAL);
    assert_non_null(strstr(s->error.text, "commit_transaction"));
}

static void a_partition_waits_for_the_registry_and_the_others_go_on(void **state) {
    setting *s = *state;
    fake_registry server;
    fake_registry_open(&server);
    const flinch__registry_config registry = {.url = server.url, .timeout_ms = 5000};
    flinch_error error;
    assert_ok(flinch__registry_new(&registry, &s->config.decoder.registry, &error));
    s->config.decoder.schema = NULL;
    s->config.decoder.framing = FLINCH_FRAMING_CONFLUENT;
    put(s, 0, 0, RECORDS, 2);
    put(s, 1, 0, RECORDS, 1);
    start(s);

    read_scores(s, RECORDS);
    wait_for_stat(s, FLINCH_STAT_REGISTRY_WAITS, 2);
    assert_int_equal(s->next[0], 0);
    assert_int_equal(s->next[1], RECORDS);
    atomic_store(&server.answers_two, true);
    read_scores(s, RECORDS);

    assert_int_equal(stop(s), FLINCH_OK);
    assert_int_equal(s->next[0], RECORDS);
    assert_int_equal(messages_of(s, "scores"), 2 * RECORDS);
    assert_int_equal(messages_of(s, "dead"), 0);
    flinch__registry_free(s->config.decoder.registry);
    fake_registry_close(&server);
}

static void tombstones_are_skipped_and_bad_records_go_to_the_dead_letters(void **state) {
    setting *s = *state;
    rd_kafka_t *dead = mock_kafka_reader(&s->kafka, "dead", PARTITIONS);
    mock_kafka_put(&s->kafka, &(mock_record){.key = "gone"});
    mock_kafka_put(&s->kafka, &(mock_record){.value = "\x06we", .size = 3});
    put(s, 0, 0, 1, 0);
    start(s);

    rd_kafka_message_t *score = mock_kafka_next(s->reader);
    rd_kafka_message_t *letter = mock_kafka_next(dead);

    assert_int_equal(stop(s), FLINCH_OK);
    flinch__score_record record;
    assert_ok(flinch__score_decode(score->payload, score->len, &record));
    assert_int_equal(record.offset, 2);
    assert_int_equal(letter->len, 3);
    assert_int_equal(messages_of(s, "scores"), 1);
    assert_int_equal(messages_of(s, "dead"), 1);
    assert_int_equal(flinch__stats_get(&s->stats, FLINCH_STAT_CONSUMED), 3);
    assert_int_equal(flinch__stats_get(&s->stats, FLINCH_STAT_TOMBSTONES), 1);
    assert_int_equal(atomic_load(&s->stats.dead[FLINCH_CAUSE_TRUNCATED]), 1);
    assert_int_equal(scored(s), 1);
    rd_kafka_message_destroy(score);
    rd_kafka_message_destroy(letter);
    mock_kafka_reader_close(dead);
}

/* At least once, because the mock cluster forgets the offsets of a transaction. */
static void a_restart_learns_the_past_again_and_goes_on_with_the_same_bits(void **state) {
    setting *s = *state;
    /* The mock cluster lets a group of nobody wait for a whole session. */
    const flinch__property properties[] = {s->kafka.properties[0], {"session.timeout.ms", "4000"}};
    s->config.properties = properties;
    s->config.property_count = 2;
    s->config.exactly_once = false;
    put(s, 0, 0, RECORDS, 0);
    start(s);
    read_scores(s, RECORDS);
    assert_int_equal(stop(s), FLINCH_OK);
    put(s, 0, RECORDS, 2 * RECORDS, 0);

    start(s);
    read_scores(s, RECORDS);

    assert_int_equal(stop(s), FLINCH_OK);
    assert_int_equal(s->restarts, 0);
    assert_int_equal(messages_of(s, "scores"), 2 * RECORDS);
    assert_int_equal(flinch__stats_get(&s->stats, FLINCH_STAT_REPLAYED), RECORDS);
    assert_int_equal(scored(s), 2 * RECORDS);
}

static void a_backlog_to_learn_from_is_not_published(void **state) {
    setting *s = *state;
    s->config.score_backlog = false;
    put(s, 0, 0, RECORDS, 0);
    start(s);
    wait_for_stat(s, FLINCH_STAT_REPLAYED, RECORDS);
    put(s, 0, RECORDS, RECORDS + 10, 0);
    s->next[0] = RECORDS;

    read_scores(s, 10);

    assert_int_equal(stop(s), FLINCH_OK);
    assert_int_equal(s->restarts, 0);
    assert_int_equal(messages_of(s, "scores"), 10);
    assert_int_equal(scored(s), 10);
}

static void a_property_that_librdkafka_does_not_know_is_refused_by_name(void **state) {
    setting *s = *state;
    const flinch__property property = {"fetch.max.minutes", "5"};
    s->config.properties = &property;
    flinch_error error;

    assert_int_equal(flinch__worker_new(&s->config, &s->worker, &error).code, FLINCH_INVALID);

    assert_null(s->worker);
    assert_non_null(strstr(error.text, "kafka.fetch.max.minutes"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(each_record_has_one_score_with_the_bits_it_has_offline),
        TEST(after_a_failed_end_of_transaction_scores_come_again_with_the_same_bits),
        TEST(after_refused_offsets_scores_come_again_with_the_same_bits),
        TEST(after_refused_scores_they_come_again_with_the_same_bits),
        TEST(after_the_broker_was_away_each_record_has_its_score),
        TEST(a_fenced_producer_ends_the_worker),
        TEST(a_partition_waits_for_the_registry_and_the_others_go_on),
        TEST(tombstones_are_skipped_and_bad_records_go_to_the_dead_letters),
        TEST(a_restart_learns_the_past_again_and_goes_on_with_the_same_bits),
        TEST(a_backlog_to_learn_from_is_not_published),
        TEST(a_property_that_librdkafka_does_not_know_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
