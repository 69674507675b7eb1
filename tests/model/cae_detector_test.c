#include "tests/support/unit.h"

#include "model/cae_detector.h"
#include "tests/support/rows.h"

enum { T = FLINCH_TILE_ROWS, D = 6 };

typedef struct setting {
    const flinch_detector_api *api;
    flinch_detector *detector;
    void *scratch;
    float values[T * D];
    flinch_tile tile;
    flinch__random random;
} setting;

static flinch_detector_config config_with(const flinch_option *options, uint32_t count) {
    return (flinch_detector_config){.size = sizeof(flinch_detector_config),
                                    .features = D,
                                    .seed = 42,
                                    .options = options,
                                    .option_count = count};
}

static setting *prepare_with(const flinch_option *options, uint32_t count) {
    setting *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->api = flinch__cae_detector();
    flinch_error error;
    flinch_detector_config config = config_with(options, count);
    assert_ok(s->api->create(&config, &s->detector, &error));
    s->scratch = aligned_alloc(64, (s->api->scratch_bytes(s->detector) + 63) / 64 * 64);
    assert_non_null(s->scratch);
    s->tile = (flinch_tile){.features = D, .values = s->values, .first = 0, .count = T};
    s->random.state = 1;
    return s;
}

static setting *prepare(void) {
    return prepare_with(NULL, 0);
}

static void finish(setting *s) {
    s->api->destroy(s->detector);
    free(s->scratch);
    free(s);
}

static void draw_tile(setting *s) {
    for (size_t t = 0; t < T; t++) {
        double row[D];
        rows_normal(&s->random, D, row);
        for (size_t i = 0; i < D; i++)
            s->values[t * D + i] = (float)row[i];
    }
}

static flinch_learned train(setting *s, int tiles) {
    flinch_learned learned = {0};
    for (int i = 0; i < tiles; i++) {
        draw_tile(s);
        assert_ok(s->api->learn(s->detector, &s->tile, s->scratch, &learned));
    }
    return learned;
}

static void it_is_ready_after_the_warmup_and_gives_its_scores_to_calibrate_by(void **state) {
    setting *s = prepare();
    flinch_learned learned = train(s, 7);
    assert_false(s->api->ready(s->detector));
    assert_int_equal(learned.reference_count, 0);

    learned = train(s, 1);

    assert_true(s->api->ready(s->detector));
    assert_int_equal(learned.reference_count, 256);
    finish(s);
}

static float mean_error(setting *s, int tiles) {
    float sum = 0;
    for (int i = 0; i < tiles; i++) {
        flinch_signal signals[T];
        flinch_learned learned;
        draw_tile(s);
        for (size_t t = 0; t < T; t++)
            s->values[t * D + 1] = 2 * s->values[t * D] + 5; /* another regime */
        assert_ok(s->api->score(s->detector, &s->tile, s->scratch, signals));
        assert_ok(s->api->learn(s->detector, &s->tile, s->scratch, &learned));
        for (size_t t = 0; t < T; t++)
            sum += signals[t].reconstruction_error / (float)(T * tiles);
    }
    return sum;
}

static void learning_online_follows_a_new_regime(void **state) {
    setting *s = prepare();
    train(s, 8);
    float first = mean_error(s, 10);

    mean_error(s, 2000);

    float last = mean_error(s, 10);
    assert_true(last < first / 4);
    finish(s);
}

static void a_broken_correlation_stands_out_and_its_feature_is_named(void **state) {
    setting *s = prepare();
    train(s, 100);
    draw_tile(s);
    double row[D];
    rows_anomaly(&s->random, D, row);
    for (size_t i = 0; i < D; i++)
        s->values[5 * D + i] = (float)row[i];
    flinch_signal signals[T];
    flinch_share shares[T * D];
    const flinch_explain_api *explain = s->api->extension(FLINCH_EXPLAIN_EXTENSION);

    assert_ok(s->api->score(s->detector, &s->tile, s->scratch, signals));
    assert_ok(explain->explain(s->detector, &s->tile, 1U << 5, s->scratch, shares));

    for (size_t t = 0; t < T; t++)
        assert_true(t == 5 || signals[t].raw < signals[5].raw);
    for (size_t i = 0; i < D; i++)
        assert_true(shares[5 * D + i].error_share <= shares[5 * D + 1].error_share);
    assert_true(fabsf(shares[5 * D + 1].expected - ((float)row[1] - 3)) < 1.5F);
    finish(s);
}

static void scoring_changes_nothing(void **state) {
    setting *s = prepare();
    train(s, 20);
    size_t size = s->api->saved_bytes(s->detector);
    void *before = malloc(size);
    void *after = malloc(size);
    assert_non_null(before);
    assert_non_null(after);
    assert_ok(s->api->save(s->detector, before, size, &size));
    flinch_signal signals[T];
    draw_tile(s);

    assert_ok(s->api->score(s->detector, &s->tile, s->scratch, signals));

    assert_ok(s->api->save(s->detector, after, size, &size));
    assert_memory_equal(before, after, size);
    free(before);
    free(after);
    finish(s);
}

static void a_loaded_detector_goes_on_with_the_same_bits(void **state) {
    setting *s = prepare();
    train(s, 30);
    size_t size = s->api->saved_bytes(s->detector);
    void *bytes = malloc(size);
    assert_non_null(bytes);
    assert_ok(s->api->save(s->detector, bytes, size, &size));
    flinch_detector *twin = NULL;
    flinch_error error;
    flinch_detector_config config = config_with(NULL, 0);
    config.seed = 7; /* the state brings its own generator */
    assert_ok(s->api->load(&config, bytes, size, &twin, &error));

    for (int i = 0; i < 100; i++) {
        flinch_signal one[T];
        flinch_signal two[T];
        flinch_learned learned;
        draw_tile(s);
        assert_ok(s->api->score(s->detector, &s->tile, s->scratch, one));
        assert_ok(s->api->learn(s->detector, &s->tile, s->scratch, &learned));
        assert_ok(s->api->score(twin, &s->tile, s->scratch, two));
        assert_ok(s->api->learn(twin, &s->tile, s->scratch, &learned));
        assert_memory_equal(one, two, sizeof one);
    }
    s->api->destroy(twin);
    free(bytes);
    finish(s);
}

static void hostile_state_is_refused(void **state) {
    setting *s = prepare();
    train(s, 10);
    size_t size = s->api->saved_bytes(s->detector);
    unsigned char *bytes = malloc(size);
    assert_non_null(bytes);
    assert_ok(s->api->save(s->detector, bytes, size, &size));
    flinch_detector_config config = config_with(NULL, 0);
    flinch_detector *loaded = NULL;
    flinch_error error;

    for (size_t cut = 0; cut < size; cut += size / 97 + 1)
        assert_int_equal(s->api->load(&config, bytes, cut, &loaded, &error).code, FLINCH_BAD_DATA);
    config.features = D + 1;
    assert_int_equal(s->api->load(&config, bytes, size, &loaded, &error).code, FLINCH_MISMATCH);
    config.features = D;
    const float nan = NAN;
    for (size_t at = size - 200; at + sizeof nan < size; at += sizeof nan) {
        unsigned char kept[sizeof nan];
        memcpy(kept, bytes + at, sizeof nan);
        memcpy(bytes + at, &nan, sizeof nan);
        flinch_status status = s->api->load(&config, bytes, size, &loaded, &error);
        assert_true(status.code == FLINCH_BAD_DATA || status.code == FLINCH_OK);
        s->api->destroy(loaded);
        memcpy(bytes + at, kept, sizeof nan);
    }
    assert_int_equal(s->api->save(s->detector, bytes, size - 1, &size).code, FLINCH_TOO_LARGE);
    free(bytes);
    finish(s);
}

static void settings_are_checked(void **state) {
    const flinch_option bad[] = {{"hidden", "0"},        {"hidden", "12x"},    {"hidden", "4097"},
                                 {"lambda", "-1"},       {"lambda", "nan"},    {"lambda", ""},
                                 {"optimizer", "lbfgs"}, {"warmup", "100"},    {"learn", "yes"},
                                 {"hiden", "4"},         {"warmup", "1000000"}};
    const flinch_detector_api *api = flinch__cae_detector();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        flinch_detector *detector = NULL;
        flinch_error error = {{0}};
        flinch_detector_config config = config_with(&bad[i], 1);

        assert_int_equal(api->create(&config, &detector, &error).code, FLINCH_INVALID);

        assert_null(detector);
        assert_non_null(strstr(error.text, bad[i].name));
    }
}

static void extreme_rows_leave_every_score_finite(void **state) {
    setting *s = prepare();
    train(s, 8);
    const float extremes[] = {0, -1e18F, 1e18F, NAN, 1e-40F, 3};
    for (int round = 0; round < 200; round++) {
        flinch_signal signals[T];
        flinch_learned learned;
        for (size_t i = 0; i < (size_t)T * D; i++)
            s->values[i] = extremes[flinch__random_below(&s->random, 6)];

        assert_ok(s->api->score(s->detector, &s->tile, s->scratch, signals));
        assert_ok(s->api->learn(s->detector, &s->tile, s->scratch, &learned));

        for (size_t t = 0; t < T; t++)
            assert_true(isfinite(signals[t].raw) && isfinite(signals[t].reconstruction_error) &&
                        isfinite(signals[t].sensitivity));
    }
    finish(s);
}

static void degenerate_warmups_work(void **state) {
    const float constants[] = {0, 5, NAN};
    for (size_t k = 0; k < 3; k++) {
        setting *s = prepare();
        flinch_learned learned;
        for (size_t i = 0; i < (size_t)T * D; i++)
            s->values[i] = constants[k];
        for (int i = 0; i < 20; i++)
            assert_ok(s->api->learn(s->detector, &s->tile, s->scratch, &learned));
        flinch_signal signals[T];

        assert_ok(s->api->score(s->detector, &s->tile, s->scratch, signals));

        assert_true(isfinite(signals[0].raw));
        finish(s);
    }
}

static void a_frozen_detector_stays_as_it_was_fitted(void **state) {
    const flinch_option frozen = {"learn", "false"};
    setting *s = prepare_with(&frozen, 1);
    train(s, 8);
    flinch_signal before[T];
    flinch_signal after[T];
    draw_tile(s);
    assert_ok(s->api->score(s->detector, &s->tile, s->scratch, before));
    float kept[T * D];
    memcpy(kept, s->values, sizeof kept);

    train(s, 50);

    memcpy(s->values, kept, sizeof kept);
    assert_ok(s->api->score(s->detector, &s->tile, s->scratch, after));
    assert_memory_equal(before, after, sizeof before);
    finish(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_ready_after_the_warmup_and_gives_its_scores_to_calibrate_by),
        cmocka_unit_test(learning_online_follows_a_new_regime),
        cmocka_unit_test(a_broken_correlation_stands_out_and_its_feature_is_named),
        cmocka_unit_test(scoring_changes_nothing),
        cmocka_unit_test(a_loaded_detector_goes_on_with_the_same_bits),
        cmocka_unit_test(hostile_state_is_refused),
        cmocka_unit_test(settings_are_checked),
        cmocka_unit_test(extreme_rows_leave_every_score_finite),
        cmocka_unit_test(degenerate_warmups_work),
        cmocka_unit_test(a_frozen_detector_stays_as_it_was_fitted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
