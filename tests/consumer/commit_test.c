#include "tests/support/unit.h"

#include "consumer/client.h"
#include "consumer/commit.h"
#include "tests/consumer/fixture.h"
#include "tests/consumer/mock_kafka.h"

typedef struct setting {
    mock_kafka kafka;
    rd_kafka_t *consumer;
    flinch__stats stats;
    flinch__worker_config config;
    flinch__partitions partitions;
    flinch__committer committer;
} setting;

static int set_up(void **state) {
    setting *s = calloc(1, sizeof *s);
    assert_non_null(s);
    mock_kafka_open(&s->kafka, 1);
    s->config = fixture_config(NULL, &s->stats);
    mock_kafka_use(&s->kafka, &s->config);
    s->consumer = mock_kafka_consumer(&s->kafka, "group");
    flinch__partition *partition = NULL;
    assert_ok(flinch__partitions_add(&s->partitions, 0, &partition));
    partition->learn_from = partition->publish_from = partition->next = 0;
    *state = s;
    return 0;
}

static int tear_down(void **state) {
    setting *s = *state;
    flinch__committer_close(&s->committer);
    flinch__partitions_fini(&s->partitions);
    mock_kafka_reader_close(s->consumer);
    mock_kafka_close(&s->kafka);
    free(s);
    return 0;
}

static void open_committer(setting *s) {
    flinch_error error;
    assert_ok(flinch__committer_open(&s->committer, &s->config, &error));
}

/* Begins, and produces the outcome of the record at `next`. */
static void do_some_work(setting *s) {
    flinch_error error;
    assert_ok(flinch__committer_begin(&s->committer, &error));
    const rd_kafka_vu_t vus[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = "scores"},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = 0},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {.ptr = "x", .size = 1}},
    };
    assert_null(rd_kafka_produceva(s->committer.producer, vus, sizeof vus / sizeof *vus));
    s->partitions.items[0].next++;
}

static flinch_status commit(setting *s) {
    flinch_error error;
    return flinch__committer_commit(&s->committer, s->consumer, &s->partitions, &error);
}

/* ---- the table of remedies; what leads to each stands in faults_test.c -------------------------
 */

static void an_error_without_flags_is_judged_by_its_code(void **state) {
    static const struct {
        rd_kafka_resp_err_t code;
        flinch__remedy remedy;
    } ROWS[] = {
        {RD_KAFKA_RESP_ERR__TIMED_OUT, FLINCH_REMEDY_RETRY},
        {RD_KAFKA_RESP_ERR__TRANSPORT, FLINCH_REMEDY_RETRY},
        {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, FLINCH_REMEDY_RETRY},
        {RD_KAFKA_RESP_ERR__STATE, FLINCH_REMEDY_STOP},
        {RD_KAFKA_RESP_ERR__FENCED, FLINCH_REMEDY_STOP},
        {RD_KAFKA_RESP_ERR__INVALID_ARG, FLINCH_REMEDY_STOP},
        {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, FLINCH_REMEDY_STOP},
        {RD_KAFKA_RESP_ERR_UNKNOWN, FLINCH_REMEDY_STOP},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        rd_kafka_error_t *error = rd_kafka_error_new(ROWS[i].code, "made up");

        assert_int_equal(flinch__remedy_of(error), ROWS[i].remedy);
        rd_kafka_error_destroy(error);
    }
}

/* ------------------------------------------------------------------------------------------------
 */

static void a_commit_moves_what_is_committed(void **state) {
    setting *s = *state;
    open_committer(s);
    do_some_work(s);
    do_some_work(s);

    assert_ok(commit(s));

    assert_int_equal(s->partitions.items[0].committed, 2);
    assert_int_equal(flinch__stats_get(&s->stats, FLINCH_STAT_COMMITS), 1);
    assert_false(s->committer.open);
}

static void a_commit_that_failed_moves_nothing(void **state) {
    setting *s = *state;
    open_committer(s);
    do_some_work(s);
    rd_kafka_mock_push_request_errors(s->kafka.cluster, API_OFFSET_COMMIT_IN_TXN, 1,
                                      RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION);

    assert_int_equal(commit(s).code, FLINCH_TRY_AGAIN);

    assert_int_equal(s->partitions.items[0].committed, -1);
    assert_int_equal(flinch__stats_get(&s->stats, FLINCH_STAT_COMMITS), 0);
    assert_true(s->committer.open);
}

static void without_progress_nothing_is_begun_or_committed(void **state) {
    setting *s = *state;
    open_committer(s);
    s->partitions.items[0].committed = 0;

    assert_ok(commit(s));

    assert_false(s->committer.open);
    assert_int_equal(flinch__stats_get(&s->stats, FLINCH_STAT_COMMITS), 0);
}

/* Tombstones alone: offsets move, though nothing was produced. */
static void progress_without_output_is_committed(void **state) {
    setting *s = *state;
    open_committer(s);
    s->partitions.items[0].next = 7;

    assert_ok(commit(s));

    assert_int_equal(s->partitions.items[0].committed, 7);
    assert_int_equal(flinch__stats_get(&s->stats, FLINCH_STAT_COMMITS), 1);
}

static void one_transaction_is_open_at_most(void **state) {
    setting *s = *state;
    flinch_error error;
    open_committer(s);

    assert_ok(flinch__committer_begin(&s->committer, &error));
    assert_ok(flinch__committer_begin(&s->committer, &error));

    assert_true(s->committer.open);
}

static void an_abort_is_counted_and_a_new_producer_goes_on(void **state) {
    setting *s = *state;
    open_committer(s);
    do_some_work(s);

    flinch__committer_abort(&s->committer);
    flinch__committer_abort(&s->committer); /* none is open now */
    flinch__committer_close(&s->committer);

    assert_int_equal(flinch__stats_get(&s->stats, FLINCH_STAT_ABORTS), 1);
    open_committer(s);
    do_some_work(s);
    assert_ok(commit(s));
}

static void brokers_that_are_away_are_to_be_tried_again_with_their_setting_named(void **state) {
    setting *s = *state;
    rd_kafka_mock_broker_set_down(s->kafka.cluster, -1);
    flinch_error error;

    flinch_status status = flinch__committer_open(&s->committer, &s->config, &error);

    assert_int_equal(status.code, FLINCH_TRY_AGAIN);
    assert_non_null(strstr(error.text, "kafka.bootstrap.servers"));
    assert_non_null(strstr(error.text, flinch__client_brokers(&s->config)));
    rd_kafka_mock_broker_set_up(s->kafka.cluster, -1);
    int64_t until = mock_now_ms() + MOCK_PATIENCE_MS;
    while (status.code == FLINCH_TRY_AGAIN && mock_now_ms() < until)
        status = flinch__committer_open(&s->committer, &s->config, &error);
    assert_ok(status);
}

static void at_least_once_commits_the_offset_after_the_scores(void **state) {
    setting *s = *state;
    s->config.exactly_once = false;
    open_committer(s);
    do_some_work(s);

    assert_ok(commit(s));

    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "in", 0);
    assert_int_equal(rd_kafka_committed(s->consumer, list, MOCK_PATIENCE_MS),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(list->elems[0].offset, 1);
    rd_kafka_topic_partition_list_destroy(list);
    assert_int_equal(rd_kafka_outq_len(s->committer.producer), 0);
}

/* A checkpoint while records are learned again. */
static void at_least_once_commits_what_has_no_offsets(void **state) {
    setting *s = *state;
    s->config.exactly_once = false;
    open_committer(s);
    do_some_work(s);
    s->partitions.items[0].publish_from = 100;

    assert_ok(commit(s));

    assert_int_equal(s->partitions.items[0].committed, -1);
    assert_int_equal(rd_kafka_outq_len(s->committer.producer), 0);
}

/* The client counts records as consumed that still wait for their scores. */
static void offsets_are_of_records_with_an_outcome_not_of_those_that_were_polled(void **state) {
    enum { POLLED = 5, DONE = 2 };
    setting *s = *state;
    s->config.exactly_once = false;
    for (int i = 0; i < POLLED; i++)
        mock_kafka_put(&s->kafka, &(mock_record){.value = "x", .size = 1});
    mock_kafka_flush(&s->kafka);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "in", 0)->offset = 0;
    assert_int_equal(rd_kafka_assign(s->consumer, list), RD_KAFKA_RESP_ERR_NO_ERROR);
    for (int i = 0; i < POLLED; i++)
        rd_kafka_message_destroy(mock_kafka_next(s->consumer));
    open_committer(s);
    s->partitions.items[0].next = DONE;

    assert_ok(commit(s));

    assert_int_equal(rd_kafka_committed(s->consumer, list, MOCK_PATIENCE_MS),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(list->elems[0].offset, DONE);
    rd_kafka_topic_partition_list_destroy(list);
}

static void at_least_once_commits_no_offset_if_a_score_was_refused(void **state) {
    setting *s = *state;
    s->config.exactly_once = false;
    open_committer(s);
    do_some_work(s);
    rd_kafka_mock_push_request_errors(s->kafka.cluster, API_PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);

    assert_int_equal(commit(s).code, FLINCH_TRY_AGAIN);

    assert_int_equal(s->partitions.items[0].committed, -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_without_flags_is_judged_by_its_code),
        TEST(a_commit_moves_what_is_committed),
        TEST(a_commit_that_failed_moves_nothing),
        TEST(without_progress_nothing_is_begun_or_committed),
        TEST(progress_without_output_is_committed),
        TEST(one_transaction_is_open_at_most),
        TEST(an_abort_is_counted_and_a_new_producer_goes_on),
        TEST(brokers_that_are_away_are_to_be_tried_again_with_their_setting_named),
        TEST(at_least_once_commits_the_offset_after_the_scores),
        TEST(at_least_once_commits_what_has_no_offsets),
        TEST(offsets_are_of_records_with_an_outcome_not_of_those_that_were_polled),
        TEST(at_least_once_commits_no_offset_if_a_score_was_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
