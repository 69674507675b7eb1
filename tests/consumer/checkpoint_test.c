/* Checkpoints written to a mock cluster, and what comes back from it. */
#include "consumer/checkpoint.h"

#include <stdio.h>

#include "consumer/evict.h"
#include "consumer/feeder.h"
#include "consumer/output.h"
#include "consumer/restore.h"
#include "model/cae_detector.h"
#include "tests/consumer/fixture.h"
#include "tests/consumer/mock_kafka.h"
#include "tests/support/unit.h"

enum { BEFORE = 500, AFTER = 100, WIDE = 64 };

typedef struct setting {
    mock_kafka kafka;
    flinch__blueprint *blueprint;
    flinch__stats stats;
    flinch__worker_config config;
    flinch__committer committer;
    flinch__restorer restorer;
    flinch__partitions partitions;
    flinch__feeder feeder;
    atomic_bool stop;
    char said[512]; /* the newest note */
} setting;

static void hear(void *context, int level, const char *event, const char *text) {
    setting *s = context;
    snprintf(s->said, sizeof s->said, "%s %s", event, text);
}

static flinch__blueprint *blueprint_of(uint32_t window) {
    static const flinch_input INPUTS[FIXTURE_INPUTS] = {
        {.field = "a"}, {.field = "b"}, {.field = "c"}};
    flinch__stream_config config = {.api = flinch__cae_detector(),
                                    .inputs = {INPUTS, FIXTURE_INPUTS},
                                    .window = window,
                                    .alarm_rate = 0.01,
                                    .seed = 1};
    flinch__blueprint *blueprint = NULL;
    flinch_error error;
    assert_ok(flinch__blueprint_new(&config, &blueprint, &error));
    return blueprint;
}

static flinch_status fetch(void *context, flinch__route *route, flinch_error *error) {
    setting *s = context;
    return flinch__restore_stream(&s->restorer, &s->feeder.router, route, error);
}

static void open_setting(setting *s, uint32_t window) {
    flinch_error error;
    flinch__partition *partition = NULL;
    *s = (setting){.blueprint = blueprint_of(window)};
    mock_kafka_open(&s->kafka, 1);
    assert_int_equal(rd_kafka_mock_topic_create(s->kafka.cluster, "state", 1, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    s->config = fixture_config(s->blueprint, &s->stats);
    s->config.state_topic = "state";
    s->config.notes = (flinch__notes){hear, s};
    mock_kafka_use(&s->kafka, &s->config);
    s->config.exactly_once = false;
    assert_ok(flinch__committer_open(&s->committer, &s->config, &error));
    assert_ok(flinch__restorer_open(&s->restorer, &s->config, &error));
    assert_ok(flinch__partitions_add(&s->partitions, 0, &partition));
    assert_ok(flinch__feeder_init(&s->feeder, s->blueprint, &error));
    s->feeder.fetch = fetch;
    s->feeder.fetch_context = s;
}

static void close_setting(setting *s) {
    flinch__restorer_close(&s->restorer);
    flinch__committer_close(&s->committer);
    mock_kafka_close(&s->kafka);
    flinch__partitions_fini(&s->partitions);
    flinch__feeder_fini(&s->feeder);
    flinch__blueprint_free(s->blueprint);
}

/* Feeds record `offset` of the partition to the stream and gives its score. */
static flinch_score feed(setting *s, const char *name, int64_t offset) {
    double row[FIXTURE_INPUTS];
    flinch__route *route = NULL;
    flinch_error error;
    fixture_row((uint32_t)offset, row);
    flinch__feed one = {.name = name,
                        .name_size = strlen(name),
                        .inputs = row,
                        .timestamp_ms = offset,
                        .offset = offset};
    assert_ok(flinch__feeder_feed(&s->feeder, &one, &route, &error));
    assert_ok(flinch__feeder_settle(&s->feeder, &error));
    return s->feeder.scores[0];
}

static void feed_from(setting *s, int64_t first, int64_t end) {
    for (int64_t offset = first; offset < end; offset++)
        feed(s, offset % 2 == 0 ? "even" : "odd", offset);
    s->partitions.items[0].next = end;
}

static void keep(setting *s) {
    flinch_error error;
    assert_ok(flinch__checkpoint_write(s->committer.producer, &s->config, &s->partitions,
                                       &s->feeder.router, &error));
    assert_int_equal(rd_kafka_flush(s->committer.producer, MOCK_PATIENCE_MS),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    flinch__checkpoint_written(&s->partitions, &s->feeder.router, s->committer.told,
                               s->committer.told_count);
    s->committer.told_count = 0;
    flinch__checkpoint_done(&s->config, &s->partitions);
}

static flinch__partition *restore(setting *s) {
    flinch_error error;
    flinch_status status =
        flinch__restore(&s->restorer, &s->partitions.items[0], &s->feeder.router, &s->stop, &error);
    if (!flinch_is_ok(status))
        fail_msg("%s", error.text);
    return &s->partitions.items[0];
}

/* Scores of records BEFORE … BEFORE + AFTER − 1 as an uninterrupted run has them. */
static void expect_to_go_on(setting *s, uint32_t window) {
    setting whole;
    open_setting(&whole, window);
    feed_from(&whole, 0, BEFORE);
    for (int64_t offset = BEFORE; offset < BEFORE + AFTER; offset++) {
        const char *name = offset % 2 == 0 ? "even" : "odd";
        flinch_score expected = feed(&whole, name, offset);
        flinch_score seen = feed(s, name, offset);
        assert_same_score(&seen, &expected);
    }
    close_setting(&whole);
}

static void what_was_kept_goes_on_with_the_same_bits(void **state) {
    (void)state;
    setting s;
    open_setting(&s, 1);
    feed_from(&s, 0, BEFORE);
    assert_true(flinch__checkpoint_differs(&s.partitions));
    keep(&s);
    assert_false(flinch__checkpoint_differs(&s.partitions));

    assert_int_equal(restore(&s)->marker, BEFORE);

    assert_int_equal(s.feeder.router.count, 2);
    expect_to_go_on(&s, 1);
    close_setting(&s);
}

static void the_newest_of_many_checkpoints_counts(void **state) {
    (void)state;
    setting s;
    open_setting(&s, 1);
    for (int64_t end = 100; end <= BEFORE; end += 100) {
        feed_from(&s, end - 100, end);
        keep(&s);
    }

    assert_int_equal(restore(&s)->marker, BEFORE);

    expect_to_go_on(&s, 1);
    close_setting(&s);
}

static void a_stream_of_several_chunks_comes_back_whole(void **state) {
    (void)state;
    setting s;
    open_setting(&s, WIDE);
    feed_from(&s, 0, BEFORE);
    uint32_t cursor = 0;
    const flinch__route *route = flinch__router_next(&s.feeder.router, &cursor);
    assert_true(flinch__stream_saved_bytes(route->stream) > FLINCH__STATE_CHUNK_BYTES);
    keep(&s);

    assert_int_equal(restore(&s)->marker, BEFORE);

    expect_to_go_on(&s, WIDE);
    close_setting(&s);
}

static void streams_that_did_not_change_are_not_written_again(void **state) {
    (void)state;
    setting s;
    open_setting(&s, 1);
    feed_from(&s, 0, BEFORE);
    keep(&s);
    for (int64_t offset = BEFORE; offset < BEFORE + 10; offset += 2)
        feed(&s, "even", offset);
    s.partitions.items[0].next = BEFORE + 10;
    uint32_t cursor = 0;
    uint32_t changed = 0;
    for (const flinch__route *route;
         (route = flinch__router_next(&s.feeder.router, &cursor)) != NULL;)
        changed += route->changed;
    assert_int_equal(changed, 1);
    keep(&s);

    assert_int_equal(restore(&s)->marker, BEFORE + 10);

    assert_int_equal(s.feeder.router.count, 2);
    close_setting(&s);
}

static void a_record_from_before_is_scored_and_not_learned_again(void **state) {
    (void)state;
    setting s;
    open_setting(&s, 1);
    feed_from(&s, 0, BEFORE);
    keep(&s);
    restore(&s);

    for (int64_t offset = BEFORE - 50; offset < BEFORE; offset++) {
        flinch_score score = feed(&s, offset % 2 == 0 ? "even" : "odd", offset);
        assert_int_equal(score.status, feed(&s, "even", offset).status);
    }

    expect_to_go_on(&s, 1);
    close_setting(&s);
}

static void keep_leaving(setting *s, uint64_t budget, uint32_t expected) {
    flinch_error error;
    bool changed = false;
    assert_true(flinch__evict_choose(&s->feeder.router, budget, &changed));
    if (changed)
        assert_ok(flinch__checkpoint_leaving(s->committer.producer, &s->config, &s->partitions,
                                             &s->feeder.router, &error));
    assert_int_equal(rd_kafka_flush(s->committer.producer, MOCK_PATIENCE_MS),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    flinch__checkpoint_written(&s->partitions, &s->feeder.router, s->committer.told,
                               s->committer.told_count);
    s->committer.told_count = 0;
    assert_int_equal(flinch__evict_leaving(&s->feeder.router), expected);
}

static void a_stream_that_left_memory_comes_back_as_if_it_had_stayed(void **state) {
    (void)state;
    setting s;
    open_setting(&s, 1);
    for (int64_t end = 50; end <= BEFORE; end += 50) {
        feed_from(&s, end - 50, end);
        keep_leaving(&s, 0, 2);
        assert_int_equal(s.feeder.router.bytes, 0);
    }

    expect_to_go_on(&s, 1);
    close_setting(&s);
}

static void those_not_used_for_longest_leave_and_no_more_than_must(void **state) {
    (void)state;
    setting s;
    open_setting(&s, 1);
    const char *const names[] = {"a", "b", "c", "d"};
    for (int64_t offset = 0; offset < 4; offset++)
        feed(&s, names[offset], offset);
    feed(&s, "a", 4);
    s.partitions.items[0].next = 5;
    uint64_t one = s.feeder.router.bytes / 4;

    keep_leaving(&s, 4 * one, 0);
    keep_leaving(&s, 3 * one, 2);

    assert_non_null(flinch__router_look(&s.feeder.router, 0, "a", 1)->stream);
    assert_null(flinch__router_look(&s.feeder.router, 0, "b", 1)->stream);
    assert_null(flinch__router_look(&s.feeder.router, 0, "c", 1)->stream);
    assert_non_null(flinch__router_look(&s.feeder.router, 0, "d", 1)->stream);
    assert_int_equal(s.feeder.router.bytes, 2 * one);
    close_setting(&s);
}

/* Streams that left after the checkpoint know more than its marker says. */
static void what_left_after_a_checkpoint_is_not_learned_twice(void **state) {
    (void)state;
    setting s;
    open_setting(&s, 1);
    feed_from(&s, 0, BEFORE - 100);
    keep(&s);
    feed_from(&s, BEFORE - 100, BEFORE);
    keep_leaving(&s, 0, 2);

    assert_int_equal(restore(&s)->marker, BEFORE - 100);
    feed_from(&s, BEFORE - 100, BEFORE);

    expect_to_go_on(&s, 1);
    close_setting(&s);
}

static void nothing_kept_is_no_state(void **state) {
    (void)state;
    setting s;
    open_setting(&s, 1);

    assert_int_equal(restore(&s)->marker, -1);

    assert_int_equal(s.feeder.router.count, 0);
    assert_string_equal(s.said, "");
    close_setting(&s);
}

static void another_group_stream_or_detector_has_its_own_state(void **state) {
    (void)state;
    setting s;
    open_setting(&s, 1);
    feed_from(&s, 0, BEFORE);
    keep(&s);

    s.config.group = "other";
    assert_int_equal(restore(&s)->marker, -1);
    s.config.group = "group";
    s.config.stream_by = FLINCH_STREAM_BY_KEY;
    assert_int_equal(restore(&s)->marker, -1);
    s.config.stream_by = FLINCH_STREAM_BY_PARTITION;
    flinch__blueprint *wide = blueprint_of(2);
    s.config.blueprint = wide;
    assert_int_equal(restore(&s)->marker, -1);
    s.config.blueprint = s.blueprint;
    assert_int_equal(restore(&s)->marker, BEFORE);

    flinch__blueprint_free(wide);
    close_setting(&s);
}

static void skips_are_kept_until_the_next_checkpoint(void **state) {
    (void)state;
    setting s;
    flinch_error error;
    open_setting(&s, 1);
    feed_from(&s, 0, BEFORE);
    keep(&s);
    flinch__partition *partition = &s.partitions.items[0];
    assert_ok(flinch__skips_add(&partition->skips, BEFORE + 3));
    assert_ok(flinch__checkpoint_skips(s.committer.producer, &s.config, &s.partitions, &error));
    assert_false(partition->skips.changed);
    rd_kafka_flush(s.committer.producer, MOCK_PATIENCE_MS);

    assert_true(flinch__skips_contain(&restore(&s)->skips, BEFORE + 3));
    assert_false(flinch__skips_contain(&partition->skips, BEFORE + 2));

    partition->next = BEFORE + 10;
    keep(&s);
    assert_int_equal(restore(&s)->skips.count, 0);
    close_setting(&s);
}

/* A checkpoint that falls into what is being learned again. */
static void skips_that_are_still_ahead_outlast_a_checkpoint(void **state) {
    (void)state;
    setting s;
    open_setting(&s, 1);
    flinch__partition *partition = &s.partitions.items[0];
    feed_from(&s, 0, BEFORE);
    assert_ok(flinch__skips_add(&partition->skips, BEFORE - 1));
    assert_ok(flinch__skips_add(&partition->skips, BEFORE + 3));

    keep(&s);

    assert_true(flinch__skips_contain(&partition->skips, BEFORE + 3));
    assert_true(flinch__skips_contain(&restore(&s)->skips, BEFORE + 3));
    close_setting(&s);
}

/* Puts a changed copy of the newest state record of `kind` behind all others. */
static void spoil(setting *s, char kind, size_t at) {
    rd_kafka_t *reader = mock_kafka_reader(&s->kafka, "state", 1);
    size_t prefix_size = 0;
    char *prefix = flinch__state_prefix(&s->config, &prefix_size);
    assert_non_null(prefix);
    rd_kafka_message_t *message = NULL;
    do {
        if (message != NULL)
            rd_kafka_message_destroy(message);
        message = mock_kafka_next(reader);
    } while (((const char *)message->key)[prefix_size] != kind);
    unsigned char *bytes = message->payload;
    bytes[at < message->len ? at : message->len / 2] ^= 1;
    flinch_error error;
    flinch__state_message spoiled = {0, message->key, message->key_len, bytes, message->len, 0};
    assert_ok(flinch__output_state(s->committer.producer, &s->config, &spoiled, &error));
    rd_kafka_flush(s->committer.producer, MOCK_PATIENCE_MS);
    rd_kafka_message_destroy(message);
    mock_kafka_reader_close(reader);
    free(prefix);
}

static void a_broken_state_is_refused_whole_and_said(void **state) {
    (void)state;
    const struct {
        char kind;
        size_t at;
        const char *reason;
    } cases[] = {{'s', SIZE_MAX, "checksum"}, {'m', 3, "checksum"}, {'m', 0, "version"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        setting s;
        open_setting(&s, 1);
        feed_from(&s, 0, BEFORE);
        keep(&s);
        spoil(&s, cases[i].kind, cases[i].at);

        assert_int_equal(restore(&s)->marker, -1);

        assert_int_equal(s.feeder.router.count, 0);
        assert_non_null(strstr(s.said, "state_refused"));
        assert_non_null(strstr(s.said, cases[i].reason));
        close_setting(&s);
    }
}

static void without_a_state_topic_nothing_is_kept(void **state) {
    (void)state;
    setting s;
    open_setting(&s, 1);
    flinch__restorer_close(&s.restorer);
    s.config.state_topic = NULL;
    flinch_error error;
    assert_ok(flinch__restorer_open(&s.restorer, &s.config, &error));

    assert_null(s.restorer.client);
    assert_int_equal(restore(&s)->marker, -1);
    close_setting(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_kept_goes_on_with_the_same_bits),
        cmocka_unit_test(the_newest_of_many_checkpoints_counts),
        cmocka_unit_test(a_stream_of_several_chunks_comes_back_whole),
        cmocka_unit_test(streams_that_did_not_change_are_not_written_again),
        cmocka_unit_test(a_record_from_before_is_scored_and_not_learned_again),
        cmocka_unit_test(a_stream_that_left_memory_comes_back_as_if_it_had_stayed),
        cmocka_unit_test(those_not_used_for_longest_leave_and_no_more_than_must),
        cmocka_unit_test(what_left_after_a_checkpoint_is_not_learned_twice),
        cmocka_unit_test(nothing_kept_is_no_state),
        cmocka_unit_test(another_group_stream_or_detector_has_its_own_state),
        cmocka_unit_test(skips_are_kept_until_the_next_checkpoint),
        cmocka_unit_test(skips_that_are_still_ahead_outlast_a_checkpoint),
        cmocka_unit_test(a_broken_state_is_refused_whole_and_said),
        cmocka_unit_test(without_a_state_topic_nothing_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
