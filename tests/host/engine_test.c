#include "flinch/flinch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/cae_detector.h"
#include "model/stream.h"
#include "tests/support/unit.h"

enum { ROWS = 1000, INPUTS = 3 };

static const char FEATURES[] = "features: [a, {field: b, transform: log}, {field: c, one_hot: "
                               "[red, blue]}]\nseed: 7\n";

static void row_of(int i, double out[INPUTS]) {
    out[0] = sin(0.1 * i) + 0.01 * (i * 7919 % 101);
    out[1] = i % 50 == 49 ? (double)NAN : 100.0 + i % 13;
    out[2] = i % 3 - 1;
}

static void its_scores_are_those_of_a_stream_bit_for_bit(void **state) {
    (void)state;
    const char *const colours[] = {"red", "blue"};
    const flinch_input inputs[] = {{.field = "a"},
                                   {.field = "b", .transform = FLINCH_TRANSFORM_LOG},
                                   {"c", FLINCH_TRANSFORM_ONE_HOT, colours, 2}};
    flinch__stream_config config = {.api = flinch__cae_detector(),
                                    .inputs = {inputs, 3},
                                    .window = 1,
                                    .alarm_rate = 0.001,
                                    .seed = 7};
    flinch__blueprint *blueprint = NULL;
    flinch__stream *stream = NULL;
    flinch_engine *engine = NULL;
    flinch_error error;
    assert_ok(flinch__blueprint_new(&config, &blueprint, &error));
    assert_ok(flinch__stream_new(blueprint, "", 0, &stream, &error));
    void *scratch = aligned_alloc(64, flinch__blueprint_scratch_bytes(blueprint));
    assert_ok(flinch_engine_open(FEATURES, &engine, &error));

    for (int i = 0; i < ROWS; i++) {
        double row[INPUTS];
        row_of(i, row);
        flinch_score expected[FLINCH_TILE_ROWS];
        flinch_score seen;
        uint32_t slot = flinch__stream_filled(stream);
        flinch__stream_push(stream, row, i);
        assert_ok(flinch__stream_score(stream, slot, scratch, expected));
        if (slot + 1 == FLINCH_TILE_ROWS)
            assert_ok(flinch__stream_learn(stream, scratch));
        assert_ok(flinch_engine_push(engine, row, i, &seen, &error));
        assert_memory_equal(&seen.score, &expected[slot].score, sizeof seen.score);
        assert_memory_equal(&seen.p_value, &expected[slot].p_value, sizeof seen.p_value);
        assert_int_equal(seen.status, expected[slot].status);
        assert_int_equal(seen.generation, expected[slot].generation);
    }
    assert_true(flinch__stream_position(stream) == ROWS);

    flinch_engine_close(engine);
    free(scratch);
    flinch__stream_free(stream);
    flinch__blueprint_free(blueprint);
}

static void it_names_inputs_and_features(void **state) {
    (void)state;
    flinch_engine *engine = NULL;
    flinch_error error;
    assert_ok(flinch_engine_open(FEATURES, &engine, &error));

    assert_int_equal(flinch_engine_inputs(engine), 3);
    assert_string_equal(flinch_engine_feature(engine, 0), "a");
    assert_string_equal(flinch_engine_feature(engine, 3), "c=blue");
    assert_null(flinch_engine_feature(engine, 4));

    flinch_engine_close(engine);
}

static void a_jump_in_one_feature_is_an_anomaly_and_that_feature_its_reason(void **state) {
    (void)state;
    flinch_engine *engine = NULL;
    flinch_error error;
    flinch_score score;
    double row[INPUTS];
    assert_ok(flinch_engine_open(FEATURES, &engine, &error));
    for (int i = 0; i < 5000; i++) {
        row_of(i, row);
        assert_ok(flinch_engine_push(engine, row, i, &score, &error));
    }

    row_of(5000, row);
    row[0] = 50;
    assert_ok(flinch_engine_push(engine, row, 5000, &score, &error));

    assert_true(score.is_anomaly);
    assert_true(score.reason_count > 0);
    assert_string_equal(flinch_engine_feature(engine, score.reasons[0].feature), "a");
    assert_close(score.reasons[0].value, 50, 1e-6);
    assert_true(fabsf(score.reasons[0].expected) < 5);
    flinch_engine_close(engine);
}

static void every_mistake_in_its_config_is_told_with_its_place(void **state) {
    (void)state;
    flinch_engine *engine = NULL;
    flinch_error error;

    flinch_status status =
        flinch_engine_open("features: [a]\nsede: 1\nalarm_rate: 2\n", &engine, &error);

    assert_int_equal(status.code, FLINCH_INVALID);
    assert_null(engine);
    assert_non_null(strstr(error.text, "config:2:1: sede"));
    assert_non_null(strstr(error.text, "config:3:13: alarm_rate"));
}

static void it_takes_a_list_of_features_and_nothing_less(void **state) {
    (void)state;
    flinch_engine *engine = NULL;
    flinch_error error;

    assert_int_equal(flinch_engine_open("", &engine, &error).code, FLINCH_INVALID);
    assert_non_null(strstr(error.text, "features"));
    assert_int_equal(flinch_engine_open("features: auto", &engine, &error).code, FLINCH_INVALID);
    assert_non_null(strstr(error.text, "features"));
    flinch_engine_close(NULL);
}

static void it_loads_a_detector_of_ones_own(void **state) {
    (void)state;
    flinch_engine *engine = NULL;
    flinch_error error;
    flinch_score score;
    double row[1] = {1};

    assert_ok(flinch_engine_open("features: [a]\ndetector: {type: zscore, path: " FLINCH_ZSCORE "}",
                                 &engine, &error));
    assert_ok(flinch_engine_push(engine, row, 0, &score, &error));

    assert_int_equal(score.status, FLINCH_SCORE_WARMUP);
    flinch_engine_close(engine);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_scores_are_those_of_a_stream_bit_for_bit),
        cmocka_unit_test(it_names_inputs_and_features),
        cmocka_unit_test(a_jump_in_one_feature_is_an_anomaly_and_that_feature_its_reason),
        cmocka_unit_test(every_mistake_in_its_config_is_told_with_its_place),
        cmocka_unit_test(it_takes_a_list_of_features_and_nothing_less),
        cmocka_unit_test(it_loads_a_detector_of_ones_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
