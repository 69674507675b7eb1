#include "tests/support/unit.h"

#include <stdio.h>

#include "consumer/feeder.h"
#include "tests/consumer/fixture.h"
#include "tests/support/rows.h"

enum { T = FLINCH_TILE_ROWS, ROWS = 1200 };

static int set_up(void **state) {
    *state = fixture_blueprint();
    return 0;
}

static int tear_down(void **state) {
    flinch__blueprint_free(*state);
    return 0;
}

static void init(flinch__feeder *feeder, const flinch__blueprint *blueprint) {
    flinch_error error;
    assert_ok(flinch__feeder_init(feeder, blueprint, &error));
}

static flinch__route *feed_row(flinch__feeder *feeder, uint32_t i, const char *name,
                               uint32_t index) {
    double row[FIXTURE_INPUTS];
    fixture_row(i, row);
    const flinch__feed feed = {.partition = 0,
                               .name = name,
                               .name_size = strlen(name),
                               .inputs = row,
                               .timestamp_ms = i,
                               .index = index};
    flinch__route *route = NULL;
    flinch_error error;
    assert_ok(flinch__feeder_feed(feeder, &feed, &route, &error));
    return route;
}

static void settle(flinch__feeder *feeder) {
    flinch_error error;
    assert_ok(flinch__feeder_settle(feeder, &error));
}

/* A score that no detector gives, so that a slot that was not written shows. */
static void mark_unwritten(flinch__feeder *feeder) {
    for (uint32_t i = 0; i < FLINCH__FEEDER_ROWS; i++)
        feeder->scores[i] = (flinch_score){.p_value = -1};
}

/* Feeds all rows, to `names` streams in turn, settling after every `batch` of them (0: a random
 * number). */
static flinch_score *score_all(const flinch__blueprint *blueprint, uint32_t names, uint32_t batch) {
    flinch_score *out = calloc(ROWS, sizeof *out);
    assert_non_null(out);
    flinch__feeder feeder;
    init(&feeder, blueprint);
    flinch__random random = {batch + 7};
    char name[16];
    for (uint32_t i = 0; i < ROWS;) {
        uint32_t count = batch > 0 ? batch : 1 + flinch__random_below(&random, 100);
        count = count < ROWS - i ? count : ROWS - i;
        mark_unwritten(&feeder);
        for (uint32_t k = 0; k < count; k++) {
            snprintf(name, sizeof name, "s%u", (i + k) % names);
            feed_row(&feeder, i + k, name, k);
        }
        settle(&feeder);
        memcpy(&out[i], feeder.scores, count * sizeof *out);
        i += count;
    }
    flinch__feeder_fini(&feeder);
    return out;
}

static void every_row_has_its_score_once_settled(void **state) {
    const uint32_t batches[] = {1, 31, 32, 33, 1000};
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        flinch_score *scores = score_all(*state, 2, batches[b]);

        for (uint32_t i = 0; i < ROWS; i++)
            assert_true(scores[i].p_value > 0 && scores[i].p_value <= 1);
        free(scores);
    }
}

static void scores_do_not_depend_on_how_rows_were_batched(void **state) {
    const uint32_t batches[] = {3, 32, 100, 1000, 0};
    flinch_score *one = score_all(*state, 2, 1);
    assert_int_equal(one[ROWS - 1].status, FLINCH_SCORE_OK);
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        flinch_score *other = score_all(*state, 2, batches[b]);

        for (uint32_t i = 0; i < ROWS; i++)
            assert_same_score(&one[i], &other[i]);
        free(other);
    }
    free(one);
}

static void a_score_goes_where_its_row_was_told_to(void **state) {
    flinch_score *expected = score_all(*state, 1, 1);
    flinch__feeder feeder;
    init(&feeder, *state);
    for (uint32_t i = 0; i < 992; i++)
        feed_row(&feeder, i, "s0", 991 - i);

    settle(&feeder);

    for (uint32_t i = 0; i < 992; i++)
        assert_same_score(&feeder.scores[991 - i], &expected[i]);
    flinch__feeder_fini(&feeder);
    free(expected);
}

static void a_full_tile_is_learned_from_at_once(void **state) {
    flinch__feeder feeder;
    init(&feeder, *state);

    for (uint32_t i = 0; i < T - 1; i++)
        feed_row(&feeder, i, "x", i);
    flinch__route *route = feed_row(&feeder, T - 1, "x", T - 1);

    flinch__stream_figures figures;
    flinch__stream_figures_get(route->stream, &figures);
    assert_int_equal(figures.generation, 1);
    assert_int_equal(flinch__stream_filled(route->stream), 0);
    flinch__feeder_fini(&feeder);
}

static void settle_scores_a_short_tile_and_leaves_it_open(void **state) {
    flinch__feeder feeder;
    init(&feeder, *state);
    mark_unwritten(&feeder);
    const flinch__route *route = NULL;
    for (uint32_t i = 0; i < 5; i++)
        route = feed_row(&feeder, i, "x", i);

    settle(&feeder);

    for (uint32_t i = 0; i < 5; i++)
        assert_true(feeder.scores[i].p_value == 1);
    assert_int_equal(flinch__stream_filled(route->stream), 5);
    flinch__feeder_fini(&feeder);
}

static void settle_writes_no_score_a_second_time(void **state) {
    flinch__feeder feeder;
    init(&feeder, *state);
    for (uint32_t i = 0; i < 5; i++)
        feed_row(&feeder, i, "x", i);
    settle(&feeder);
    mark_unwritten(&feeder);
    feed_row(&feeder, 5, "x", 9);

    settle(&feeder);

    for (uint32_t i = 0; i < 9; i++)
        assert_true(feeder.scores[i].p_value == -1);
    assert_true(feeder.scores[9].p_value == 1);
    flinch__feeder_fini(&feeder);
}

static void drop_forgets_streams_and_rows_that_wait(void **state) {
    flinch__feeder feeder;
    init(&feeder, *state);
    mark_unwritten(&feeder);
    for (uint32_t i = 0; i < 5; i++)
        feed_row(&feeder, i, "x", i);

    flinch__feeder_drop(&feeder, -1);
    settle(&feeder);

    assert_true(feeder.scores[0].p_value == -1);
    const flinch__route *route = feed_row(&feeder, 0, "x", 0);
    assert_int_equal(flinch__stream_position(route->stream), 1);
    flinch__feeder_fini(&feeder);
}

static void drop_of_one_partition_keeps_the_streams_of_the_others(void **state) {
    flinch__feeder feeder;
    init(&feeder, *state);
    feed_row(&feeder, 0, "x", 0);
    settle(&feeder);

    flinch__feeder_drop(&feeder, 3);

    const flinch__route *route = feed_row(&feeder, 1, "x", 1);
    assert_int_equal(flinch__stream_position(route->stream), 2);
    flinch__feeder_fini(&feeder);
}

static void rows_after_a_drop_have_their_scores_and_rows_before_it_none(void **state) {
    flinch__feeder feeder;
    init(&feeder, *state);
    feed_row(&feeder, 0, "x", 0);
    flinch__feeder_drop(&feeder, 3);
    mark_unwritten(&feeder);
    feed_row(&feeder, 1, "x", 7);

    settle(&feeder);

    assert_true(feeder.scores[0].p_value == -1);
    assert_true(feeder.scores[7].p_value == 1);
    flinch__feeder_fini(&feeder);
}

static void a_captured_text_names_a_stream_as_it_is(void **state) {
    const flinch__capture capture = {
        .kind = FLINCH_CAPTURE_TEXT, .text = "web-1...", .text_size = 5};
    char text[320];
    const void *name = NULL;
    size_t size = 0;

    flinch__capture_name(&capture, text, sizeof text, &name, &size);

    assert_int_equal(size, 5);
    assert_memory_equal(name, "web-1", 5);
}

static void a_captured_number_names_a_stream_by_its_digits(void **state) {
    const flinch__capture whole = {.kind = FLINCH_CAPTURE_NUMBER, .number = 42};
    const flinch__capture tenth = {.kind = FLINCH_CAPTURE_NUMBER, .number = 0.1};
    char text[320];
    const void *name = NULL;
    size_t size = 0;

    flinch__capture_name(&whole, text, sizeof text, &name, &size);
    assert_int_equal(size, 2);
    assert_memory_equal(name, "42", 2);
    flinch__capture_name(&tenth, text, sizeof text, &name, &size);
    assert_memory_equal(name, "0.10000000000000001", size);
}

static void a_value_that_is_not_there_names_the_stream_without_a_name(void **state) {
    const flinch__capture capture = {.kind = FLINCH_CAPTURE_NONE};
    char text[320];
    const void *name = NULL;
    size_t size = 9;

    flinch__capture_name(&capture, text, sizeof text, &name, &size);

    assert_int_equal(size, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_its_score_once_settled),
        cmocka_unit_test(scores_do_not_depend_on_how_rows_were_batched),
        cmocka_unit_test(a_score_goes_where_its_row_was_told_to),
        cmocka_unit_test(a_full_tile_is_learned_from_at_once),
        cmocka_unit_test(settle_scores_a_short_tile_and_leaves_it_open),
        cmocka_unit_test(settle_writes_no_score_a_second_time),
        cmocka_unit_test(drop_forgets_streams_and_rows_that_wait),
        cmocka_unit_test(drop_of_one_partition_keeps_the_streams_of_the_others),
        cmocka_unit_test(rows_after_a_drop_have_their_scores_and_rows_before_it_none),
        cmocka_unit_test(a_captured_text_names_a_stream_as_it_is),
        cmocka_unit_test(a_captured_number_names_a_stream_by_its_digits),
        cmocka_unit_test(a_value_that_is_not_there_names_the_stream_without_a_name),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
