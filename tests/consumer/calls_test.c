/* Calls of a transaction that librdkafka itself refuses, and brokers that are slow to answer them.
 */
#include "tests/support/unit.h"

#include <stdio.h>

#include "tests/consumer/committer_fixture.h"

/* ---- what librdkafka itself refuses ------------------------------------------------------------
 */

/* Was the call refused for this reason, and is that the end? */
static bool is_refused(committer_fixture *s, flinch_code code, const char *call,
                       const char *reason) {
    char expected[96];
    snprintf(expected, sizeof expected, "call=%s error=%s ", call, reason);
    bool right = code == FLINCH_FATAL && strncmp(s->said, expected, strlen(expected)) == 0;
    if (!right)
        print_error("%s instead of %s; %s\n", flinch_code_name(code), expected, s->said);
    return right;
}

/* Each call of a transaction in turn, with a producer that can't have one. */
static void expect_refusals(committer_fixture *s, rd_kafka_t *producer, const char *reason) {
    s->committer = (flinch__committer){.config = &s->config, .producer = producer};
    committer_fixture_progress(s, 1);
    assert_true(is_refused(s, committer_fixture_begin(s), "begin_transaction", reason));
    s->committer.open = true;
    assert_true(is_refused(s, committer_fixture_commit(s), "send_offsets_to_transaction", reason));
    s->partitions.items[0].next = -1;
    assert_true(is_refused(s, committer_fixture_commit(s), "commit_transaction", reason));
    flinch__committer_abort(&s->committer);
    assert_non_null(strstr(s->said, "reason="));
    assert_true(is_refused(s, flinch__committer_open(&s->committer, &s->config, &s->error).code,
                           "init_transactions", reason));
}

static void a_producer_without_transactions_stops_at_each_call(void **state) {
    committer_fixture *s = *state;

    expect_refusals(s, mock_kafka_producer(&s->kafka, "linger.ms", "0"), "_NOT_CONFIGURED");
}

static void a_client_that_is_no_producer_stops_at_each_call(void **state) {
    committer_fixture *s = *state;

    expect_refusals(s, mock_kafka_consumer(&s->kafka, "other"), "_INVALID_ARG");
}

static void a_call_out_of_turn_stops(void **state) {
    committer_fixture *s = *state;
    assert_int_equal(committer_fixture_open(s), FLINCH_OK);
    committer_fixture_progress(s, 1);
    s->committer.open = true; /* which it is not */
    assert_true(
        is_refused(s, committer_fixture_commit(s), "send_offsets_to_transaction", "_STATE"));
    s->partitions.items[0].next = -1;
    assert_true(is_refused(s, committer_fixture_commit(s), "commit_transaction", "_STATE"));
    s->committer.open = false;
    assert_int_equal(committer_fixture_begin(s), FLINCH_OK);
    s->committer.open = false; /* which it is */

    assert_true(is_refused(s, committer_fixture_begin(s), "begin_transaction", "_STATE"));
}

static void brokers_that_know_no_transactions_stop(void **state) {
    committer_fixture *s = *state;
    rd_kafka_mock_set_apiversion(s->kafka.cluster, API_INIT_PRODUCER, -1, -1);

    flinch_code code = committer_fixture_open(s);

    assert_true(is_refused(s, code, "init_transactions", "_UNSUPPORTED_FEATURE"));
}

/* ---- brokers that are slow ---------------------------------------------------------------------
 */

static void use_short_timeout(committer_fixture *s) {
    s->properties[0] = s->kafka.properties[0];
    s->properties[1] = (flinch__property){"socket.timeout.ms", "1000"};
    s->config.properties = s->properties;
    s->config.property_count = 2;
}

static void a_broker_that_takes_its_time_is_waited_for(void **state) {
    committer_fixture *s = *state;
    rd_kafka_mock_broker_set_rtt(s->kafka.cluster, 1, 200);
    assert_int_equal(committer_fixture_open(s), FLINCH_OK);
    committer_fixture_progress(s, 1);
    assert_int_equal(committer_fixture_begin(s), FLINCH_OK);
    committer_fixture_produce(s);

    assert_int_equal(committer_fixture_commit(s), FLINCH_OK);

    assert_true(committer_fixture_is_committed(s, 1, 0));
    rd_kafka_mock_broker_set_rtt(s->kafka.cluster, 1, 0);
}

/* The request was done, but nobody heard of it in time. Where it could do harm in the next
 * transaction, that is left to a new producer. */
static void an_answer_that_comes_too_late_is_asked_for_again(void **state) {
    static const int16_t REQUESTS[] = {API_ADD_PARTITIONS, API_PRODUCE, API_ADD_OFFSETS,
                                       API_OFFSET_COMMIT_IN_TXN, API_END_TXN};
    committer_fixture *s = *state;
    use_short_timeout(s);
    int wrong = 0;
    for (size_t i = 0; i < sizeof REQUESTS / sizeof *REQUESTS; i++) {
        assert_int_equal(committer_fixture_open(s), FLINCH_OK);
        committer_fixture_progress(s, 1);
        assert_int_equal(committer_fixture_begin(s), FLINCH_OK);
        rd_kafka_mock_broker_push_request_error_rtts(s->kafka.cluster, 1, REQUESTS[i], 1,
                                                     RD_KAFKA_RESP_ERR_NO_ERROR, 3000);
        committer_fixture_produce(s);

        flinch_code code = committer_fixture_commit(s);

        bool is_harmful = REQUESTS[i] == API_OFFSET_COMMIT_IN_TXN || REQUESTS[i] == API_END_TXN;
        if (code != (is_harmful ? FLINCH_TRY_AGAIN : FLINCH_OK) ||
            !committer_fixture_is_committed(s, 1, 0)) {
            committer_fixture_tell(s, REQUESTS[i], RD_KAFKA_RESP_ERR__TIMED_OUT, code);
            wrong++;
        }
        flinch__committer_close(&s->committer);
    }
    assert_int_equal(wrong, 0);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, committer_fixture_set_up, committer_fixture_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_producer_without_transactions_stops_at_each_call),
        TEST(a_client_that_is_no_producer_stops_at_each_call),
        TEST(a_call_out_of_turn_stops),
        TEST(brokers_that_know_no_transactions_stop),
        TEST(a_broker_that_takes_its_time_is_waited_for),
        TEST(an_answer_that_comes_too_late_is_asked_for_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
