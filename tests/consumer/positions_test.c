#include "tests/support/unit.h"

#include "consumer/positions.h"
#include "tests/consumer/fixture.h"
#include "tests/consumer/mock_kafka.h"

enum { RECORDS = 5 };

typedef struct setting {
    mock_kafka kafka;
    rd_kafka_t *consumer;
    flinch__stats stats;
    flinch__worker_config config;
    flinch__partitions partitions;
    int deleted_notes;
} setting;

static void hear(void *context, int level, const char *event, const char *text) {
    setting *s = context;
    s->deleted_notes += strcmp(event, "input_deleted") == 0;
}

static void put(setting *s, const void *value, size_t size, int count) {
    for (int i = 0; i < count; i++)
        mock_kafka_put(&s->kafka, &(mock_record){.value = value, .size = size});
    mock_kafka_flush(&s->kafka);
}

static int set_up(void **state) {
    setting *s = calloc(1, sizeof *s);
    assert_non_null(s);
    mock_kafka_open(&s->kafka, 2);
    put(s, "x", 1, RECORDS);
    s->consumer = mock_kafka_consumer(&s->kafka, "group");
    s->config = fixture_config(NULL, &s->stats);
    s->config.notes = (flinch__notes){hear, s};
    mock_kafka_use(&s->kafka, &s->config);
    *state = s;
    return 0;
}

static int tear_down(void **state) {
    setting *s = *state;
    flinch__partitions_fini(&s->partitions);
    mock_kafka_reader_close(s->consumer);
    mock_kafka_close(&s->kafka);
    free(s);
    return 0;
}

static flinch__partition *hold(setting *s, int32_t id) {
    flinch__partition *partition = NULL;
    assert_ok(flinch__partitions_add(&s->partitions, id, &partition));
    return partition;
}

static void find(setting *s) {
    flinch_error error;
    assert_ok(flinch__positions_find(s->consumer, &s->config, &s->partitions, &error));
}

/* Holds partition 0 and finds where it begins. */
static const flinch__partition *find_first(setting *s) {
    hold(s, 0);
    find(s);
    return &s->partitions.items[0];
}

static void assert_position(const flinch__partition *partition, int64_t learn_from,
                            int64_t publish_from) {
    assert_int_equal(partition->learn_from, learn_from);
    assert_int_equal(partition->publish_from, publish_from);
    assert_int_equal(partition->next, learn_from);
}

static void earliest_with_the_backlog_scored_begins_all_at_the_first_record(void **state) {
    assert_position(find_first(*state), 0, 0);
}

static void earliest_with_the_backlog_learned_publishes_from_the_end(void **state) {
    setting *s = *state;
    s->config.score_backlog = false;

    assert_position(find_first(s), 0, RECORDS);
}

static void latest_begins_at_the_end(void **state) {
    setting *s = *state;
    s->config.start = FLINCH_START_LATEST;

    assert_position(find_first(s), RECORDS, RECORDS);
}

static void a_time_of_which_the_log_has_no_record_begins_at_the_end(void **state) {
    setting *s = *state;
    s->config.start = FLINCH_START_AT;
    s->config.start_ms = INT64_C(2000000000000);

    assert_position(find_first(s), RECORDS, RECORDS);
}

static void a_time_ago_of_which_the_log_has_no_record_begins_at_the_end(void **state) {
    setting *s = *state;
    s->config.start = FLINCH_START_AGO;
    s->config.start_ms = 1000;

    assert_position(find_first(s), RECORDS, RECORDS);
}

static void a_committed_offset_is_where_publishing_begins(void **state) {
    setting *s = *state;
    mock_kafka_commit(&s->kafka, "group", 0, 3);

    const flinch__partition *partition = find_first(s);

    assert_position(partition, 0, 3);
    assert_int_equal(partition->committed, 3);
}

static void a_start_behind_the_committed_offset_is_the_committed_offset(void **state) {
    setting *s = *state;
    s->config.start = FLINCH_START_LATEST;
    mock_kafka_commit(&s->kafka, "group", 0, 3);

    assert_position(find_first(s), 3, 3);
}

static void recovery_learns_from_where_it_learned_before(void **state) {
    setting *s = *state;
    flinch__partition *partition = hold(s, 0);
    partition->learn_from = 2;
    partition->publish_from = 2;
    partition->next = 5;
    mock_kafka_commit(&s->kafka, "group", 0, 4);

    find(s);

    assert_position(&s->partitions.items[0], 2, 4);
}

static void recovery_before_the_first_commit_publishes_from_where_it_did_before(void **state) {
    setting *s = *state;
    s->config.score_backlog = false;
    find_first(s);
    put(s, "y", 1, 4);
    s->partitions.items[0].next = RECORDS + 2;

    find(s);

    assert_position(&s->partitions.items[0], 0, RECORDS);
}

static void recovery_ends_the_wait_for_the_registry(void **state) {
    setting *s = *state;
    hold(s, 0)->retry_at_ms = 12345;

    find(s);

    assert_int_equal(s->partitions.items[0].retry_at_ms, 0);
}

static void each_partition_has_its_own_position(void **state) {
    setting *s = *state;
    hold(s, 1);
    hold(s, 0);
    mock_kafka_commit(&s->kafka, "group", 0, 2);

    find(s);

    assert_position(&s->partitions.items[0], 0, 0);
    assert_position(&s->partitions.items[1], 0, 2);
}

static void records_that_were_deleted_are_said_and_gone_past(void **state) {
    enum { LARGE = 900000, COUNT = 10 }; /* the mock cluster keeps 5 MiB of a partition */
    setting *s = *state;
    char *large = calloc(1, LARGE);
    assert_non_null(large);
    put(s, large, LARGE, COUNT);
    hold(s, 0)->learn_from = 1;

    find(s);

    assert_true(s->partitions.items[0].learn_from > 1);
    assert_int_equal(s->partitions.items[0].publish_from, s->partitions.items[0].learn_from);
    assert_int_equal(s->deleted_notes, 1);
    free(large);
}

static void holding_nothing_asks_nobody(void **state) {
    setting *s = *state;

    find(s);

    assert_int_equal(s->partitions.count, 0);
}

static void log_ends_that_are_not_told_are_asked_for_again(void **state) {
    setting *s = *state;
    hold(s, 0);
    /* One for the log's beginning and one for its end. */
    rd_kafka_mock_push_request_errors(s->kafka.cluster, API_LIST_OFFSETS, 2,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    flinch_error error;

    flinch_status status = flinch__positions_find(s->consumer, &s->config, &s->partitions, &error);

    assert_int_equal(status.code, FLINCH_TRY_AGAIN);
    assert_non_null(strstr(error.text, "log ends of topic in"));
    assert_non_null(strstr(error.text, "kafka.bootstrap.servers"));
    rd_kafka_mock_clear_request_errors(s->kafka.cluster, API_LIST_OFFSETS);
    find(s);
}

/* Taken for "nothing committed", it would publish everything a second time. */
static void a_committed_offset_that_is_not_told_is_asked_for_again(void **state) {
    setting *s = *state;
    hold(s, 0);
    mock_kafka_commit(&s->kafka, "group", 0, 3);
    rd_kafka_mock_push_request_errors(s->kafka.cluster, API_OFFSET_FETCH, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    flinch_error error;

    flinch_status status = flinch__positions_find(s->consumer, &s->config, &s->partitions, &error);

    assert_int_equal(status.code, FLINCH_TRY_AGAIN);
    assert_non_null(strstr(error.text, "committed offsets of topic in"));
    find(s);
    assert_position(&s->partitions.items[0], 0, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(earliest_with_the_backlog_scored_begins_all_at_the_first_record),
        TEST(earliest_with_the_backlog_learned_publishes_from_the_end),
        TEST(latest_begins_at_the_end),
        TEST(a_time_of_which_the_log_has_no_record_begins_at_the_end),
        TEST(a_time_ago_of_which_the_log_has_no_record_begins_at_the_end),
        TEST(a_committed_offset_is_where_publishing_begins),
        TEST(a_start_behind_the_committed_offset_is_the_committed_offset),
        TEST(recovery_learns_from_where_it_learned_before),
        TEST(recovery_before_the_first_commit_publishes_from_where_it_did_before),
        TEST(recovery_ends_the_wait_for_the_registry),
        TEST(each_partition_has_its_own_position),
        TEST(records_that_were_deleted_are_said_and_gone_past),
        TEST(holding_nothing_asks_nobody),
        TEST(log_ends_that_are_not_told_are_asked_for_again),
        TEST(a_committed_offset_that_is_not_told_is_asked_for_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
