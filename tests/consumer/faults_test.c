/* Every error that the brokers can answer a transaction's requests with, and where it leads: the
 * table of consumer/README.md, a row for each. */
#include "tests/support/unit.h"

#include "tests/consumer/committer_fixture.h"

/* Where a fault is to lead. */
typedef enum outcome {
    GOES_ON,  /* asked again until it is done; nothing is given up */
    RENEWS,   /* done; a new producer does what is next, as the brokers may get the request yet */
    RECOVERS, /* given up; a new producer does it again */
    STOPS     /* the process is to end */
} outcome;

typedef struct fault {
    int16_t request;
    rd_kafka_resp_err_t error;
    outcome expected;
} fault;

/* What recovery does with the producer. */
static void replace_producer(committer_fixture *s) {
    flinch__committer_abort(&s->committer);
    flinch__committer_close(&s->committer);
    rd_kafka_mock_clear_request_errors(s->kafka.cluster, API_END_TXN);
    assert_int_equal(committer_fixture_open(s), FLINCH_OK);
}

/* What a worker that stops does with the producer comes to an end, and nothing begins anew. */
static bool ends(committer_fixture *s) {
    flinch__committer_abort(&s->committer);
    return committer_fixture_begin(s) == FLINCH_FATAL;
}

/* Is the committer where `expected` says, after a commit that returned `code`? */
static bool reached(committer_fixture *s, outcome expected, flinch_code code) {
    switch (expected) {
    case GOES_ON:
        return code == FLINCH_OK && committer_fixture_is_committed(s, 1, 0);
    case RENEWS:
        return code == FLINCH_TRY_AGAIN && committer_fixture_is_committed(s, 1, 0);
    case RECOVERS:
        if (code != FLINCH_TRY_AGAIN || !committer_fixture_is_uncommitted(s))
            return false;
        replace_producer(s);
        return committer_fixture_commit(s) == FLINCH_OK && committer_fixture_is_committed(s, 1, 1);
    case STOPS:
        return code == FLINCH_FATAL && committer_fixture_is_uncommitted(s) &&
               strstr(s->error.text, "kafka.bootstrap.servers") != NULL && ends(s);
    }
    return false;
}

/* Has one request of a commit be answered by each fault, with a score in the transaction or
 * without. */
static void inject(committer_fixture *s, const fault *rows, size_t count, bool with_score) {
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(committer_fixture_open(s), FLINCH_OK);
        committer_fixture_progress(s, 1);
        assert_int_equal(committer_fixture_begin(s), FLINCH_OK);
        rd_kafka_mock_push_request_errors(s->kafka.cluster, rows[i].request, 1, rows[i].error);
        if (with_score)
            committer_fixture_produce(s);

        flinch_code code = committer_fixture_commit(s);

        if (!reached(s, rows[i].expected, code)) {
            committer_fixture_tell(s, rows[i].request, rows[i].error, code);
            wrong++;
        }
        flinch__committer_close(&s->committer);
        rd_kafka_mock_clear_request_errors(s->kafka.cluster, rows[i].request);
    }
    assert_int_equal(wrong, 0);
}

#define INJECT(s, rows, with_score) inject(s, rows, sizeof(rows) / sizeof *(rows), with_score)

/* ---- a transaction's requests, one after the other ---------------------------------------------
 */

static void each_answer_to_init_transactions_has_its_outcome(void **state) {
    static const fault ROWS[] = {
        {API_FIND_COORDINATOR, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, GOES_ON},
        {API_FIND_COORDINATOR, RD_KAFKA_RESP_ERR__TRANSPORT, GOES_ON},
        {API_FIND_COORDINATOR, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, STOPS},
        {API_FIND_COORDINATOR, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, STOPS},
        {API_INIT_PRODUCER, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, GOES_ON},
        {API_INIT_PRODUCER, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, GOES_ON},
        {API_INIT_PRODUCER, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, GOES_ON},
        {API_INIT_PRODUCER, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, GOES_ON},
        {API_INIT_PRODUCER, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, GOES_ON},
        {API_INIT_PRODUCER, RD_KAFKA_RESP_ERR__TRANSPORT, GOES_ON},
        {API_INIT_PRODUCER, RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, STOPS},
        {API_INIT_PRODUCER, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, STOPS},
        {API_INIT_PRODUCER, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, STOPS},
        {API_INIT_PRODUCER, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, STOPS},
        {API_INIT_PRODUCER, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, STOPS},
    };
    committer_fixture *s = *state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        committer_fixture_progress(s, 1);
        rd_kafka_mock_push_request_errors(s->kafka.cluster, ROWS[i].request, 1, ROWS[i].error);

        flinch_code code = committer_fixture_open(s);

        bool right = ROWS[i].expected == GOES_ON
                         ? code == FLINCH_OK && committer_fixture_commit(s) == FLINCH_OK &&
                               committer_fixture_is_committed(s, 1, 0)
                         : code == FLINCH_FATAL && s->committer.producer == NULL;
        if (!right)
            committer_fixture_tell(s, ROWS[i].request, ROWS[i].error, code);
        wrong += !right;
        flinch__committer_close(&s->committer);
        rd_kafka_mock_clear_request_errors(s->kafka.cluster, ROWS[i].request);
    }
    assert_int_equal(wrong, 0);
}

static void each_answer_to_a_partition_in_the_transaction_has_its_outcome(void **state) {
    static const fault ROWS[] = {
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, GOES_ON},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, GOES_ON},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, GOES_ON},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, GOES_ON},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, GOES_ON},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR__TRANSPORT, GOES_ON},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RECOVERS},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_OPERATION_NOT_ATTEMPTED, RECOVERS},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, RECOVERS},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, RECOVERS},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_UNKNOWN, RECOVERS},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, STOPS},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, STOPS},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, STOPS},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, STOPS},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, STOPS},
    };

    INJECT(*state, ROWS, true);
}

static void each_answer_to_a_score_has_its_outcome(void **state) {
    static const fault ROWS[] = {
        {API_PRODUCE, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, GOES_ON},
        {API_PRODUCE, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, GOES_ON},
        {API_PRODUCE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, GOES_ON},
        {API_PRODUCE, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, GOES_ON},
        {API_PRODUCE, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, GOES_ON},
        {API_PRODUCE, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, GOES_ON},
        {API_PRODUCE, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, GOES_ON},
        {API_PRODUCE, RD_KAFKA_RESP_ERR__TRANSPORT, GOES_ON},
        {API_PRODUCE, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RECOVERS},
        {API_PRODUCE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RECOVERS},
        {API_PRODUCE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, RECOVERS},
        {API_PRODUCE, RD_KAFKA_RESP_ERR_POLICY_VIOLATION, RECOVERS},
        {API_PRODUCE, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, RECOVERS},
        {API_PRODUCE, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, STOPS},
        {API_PRODUCE, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, STOPS},
    };

    INJECT(*state, ROWS, true);
}

static void each_answer_to_send_offsets_has_its_outcome(void **state) {
    static const fault ROWS[] = {
        {API_ADD_OFFSETS, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, GOES_ON},
        {API_ADD_OFFSETS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, GOES_ON},
        {API_ADD_OFFSETS, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, GOES_ON},
        {API_ADD_OFFSETS, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, GOES_ON},
        {API_ADD_OFFSETS, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, GOES_ON},
        {API_ADD_OFFSETS, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, GOES_ON},
        {API_ADD_OFFSETS, RD_KAFKA_RESP_ERR__TRANSPORT, GOES_ON},
        {API_ADD_OFFSETS, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RECOVERS},
        {API_ADD_OFFSETS, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, RECOVERS},
        {API_ADD_OFFSETS, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, RECOVERS},
        {API_ADD_OFFSETS, RD_KAFKA_RESP_ERR_UNKNOWN, RECOVERS},
        {API_ADD_OFFSETS, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, STOPS},
        {API_ADD_OFFSETS, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, STOPS},
        {API_ADD_OFFSETS, RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, STOPS},
        {API_ADD_OFFSETS, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, STOPS},
        {API_ADD_OFFSETS, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, STOPS},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, GOES_ON},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, GOES_ON},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, GOES_ON},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, GOES_ON},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, GOES_ON},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, GOES_ON},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR__TRANSPORT, RENEWS},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RECOVERS},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, RECOVERS},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RECOVERS},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RECOVERS},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, RECOVERS},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE, RECOVERS},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_UNKNOWN, RECOVERS},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, STOPS},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, STOPS},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, STOPS},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, STOPS},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, STOPS},
        {API_OFFSET_COMMIT_IN_TXN, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, STOPS},
    };

    INJECT(*state, ROWS, false);
}

static void each_answer_to_the_end_of_a_transaction_has_its_outcome(void **state) {
    static const fault ROWS[] = {
        {API_END_TXN, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RENEWS},
        {API_END_TXN, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RENEWS},
        {API_END_TXN, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, GOES_ON},
        {API_END_TXN, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, GOES_ON},
        {API_END_TXN, RD_KAFKA_RESP_ERR__TRANSPORT, RENEWS},
        {API_END_TXN, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, RECOVERS},
        {API_END_TXN, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, RECOVERS},
        {API_END_TXN, RD_KAFKA_RESP_ERR_UNKNOWN, RECOVERS},
        {API_END_TXN, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, STOPS},
        {API_END_TXN, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, STOPS},
        {API_END_TXN, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, STOPS},
        {API_END_TXN, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, STOPS},
        {API_END_TXN, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, STOPS},
    };

    INJECT(*state, ROWS, false);
}

/* Whatever the brokers say to an abort, the next producer has done with it. */
static void no_answer_to_an_abort_is_in_the_way_of_the_next_producer(void **state) {
    static const rd_kafka_resp_err_t ERRORS[] = {
        RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
        RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
        RD_KAFKA_RESP_ERR__TRANSPORT,
        RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING,
        RD_KAFKA_RESP_ERR_UNKNOWN,
        RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
        RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
        RD_KAFKA_RESP_ERR_INVALID_TXN_STATE,
        RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
    };
    committer_fixture *s = *state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++) {
        assert_int_equal(committer_fixture_open(s), FLINCH_OK);
        committer_fixture_progress(s, 1);
        assert_int_equal(committer_fixture_begin(s), FLINCH_OK);
        committer_fixture_produce(s);
        rd_kafka_flush(s->committer.producer, MOCK_PATIENCE_MS);
        rd_kafka_mock_push_request_errors(s->kafka.cluster, API_END_TXN, 1, ERRORS[i]);

        replace_producer(s);

        flinch_code code = committer_fixture_commit(s);
        if (code != FLINCH_OK || !committer_fixture_is_committed(s, 1, 1)) {
            committer_fixture_tell(s, API_END_TXN, ERRORS[i], code);
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
        TEST(each_answer_to_init_transactions_has_its_outcome),
        TEST(each_answer_to_a_partition_in_the_transaction_has_its_outcome),
        TEST(each_answer_to_a_score_has_its_outcome),
        TEST(each_answer_to_send_offsets_has_its_outcome),
        TEST(each_answer_to_the_end_of_a_transaction_has_its_outcome),
        TEST(no_answer_to_an_abort_is_in_the_way_of_the_next_producer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
