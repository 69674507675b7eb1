/* What a worker does when it comes, when it goes and when it is cut off; with what was learned kept
 * in a state topic. */
#include "tests/support/unit.h"

#include "tests/consumer/fake_registry.h"
#include "tests/consumer/worker_fixture.h"

enum { FIRST = 100, SECOND = 300, THIRD = 200 };

static uint64_t counted(worker_fixture *f, flinch__stat stat) {
    return flinch__stats_get(&f->stats, stat);
}

static void after_a_crash_it_goes_on_from_the_marker_with_the_same_bits(void **state) {
    worker_fixture *f = *state;
    worker_fixture_expect(f);
    worker_fixture_put(f, FIRST, 0);
    worker_fixture_start(f);
    worker_fixture_read(f, FIRST);
    assert_int_equal(worker_fixture_stop(f), FLINCH_OK);
    uint64_t checkpoints = counted(f, FLINCH_STAT_CHECKPOINTS);
    worker_fixture_start(f);
    worker_fixture_put(f, 1, 0);
    worker_fixture_wait(f, FLINCH_STAT_CHECKPOINTS, checkpoints + 1);
    worker_fixture_put(f, SECOND, 0);
    worker_fixture_wait_for_commit(f);
    worker_fixture_crash(f);
    worker_fixture_put(f, THIRD, 0);

    worker_fixture_start(f);
    worker_fixture_read(f, f->put);

    assert_int_equal(worker_fixture_stop(f), FLINCH_OK);
    assert_int_equal(counted(f, FLINCH_STAT_RESTORES), 2);
    assert_int_equal(counted(f, FLINCH_STAT_REPLAYED), SECOND);
    assert_int_equal(f->again, 0);
}

static void leaving_it_commits_and_keeps_what_was_done(void **state) {
    worker_fixture *f = *state;
    f->config.commit_interval_ms = 3600000;
    worker_fixture_expect(f);
    worker_fixture_start(f);
    worker_fixture_wait(f, FLINCH_STAT_CHECKPOINTS, 1);
    worker_fixture_put(f, FIRST, 0);
    worker_fixture_read(f, FIRST);
    assert_int_equal(counted(f, FLINCH_STAT_COMMITS), 1);

    assert_int_equal(worker_fixture_stop(f), FLINCH_OK);

    assert_int_equal(counted(f, FLINCH_STAT_COMMITS), 2);
    assert_int_equal(counted(f, FLINCH_STAT_CHECKPOINTS), 2);
    worker_fixture_put(f, SECOND, 0);
    worker_fixture_start(f);
    worker_fixture_read(f, FIRST + SECOND);
    assert_int_equal(worker_fixture_stop(f), FLINCH_OK);
    assert_int_equal(f->again, 0);
    assert_int_equal(counted(f, FLINCH_STAT_REPLAYED), 0);
}

/* Its schema could not be found when it came; by the time that it is read again it can. */
static void a_record_that_was_passed_over_is_so_again_after_a_crash(void **state) {
    worker_fixture *f = *state;
    fake_registry server;
    fake_registry_open(&server);
    const flinch__registry_config registry = {.url = server.url, .timeout_ms = 5000};
    flinch_error error;
    assert_ok(flinch__registry_new(&registry, &f->config.decoder.registry, &error));
    f->config.decoder.schema = NULL;
    f->config.decoder.framing = FLINCH_FRAMING_CONFLUENT;
    f->passed_over = FIRST;
    worker_fixture_expect(f);
    worker_fixture_put(f, FIRST, 1);
    worker_fixture_start(f);
    worker_fixture_wait(f, FLINCH_STAT_CHECKPOINTS, 1);
    worker_fixture_read(f, FIRST);
    worker_fixture_put(f, 1, 3);
    worker_fixture_put(f, SECOND, 1);
    worker_fixture_wait_for_commit(f);
    worker_fixture_crash(f);
    assert_int_equal(worker_fixture_messages(f, "dead"), 1);
    atomic_store(&server.knows_three, true);
    worker_fixture_put(f, THIRD, 1);

    worker_fixture_start(f);
    worker_fixture_read(f, f->put);

    assert_int_equal(worker_fixture_stop(f), FLINCH_OK);
    assert_int_equal(worker_fixture_messages(f, "dead"), 1);
    flinch__registry_free(f->config.decoder.registry);
    fake_registry_close(&server);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, worker_fixture_set_up, worker_fixture_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(after_a_crash_it_goes_on_from_the_marker_with_the_same_bits),
        TEST(leaving_it_commits_and_keeps_what_was_done),
        TEST(a_record_that_was_passed_over_is_so_again_after_a_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
