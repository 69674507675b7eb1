#include "tests/support/unit.h"

#include "model/cae_detector.h"
#include "model/stream.h"
#include "tests/support/rows.h"

enum { T = FLINCH_TILE_ROWS, D = 5, ROWS = 2000 };

typedef struct setting {
    flinch__blueprint *blueprint;
    void *scratch;
    double rows[ROWS][D];
} setting;

static flinch__blueprint *blueprint_with(uint64_t seed) {
    static const flinch_input INPUTS[D] = {
        {.field = "a"}, {.field = "b"}, {.field = "c"}, {.field = "d"}, {.field = "e"}};
    flinch__stream_config config = {.api = flinch__cae_detector(),
                                    .inputs = {INPUTS, D},
                                    .window = 1,
                                    .alarm_rate = 0.001,
                                    .seed = seed};
    flinch__blueprint *blueprint = NULL;
    flinch_error error;
    assert_ok(flinch__blueprint_new(&config, &blueprint, &error));
    return blueprint;
}

static int set_up(void **state) {
    setting *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->blueprint = blueprint_with(1);
    s->scratch = aligned_alloc(64, flinch__blueprint_scratch_bytes(s->blueprint));
    assert_non_null(s->scratch);
    flinch__random random = {3};
    for (size_t i = 0; i < ROWS; i++)
        rows_normal(&random, D, s->rows[i]);
    rows_anomaly(&random, D, s->rows[1500]);
    s->rows[700][2] = (double)NAN;
    *state = s;
    return 0;
}

static int tear_down(void **state) {
    setting *s = *state;
    flinch__blueprint_free(s->blueprint);
    free(s->scratch);
    free(s);
    return 0;
}

static flinch__stream *new_stream(const setting *s, const char *name) {
    flinch__stream *stream = NULL;
    flinch_error error;
    assert_ok(flinch__stream_new(s->blueprint, name, strlen(name), &stream, &error));
    return stream;
}

/* Feeds rows first … end - 1, scoring after every `batch` rows (0: a random number of them). */
static void feed(const setting *s, flinch__stream *stream, size_t first, size_t end, uint32_t batch,
                 flinch_score *out) {
    flinch__random random = {first * 31 + end};
    flinch_score scores[T];
    uint32_t scored = flinch__stream_filled(stream);
    uint32_t left = 0;
    for (size_t i = first; i < end; i++) {
        flinch__stream_push(stream, s->rows[i], (int64_t)i);
        uint32_t filled = flinch__stream_filled(stream);
        left = left == 0 ? (batch > 0 ? batch : 1 + flinch__random_below(&random, 50)) : left;
        left--;
        if (left > 0 && filled < T && i + 1 < end)
            continue;
        assert_ok(flinch__stream_score(stream, scored, s->scratch, scores));
        for (uint32_t slot = scored; slot < filled; slot++)
            out[i + 1 - filled + slot] = scores[slot];
        scored = filled;
        if (filled == T) {
            assert_ok(flinch__stream_learn(stream, s->scratch));
            scored = 0;
        }
    }
}

static flinch_score *feed_all(const setting *s, uint32_t batch) {
    flinch_score *scores = calloc(ROWS, sizeof *scores);
    assert_non_null(scores);
    flinch__stream *stream = new_stream(s, "x");
    feed(s, stream, 0, ROWS, batch, scores);
    flinch__stream_free(stream);
    return scores;
}

static void warmup_comes_first_and_says_so(void **state) {
    flinch_score *scores = feed_all(*state, 1);

    assert_int_equal(scores[0].status, FLINCH_SCORE_WARMUP);
    assert_true(scores[255].p_value == 1 && scores[255].score == 0);
    assert_int_equal(scores[256].status, FLINCH_SCORE_OK);
    assert_int_equal(scores[256].generation, 8);
    free(scores);
}

static void a_missing_feature_degrades_the_score_and_nothing_more(void **state) {
    flinch_score *scores = feed_all(*state, 1);

    assert_int_equal(scores[700].status, FLINCH_SCORE_DEGRADED);
    assert_true(scores[700].p_value > 0 && scores[700].p_value <= 1);
    assert_int_equal(scores[701].status, FLINCH_SCORE_OK);
    free(scores);
}

static void an_anomaly_is_flagged_with_its_feature_first(void **state) {
    const setting *s = *state;
    flinch_score *scores = feed_all(s, 1);

    const flinch_score *score = &scores[1500];
    assert_true(score->is_anomaly);
    assert_true(score->p_value <= 0.001 && score->score >= 3);
    assert_true(score->reason_count >= 1);
    assert_int_equal(score->reasons[0].feature, 1);
    assert_true(score->reasons[0].value == (float)s->rows[1500][1]);
    for (uint32_t i = 1; i < score->reason_count; i++)
        assert_true(score->reasons[i].error_share <= score->reasons[i - 1].error_share);
    free(scores);
}

static void scores_do_not_depend_on_batches(void **state) {
    const uint32_t batches[] = {7, 32, 64, 0};
    flinch_score *one = feed_all(*state, 1);
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        flinch_score *other = feed_all(*state, batches[i]);

        for (size_t k = 0; k < ROWS; k++) {
            assert_memory_equal(&one[k].score, &other[k].score, sizeof one[k].score);
            assert_memory_equal(&one[k].reconstruction_error, &other[k].reconstruction_error,
                                sizeof one[k].reconstruction_error);
            assert_memory_equal(&one[k].sensitivity, &other[k].sensitivity,
                                sizeof one[k].sensitivity);
        }
        free(other);
    }
    free(one);
}

static flinch__stream *save_and_load(const setting *s, const flinch__stream *stream) {
    size_t size = flinch__stream_saved_bytes(stream);
    void *bytes = malloc(size);
    assert_non_null(bytes);
    assert_ok(flinch__stream_save(stream, bytes, size, &size));
    flinch__stream *loaded = NULL;
    flinch_error error;
    assert_ok(flinch__stream_load(s->blueprint, bytes, size, &loaded, &error));
    free(bytes);
    return loaded;
}

static void scores_do_not_depend_on_saves_and_loads_anywhere(void **state) {
    const setting *s = *state;
    flinch_score *one = feed_all(s, 1);
    flinch_score *other = calloc(ROWS, sizeof *other);
    assert_non_null(other);
    flinch__stream *stream = new_stream(s, "x");
    flinch__random random = {9};
    for (size_t at = 0; at < ROWS;) {
        size_t end = at + 1 + flinch__random_below(&random, 100);
        end = end < ROWS ? end : ROWS;
        feed(s, stream, at, end, 0, other);
        flinch__stream *loaded = save_and_load(s, stream);
        flinch__stream_free(stream);
        stream = loaded;
        at = end;
    }

    for (size_t k = 0; k < ROWS; k++)
        assert_memory_equal(&one[k].score, &other[k].score, sizeof one[k].score);
    flinch__stream_free(stream);
    free(one);
    free(other);
}

static void a_glance_gives_the_next_rows_score_and_changes_nothing(void **state) {
    const setting *s = *state;
    flinch_score *one = feed_all(s, 1);
    flinch_score *other = calloc(ROWS, sizeof *other);
    assert_non_null(other);
    flinch__stream *stream = new_stream(s, "x");
    flinch_score glanced;
    for (size_t i = 0; i < ROWS; i++) {
        assert_ok(flinch__stream_glance(stream, s->rows[1500], 7, s->scratch, &glanced));
        assert_ok(flinch__stream_glance(stream, s->rows[i], (int64_t)i, s->scratch, &glanced));
        assert_memory_equal(&glanced.score, &one[i].score, sizeof glanced.score);
        feed(s, stream, i, i + 1, 1, other);
    }

    for (size_t k = 0; k < ROWS; k++)
        assert_memory_equal(&one[k].score, &other[k].score, sizeof one[k].score);
    assert_true(flinch__stream_position(stream) == ROWS);
    flinch__stream_free(stream);
    free(one);
    free(other);
}

static void another_fingerprint_or_broken_bytes_are_refused(void **state) {
    const setting *s = *state;
    flinch_score scores[300];
    flinch__stream *stream = new_stream(s, "x");
    feed(s, stream, 0, 300, 1, scores);
    size_t size = flinch__stream_saved_bytes(stream);
    unsigned char *bytes = malloc(size);
    assert_non_null(bytes);
    assert_ok(flinch__stream_save(stream, bytes, size, &size));
    flinch__blueprint *other = blueprint_with(2);
    flinch__stream *loaded = NULL;
    flinch_error error;

    assert_int_equal(flinch__stream_load(other, bytes, size, &loaded, &error).code,
                     FLINCH_MISMATCH);
    for (size_t cut = 0; cut < size; cut += size / 61 + 1)
        assert_int_equal(flinch__stream_load(s->blueprint, bytes, cut, &loaded, &error).code,
                         FLINCH_BAD_DATA);
    bytes[32] = 0xFF; /* rows in the open tile */
    assert_int_equal(flinch__stream_load(s->blueprint, bytes, size, &loaded, &error).code,
                     FLINCH_BAD_DATA);
    flinch__blueprint_free(other);
    flinch__stream_free(stream);
    free(bytes);
}

static void names_make_streams_differ_and_seeds_too(void **state) {
    const setting *s = *state;
    flinch_score x[400];
    flinch_score y[400];
    flinch__stream *one = new_stream(s, "x");
    flinch__stream *two = new_stream(s, "y");
    feed(s, one, 0, 400, 1, x);
    feed(s, two, 0, 400, 1, y);

    assert_true(x[399].sensitivity != y[399].sensitivity);
    flinch__stream_free(one);
    flinch__stream_free(two);
}

static void positions_count_pushed_rows(void **state) {
    const setting *s = *state;
    flinch_score scores[100];
    flinch__stream *stream = new_stream(s, "x");

    feed(s, stream, 0, 70, 1, scores);

    flinch__stream_figures figures;
    flinch__stream_figures_get(stream, &figures);
    assert_int_equal(flinch__stream_position(stream), 70);
    assert_int_equal(flinch__stream_filled(stream), 70 % T);
    assert_int_equal(figures.generation, 70 / T);
    flinch__stream_free(stream);
}

static void a_constant_stream_is_quiet_and_a_step_in_it_is_not(void **state) {
    const setting *s = *state;
    flinch__stream *stream = new_stream(s, "constant");
    flinch_score scores[T];
    uint32_t alarms = 0;
    for (int i = 0; i < 3200; i++) {
        flinch__stream_push(stream, (const double[D]){1, 2, 3, 4, 5}, i);
        if (flinch__stream_filled(stream) < T)
            continue;
        assert_ok(flinch__stream_score(stream, 0, s->scratch, scores));
        for (size_t t = 0; t < T; t++)
            alarms += scores[t].is_anomaly;
        assert_ok(flinch__stream_learn(stream, s->scratch));
    }
    flinch__stream_push(stream, (const double[D]){1, 2, 4, 4, 5}, 3200);
    assert_ok(flinch__stream_score(stream, 0, s->scratch, scores));

    assert_true(alarms <= T); /* the first tile after the warm-up, at most */
    assert_true(scores[0].is_anomaly);
    flinch__stream_free(stream);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warmup_comes_first_and_says_so),
        cmocka_unit_test(a_missing_feature_degrades_the_score_and_nothing_more),
        cmocka_unit_test(an_anomaly_is_flagged_with_its_feature_first),
        cmocka_unit_test(scores_do_not_depend_on_batches),
        cmocka_unit_test(scores_do_not_depend_on_saves_and_loads_anywhere),
        cmocka_unit_test(a_glance_gives_the_next_rows_score_and_changes_nothing),
        cmocka_unit_test(another_fingerprint_or_broken_bytes_are_refused),
        cmocka_unit_test(names_make_streams_differ_and_seeds_too),
        cmocka_unit_test(positions_count_pushed_rows),
        cmocka_unit_test(a_constant_stream_is_quiet_and_a_step_in_it_is_not),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
