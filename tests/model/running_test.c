#include "tests/support/unit.h"

#include "model/running.h"

static void start_takes_mean_and_variance(void **state) {
    flinch__running running;
    const double values[] = {1, 2, 3, 6};

    flinch__running_start(&running, values, 4, 4);

    assert_true(fabs(running.mean - 3) < 1e-12);
    assert_true(fabs(running.variance - 3.5) < 1e-12);
    assert_true(fabs(running.weight - 16) < 1e-12);
}

static void adding_equals_the_moments_of_all_values_while_nothing_is_forgotten(void **state) {
    flinch__running running;
    const double first[] = {1, 2, 3, 6};
    const double more[] = {10, -4, 0, 0.5};
    flinch__running_start(&running, first, 4, 1);

    flinch__running_add(&running, more, 4);

    const double mean = 18.5 / 8;
    double variance = 0;
    for (size_t i = 0; i < 4; i++)
        variance +=
            ((first[i] - mean) * (first[i] - mean) + (more[i] - mean) * (more[i] - mean)) / 8;
    assert_true(fabs(running.mean - mean) < 1e-3);
    assert_true(fabs(running.variance - variance) < 1e-2);
}

static void half_of_the_old_is_gone_after_a_half_life(void **state) {
    flinch__running running;
    double zeros[32] = {0};
    double ones[32];
    for (size_t i = 0; i < 32; i++)
        ones[i] = 1;
    flinch__running_start(&running, zeros, 32, 1e9); /* weight at its bound */
    running.weight = 1 / (1 - FLINCH__DECAY);

    for (int i = 0; i < 20000 / 32; i++)
        flinch__running_add(&running, ones, 32);

    assert_true(fabs(running.mean - 0.5) < 0.01);
}

static void adding_nothing_changes_nothing(void **state) {
    flinch__running running = {.weight = 7, .mean = 1, .variance = 2};

    flinch__running_add(&running, NULL, 0);

    assert_true(running.weight == 7 && running.mean == 1 && running.variance == 2);
}

static void a_constant_signal_standardises_to_a_finite_number(void **state) {
    flinch__running running;
    const double same[] = {5, 5, 5};
    flinch__running_start(&running, same, 3, 1);

    assert_true(flinch__running_standardise(&running, 5) == 0);
    assert_true(isfinite(flinch__running_standardise(&running, 6)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_takes_mean_and_variance),
        cmocka_unit_test(adding_equals_the_moments_of_all_values_while_nothing_is_forgotten),
        cmocka_unit_test(half_of_the_old_is_gone_after_a_half_life),
        cmocka_unit_test(adding_nothing_changes_nothing),
        cmocka_unit_test(a_constant_signal_standardises_to_a_finite_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
