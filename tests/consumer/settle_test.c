/* Outcomes and their commits: all or nothing, and the same bits however records come. */
#include "tests/support/unit.h"

#include "model/random.h"
#include "tests/consumer/worker_fixture.h"

static uint64_t counted(worker_fixture *f, flinch__stat stat) {
    return flinch__stats_get(&f->stats, stat);
}

/* The mock cluster shows what was aborted; so a transaction is refused its next partition, and what
 * is to go there does not get to the cluster at all. */
static void refuse_a_partition(worker_fixture *f) {
    rd_kafka_mock_push_request_errors(f->kafka.cluster, API_ADD_PARTITIONS, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
}

static void nothing_of_a_transaction_that_failed_is_there(void **state) {
    enum { RECORDS = 400 };
    worker_fixture *f = *state;
    f->config.exactly_once = true;
    f->passed_over = 0;
    worker_fixture_expect(f);
    worker_fixture_start(f);
    worker_fixture_wait(f, FLINCH_STAT_CHECKPOINTS, 1);
    refuse_a_partition(f);

    mock_kafka_put(&f->kafka, &(mock_record){.value = "\x06we", .size = 3});
    mock_kafka_flush(&f->kafka);
    f->put = 1;
    worker_fixture_put(f, RECORDS, 0);
    worker_fixture_read(f, 1 + RECORDS);
    worker_fixture_wait(f, FLINCH_STAT_COMMITS, 2);

    assert_int_equal(worker_fixture_stop(f), FLINCH_OK);
    assert_int_equal(f->again, 0);
    assert_int_equal(counted(f, FLINCH_STAT_ABORTS), 1);
    assert_int_equal(worker_fixture_messages(f, "scores"), RECORDS);
    assert_int_equal(worker_fixture_messages(f, "dead"), 1);
}

static void what_was_learned_is_not_kept_by_a_transaction_that_failed(void **state) {
    enum { RECORDS = 100 };
    worker_fixture *f = *state;
    f->config.exactly_once = true;
    f->config.commit_interval_ms = 3600000;
    worker_fixture_expect(f);
    worker_fixture_start(f);
    worker_fixture_wait(f, FLINCH_STAT_CHECKPOINTS, 1);
    int64_t kept = worker_fixture_messages(f, "state");
    worker_fixture_put(f, RECORDS, 0);
    worker_fixture_read(f, RECORDS);
    refuse_a_partition(f); /* of the state topic, at the checkpoint for leaving */

    assert_int_equal(worker_fixture_stop(f), FLINCH_OK);

    assert_int_equal(counted(f, FLINCH_STAT_CHECKPOINTS), 1);
    assert_int_equal(counted(f, FLINCH_STAT_ABORTS), 1);
    assert_int_equal(worker_fixture_messages(f, "state"), kept);
}

/* Puts records in pieces, each when the last one has its scores. */
static void go_piece_by_piece(worker_fixture *f, uint32_t count, uint32_t largest) {
    flinch__random random = {largest};
    int64_t end = f->put + count;
    while (f->put < end) {
        uint32_t piece = 1 + flinch__random_below(&random, largest);
        piece = piece < end - f->put ? piece : (uint32_t)(end - f->put);
        worker_fixture_put(f, piece, 0);
        worker_fixture_read(f, f->put);
    }
}

static uint64_t bytes_of_a_stream(const worker_fixture *f) {
    flinch__stream *stream = NULL;
    flinch_error error;
    assert_ok(flinch__stream_new(f->blueprint, "x", 1, &stream, &error));
    uint64_t bytes = flinch__stream_bytes(stream);
    flinch__stream_free(stream);
    return bytes;
}

static void refuse_a_commit(worker_fixture *f) {
    rd_kafka_mock_push_request_errors(f->kafka.cluster, API_OFFSET_COMMIT, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
}

/* Polls of one record, of some, of many; commits and recoveries between them; streams that leave
 * memory and come back. */
static void bits_do_not_depend_on_how_records_come(void **state) {
    enum { FEW = 80, MANY = 320 };
    worker_fixture *f = *state;
    f->keys = 2;
    f->config.stream_by = FLINCH_STREAM_BY_KEY;
    f->config.streams_memory_bytes = bytes_of_a_stream(f) * 3 / 2;
    f->config.commit_interval_ms = 10;
    worker_fixture_expect(f);
    worker_fixture_start(f);
    go_piece_by_piece(f, FEW, 1);
    go_piece_by_piece(f, FEW, 7);
    refuse_a_commit(f);
    go_piece_by_piece(f, MANY, 64);
    refuse_a_commit(f);
    go_piece_by_piece(f, MANY, MANY);

    assert_int_equal(worker_fixture_stop(f), FLINCH_OK);
    assert_int_equal(counted(f, FLINCH_STAT_ABORTS), 2);
    assert_true(counted(f, FLINCH_STAT_EVICTIONS) >= 10);
    assert_true(counted(f, FLINCH_STAT_FETCHES) >= 10);
    assert_int_equal(f->expected[f->put - 1].status, FLINCH_SCORE_OK);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, worker_fixture_set_up, worker_fixture_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nothing_of_a_transaction_that_failed_is_there),
        TEST(what_was_learned_is_not_kept_by_a_transaction_that_failed),
        TEST(bits_do_not_depend_on_how_records_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
