#include "tests/support/unit.h"

#include "consumer/batch.h"
#include "tests/consumer/fixture.h"
#include "tests/consumer/mock_kafka.h"

/* Messages as a consumer hands them out: put into the mock cluster and read back. */
typedef struct setting {
    mock_kafka kafka;
    rd_kafka_t *reader;
    flinch__blueprint *blueprint;
    flinch__stats stats;
    flinch__worker_config config;
    flinch__batch batch;
} setting;

static int set_up(void **state) {
    setting *s = calloc(1, sizeof *s);
    assert_non_null(s);
    mock_kafka_open(&s->kafka, 2);
    s->reader = mock_kafka_reader(&s->kafka, "in", 2);
    s->blueprint = fixture_blueprint();
    s->config = fixture_config(s->blueprint, &s->stats);
    *state = s;
    return 0;
}

static int tear_down(void **state) {
    setting *s = *state;
    flinch__batch_fini(&s->batch);
    mock_kafka_reader_close(s->reader);
    mock_kafka_close(&s->kafka);
    flinch__blueprint_free(s->blueprint);
    free(s);
    return 0;
}

static void init(setting *s) {
    flinch_error error;
    assert_ok(flinch__batch_init(&s->batch, &s->config, &error));
}

static const flinch__entry *admit(setting *s, const mock_record *record, bool publish) {
    mock_kafka_put(&s->kafka, record);
    rd_kafka_message_t *message = mock_kafka_next(s->reader);
    flinch_error error;
    assert_ok(flinch__batch_admit(&s->batch, message, publish, 0, &error));
    return &s->batch.entries[s->batch.count - 1];
}

static const flinch__entry *admit_record(setting *s, uint32_t i, const char *key,
                                         const char *host) {
    test_bytes bytes = {0};
    fixture_record(&bytes, i, host);
    const flinch__entry *entry =
        admit(s, &(mock_record){.key = key, .value = bytes.data, .size = bytes.size}, true);
    test_bytes_free(&bytes);
    return entry;
}

static void settle(setting *s) {
    flinch_error error;
    assert_ok(flinch__batch_settle(&s->batch, &error));
}

static void assert_stream(const flinch__entry *entry, const char *name) {
    assert_int_equal(entry->route->name_size, strlen(name));
    assert_memory_equal(entry->route->name, name, strlen(name));
}

static void a_record_has_its_score_once_settled(void **state) {
    setting *s = *state;
    init(s);

    const flinch__entry *entry = admit_record(s, 0, NULL, "web");
    settle(s);

    assert_int_equal(entry->outcome, FLINCH_OUTCOME_SCORE);
    assert_true(entry->publish);
    assert_int_equal(entry->score->status, FLINCH_SCORE_WARMUP);
    assert_true(entry->score->p_value == 1);
}

static void the_stream_is_the_partition(void **state) {
    setting *s = *state;
    init(s);

    assert_stream(admit_record(s, 0, "key", "web"), "in-0");
}

static void the_stream_is_the_key(void **state) {
    setting *s = *state;
    s->config.stream_by = FLINCH_STREAM_BY_KEY;
    init(s);

    assert_stream(admit_record(s, 0, "key", "web"), "key");
    assert_stream(admit_record(s, 1, NULL, "web"), "");
}

static void the_stream_is_a_text_of_the_record(void **state) {
    static const char *const HOST[] = {"host"};
    setting *s = *state;
    s->config.stream_by = FLINCH_STREAM_BY_FIELD;
    s->config.decoder.want.captures = HOST;
    s->config.decoder.want.capture_count = 1;
    init(s);

    assert_stream(admit_record(s, 0, "key", "web"), "web");
}

static void the_stream_is_a_number_of_the_record(void **state) {
    static const char *const CODE[] = {"code"};
    setting *s = *state;
    s->config.stream_by = FLINCH_STREAM_BY_FIELD;
    s->config.decoder.want.captures = CODE;
    s->config.decoder.want.capture_count = 1;
    init(s);

    assert_stream(admit_record(s, 2, "key", "web"), "2");
}

static void a_record_without_a_value_is_skipped(void **state) {
    setting *s = *state;
    init(s);

    const flinch__entry *entry = admit(s, &(mock_record){.key = "key"}, true);
    settle(s);

    assert_int_equal(entry->outcome, FLINCH_OUTCOME_SKIP);
    assert_int_equal(s->batch.feeder.router.count, 0);
}

static void a_bad_record_is_a_dead_letter_that_says_why(void **state) {
    setting *s = *state;
    init(s);

    const flinch__entry *entry = admit(s, &(mock_record){.value = "\x06we", .size = 3}, true);
    settle(s);

    assert_int_equal(entry->outcome, FLINCH_OUTCOME_DEAD_LETTER);
    assert_int_equal(entry->cause, FLINCH_CAUSE_TRUNCATED);
    assert_non_null(strstr(entry->detail, "TRUNCATED"));
}

static void a_bad_record_leaves_the_stream_alone(void **state) {
    setting *s = *state;
    init(s);

    admit_record(s, 0, NULL, "web");
    admit(s, &(mock_record){.value = "?", .size = 1}, true);
    const flinch__entry *last = admit_record(s, 1, NULL, "web");

    assert_int_equal(flinch__stream_position(last->route->stream), 2);
}

static void a_key_too_long_to_name_a_stream_makes_a_dead_letter(void **state) {
    char key[FLINCH__STREAM_NAME_BYTES + 2];
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    setting *s = *state;
    s->config.stream_by = FLINCH_STREAM_BY_KEY;
    init(s);

    const flinch__entry *over = admit_record(s, 0, key, "web");
    const flinch__entry *within = admit_record(s, 0, key + 1, "web");

    assert_int_equal(over->outcome, FLINCH_OUTCOME_DEAD_LETTER);
    assert_int_equal(over->cause, FLINCH_CAUSE_TOO_LARGE);
    assert_non_null(strstr(over->detail, "1025 bytes"));
    assert_int_equal(within->outcome, FLINCH_OUTCOME_SCORE);
}

static void a_record_to_learn_from_alone_is_scored_but_not_published(void **state) {
    setting *s = *state;
    init(s);
    test_bytes bytes = {0};
    fixture_record(&bytes, 0, "web");

    const flinch__entry *entry =
        admit(s, &(mock_record){.value = bytes.data, .size = bytes.size}, false);

    assert_int_equal(entry->outcome, FLINCH_OUTCOME_SCORE);
    assert_false(entry->publish);
    assert_int_equal(flinch__stream_position(entry->route->stream), 1);
    test_bytes_free(&bytes);
}

static void inputs_that_are_no_number_are_counted(void **state) {
    setting *s = *state;
    init(s);
    test_bytes bytes = {0};
    test_bytes_text(&bytes, "web");
    test_bytes_long(&bytes, 0);
    test_bytes_double(&bytes, (double)NAN);
    test_bytes_double(&bytes, (double)INFINITY);
    test_bytes_double(&bytes, 1);

    admit(s, &(mock_record){.value = bytes.data, .size = bytes.size}, true);

    assert_int_equal(flinch__stats_get(&s->stats, FLINCH_STAT_NON_FINITE), 2);
    test_bytes_free(&bytes);
}

static void clear_keeps_the_streams_and_drop_forgets_them(void **state) {
    setting *s = *state;
    init(s);
    admit_record(s, 0, NULL, "web");
    settle(s);

    flinch__batch_clear(&s->batch);
    assert_int_equal(s->batch.count, 0);
    assert_int_equal(flinch__stream_position(admit_record(s, 1, NULL, "web")->route->stream), 2);

    flinch__batch_drop(&s->batch, 0);
    assert_int_equal(s->batch.count, 0);
    assert_int_equal(flinch__stream_position(admit_record(s, 2, NULL, "web")->route->stream), 1);
}

static void a_decoder_without_schema_and_registry_is_refused(void **state) {
    setting *s = *state;
    s->config.decoder.schema = NULL;
    flinch_error error;

    assert_int_equal(flinch__batch_init(&s->batch, &s->config, &error).code, FLINCH_INVALID);
    assert_non_null(strstr(error.text, "registry.url"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_record_has_its_score_once_settled),
        TEST(the_stream_is_the_partition),
        TEST(the_stream_is_the_key),
        TEST(the_stream_is_a_text_of_the_record),
        TEST(the_stream_is_a_number_of_the_record),
        TEST(a_record_without_a_value_is_skipped),
        TEST(a_bad_record_is_a_dead_letter_that_says_why),
        TEST(a_bad_record_leaves_the_stream_alone),
        TEST(a_key_too_long_to_name_a_stream_makes_a_dead_letter),
        TEST(a_record_to_learn_from_alone_is_scored_but_not_published),
        TEST(inputs_that_are_no_number_are_counted),
        TEST(clear_keeps_the_streams_and_drop_forgets_them),
        TEST(a_decoder_without_schema_and_registry_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
