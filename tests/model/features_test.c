#include "tests/support/unit.h"

#include "model/features.h"

static const double GAP = (double)NAN; /* a missing value */

static const char *const STATES[] = {"UP", "DOWN"};
static const flinch_input ITEMS[] = {
    {.field = "cpu"},
    {.field = "bytes", .transform = FLINCH_TRANSFORM_RATE},
    {.field = "temp", .transform = FLINCH_TRANSFORM_DELTA},
    {.field = "size", .transform = FLINCH_TRANSFORM_LOG},
    {.field = "state",
     .transform = FLINCH_TRANSFORM_ONE_HOT,
     .categories = STATES,
     .category_count = 2},
};
static const flinch_input_list INPUTS = {ITEMS, 5};

enum { BASE = 6 };

typedef struct memory {
    double value[5];
    int64_t at_ms[5];
    float lags[2 * BASE];
} memory;

static flinch__history history_in(memory *m, uint32_t window) {
    flinch__history history = {.value = m->value, .at_ms = m->at_ms, .lags = m->lags};
    flinch__history_reset(&history, INPUTS, window);
    return history;
}

static void base_counts_one_feature_for_each_category(void **state) {
    assert_int_equal(flinch__features_base(INPUTS), BASE);
}

static void transforms_are_applied(void **state) {
    memory m;
    flinch__history history = history_in(&m, 1);
    float row[BASE];
    flinch__features_apply(INPUTS, 1, (const double[]){1, 1000, 20, -3, 0}, 5000, &history, row);
    assert_true(isnan(row[1]) && isnan(row[2]));

    flinch__features_apply(INPUTS, 1, (const double[]){0.5, 4000, 18, 3, 1}, 7000, &history, row);

    assert_true(row[0] == 0.5F);
    assert_true(row[1] == 1500.0F);
    assert_true(row[2] == -2.0F);
    assert_true(fabsf(row[3] - logf(4)) < 1e-6F);
    assert_true(row[4] == 0.0F && row[5] == 1.0F);
}

static void a_counter_that_falls_was_reset_and_is_missing_once(void **state) {
    memory m;
    flinch__history history = history_in(&m, 1);
    float row[BASE];
    flinch__features_apply(INPUTS, 1, (const double[]){0, 1000, 0, 0, 0}, 0, &history, row);
    flinch__features_apply(INPUTS, 1, (const double[]){0, 10, 0, 0, 0}, 1000, &history, row);
    assert_true(isnan(row[1]));

    flinch__features_apply(INPUTS, 1, (const double[]){0, 30, 0, 0, 0}, 2000, &history, row);

    assert_true(row[1] == 20.0F);
}

static void time_that_stands_still_gives_no_rate(void **state) {
    memory m;
    flinch__history history = history_in(&m, 1);
    float row[BASE];
    flinch__features_apply(INPUTS, 1, (const double[]){0, 1, 0, 0, 0}, 1000, &history, row);

    flinch__features_apply(INPUTS, 1, (const double[]){0, 2, 0, 0, 0}, 1000, &history, row);

    assert_true(isnan(row[1]));
}

static void a_missing_value_is_bridged_by_the_one_before(void **state) {
    memory m;
    flinch__history history = history_in(&m, 1);
    float row[BASE];
    flinch__features_apply(INPUTS, 1, (const double[]){0, 100, 5, 0, 0}, 0, &history, row);
    flinch__features_apply(INPUTS, 1, (const double[]){0, GAP, GAP, 0, GAP}, 1000, &history, row);
    assert_true(isnan(row[1]) && isnan(row[2]) && isnan(row[4]) && isnan(row[5]));

    flinch__features_apply(INPUTS, 1, (const double[]){0, 300, 9, 0, 0}, 2000, &history, row);

    assert_true(row[1] == 100.0F && row[2] == 4.0F);
}

static void another_category_is_none_of_the_listed(void **state) {
    memory m;
    flinch__history history = history_in(&m, 1);
    float row[BASE];

    flinch__features_apply(INPUTS, 1, (const double[]){0, 0, 0, 0, -1}, 0, &history, row);

    assert_true(row[4] == 0.0F && row[5] == 0.0F);
}

static void extreme_values_are_bounded(void **state) {
    memory m;
    flinch__history history = history_in(&m, 1);
    float row[BASE];

    flinch__features_apply(INPUTS, 1, (const double[]){-1e300, 0, 0, 1e308, 0}, 0, &history, row);

    assert_true(row[0] == -1e18F);
    assert_true(row[3] < 710.0F);
}

static void a_window_carries_the_rows_before(void **state) {
    memory m;
    flinch__history history = history_in(&m, 3);
    float row[3 * BASE];
    for (int i = 1; i <= 3; i++)
        flinch__features_apply(INPUTS, 3, (const double[]){i, 0, 0, 0, 0}, i, &history, row);

    assert_true(row[0] == 3 && row[BASE] == 2 && row[2 * BASE] == 1);

    flinch__features_apply(INPUTS, 3, (const double[]){4, 0, 0, 0, 0}, 4, &history, row);
    assert_true(row[0] == 4 && row[BASE] == 3 && row[2 * BASE] == 2);
}

static void names_tell_transform_category_and_lag(void **state) {
    static const char *const WANTED[] = {"cpu",       "rate(bytes)", "delta(temp)",
                                         "log(size)", "state=UP",    "state=DOWN"};
    char name[64];
    for (uint32_t i = 0; i < BASE; i++) {
        flinch__features_name(INPUTS, i, name, sizeof name);
        assert_string_equal(name, WANTED[i]);
    }
    flinch__features_name(INPUTS, 2 * BASE + 5, name, sizeof name);
    assert_string_equal(name, "state=DOWN[-2]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base_counts_one_feature_for_each_category),
        cmocka_unit_test(transforms_are_applied),
        cmocka_unit_test(a_counter_that_falls_was_reset_and_is_missing_once),
        cmocka_unit_test(time_that_stands_still_gives_no_rate),
        cmocka_unit_test(a_missing_value_is_bridged_by_the_one_before),
        cmocka_unit_test(another_category_is_none_of_the_listed),
        cmocka_unit_test(extreme_values_are_bounded),
        cmocka_unit_test(a_window_carries_the_rows_before),
        cmocka_unit_test(names_tell_transform_category_and_lag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
