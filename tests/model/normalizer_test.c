#include "tests/support/unit.h"

#include "model/normalizer.h"

enum { D = 3 };

typedef struct setting {
    uint32_t fill[2];
    float ring[FLINCH__RING_ROWS * D], offset[D], inverse[D];
    double median[D], log_scale[D];
    flinch__normalizer normalizer;
} setting;

static setting *prepare(void) {
    setting *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->normalizer = (flinch__normalizer){.d = D,
                                         .fill = s->fill,
                                         .ring = s->ring,
                                         .median = s->median,
                                         .log_scale = s->log_scale,
                                         .offset = s->offset,
                                         .inverse = s->inverse};
    flinch__normalizer_reset(&s->normalizer);
    return s;
}

static void fit_finds_median_and_the_mean_of_both_spreads(void **state) {
    setting *s = prepare();
    for (int i = 1; i <= 101; i++)
        flinch__normalizer_add(&s->normalizer, (const float[D]){(float)i, 7, 0});

    flinch__normalizer_fit(&s->normalizer);

    double sd = sqrt((101.0 * 101 - 1) / 12);
    assert_true(fabs(s->median[0] - 51) < 1e-9);
    assert_true(fabs(exp(s->log_scale[0]) - (1.4826 * 25 + sd) / 2) < 1e-6);
    free(s);
}

static void median_of_an_even_number_is_the_mean_of_the_middle_two(void **state) {
    setting *s = prepare();
    const float values[] = {9, 1, 4, 2};
    for (size_t i = 0; i < 4; i++)
        flinch__normalizer_add(&s->normalizer, (const float[D]){values[i], 0, 0});

    flinch__normalizer_fit(&s->normalizer);

    assert_true(s->median[0] == 3);
    free(s);
}

static void a_constant_feature_has_scale_one(void **state) {
    setting *s = prepare();
    for (int i = 0; i < 50; i++)
        flinch__normalizer_add(&s->normalizer, (const float[D]){1, 7, 1e9F});

    flinch__normalizer_fit(&s->normalizer);

    assert_true(s->log_scale[1] == 0 && s->median[1] == 7);
    assert_true(s->log_scale[2] == 0);
    free(s);
}

static void mostly_constant_features_are_scaled_by_their_deviation(void **state) {
    setting *s = prepare();
    for (int i = 0; i < 100; i++)
        flinch__normalizer_add(&s->normalizer, (const float[D]){i % 20 == 0 ? 10.0F : 0.0F, 0, 0});

    flinch__normalizer_fit(&s->normalizer);

    double sd = sqrt(0.05 * 100 - 0.25);
    assert_true(fabs(exp(s->log_scale[0]) - sd / 2) < 1e-6);
    free(s);
}

static void missing_values_are_left_out_of_the_fit_and_become_the_median(void **state) {
    setting *s = prepare();
    for (int i = 0; i < 30; i++)
        flinch__normalizer_add(&s->normalizer,
                               (const float[D]){i % 2 == 0 ? NAN : (float)i, NAN, 1});
    flinch__normalizer_fit(&s->normalizer);
    float z[D];

    flinch__normalizer_apply(&s->normalizer, (const float[D]){NAN, NAN, NAN}, z);

    assert_true(s->median[0] == 15);
    assert_true(s->median[1] == 0 && s->log_scale[1] == 0);
    assert_true(z[0] == 0 && z[1] == 0 && z[2] == 0);
    free(s);
}

static void far_values_are_compressed_and_come_back(void **state) {
    setting *s = prepare();
    const float values[] = {0, 1, -2.9F, 3, 10, -1000, 1e18F};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        float z[D];

        flinch__normalizer_apply(&s->normalizer, (const float[D]){values[i], 0, 0}, z);
        float back = flinch__normalizer_invert(&s->normalizer, 0, z[0]);

        assert_true(isfinite(z[0]) && fabsf(z[0]) < 200);
        assert_true(fabsf(back - values[i]) <= 1e-4F * fabsf(values[i]) + 1e-6F);
    }
    free(s);
}

static void refit_moves_a_feature_once_in_its_cycle_by_the_half_life(void **state) {
    setting *s = prepare();
    for (int i = 0; i < 1024; i++)
        flinch__normalizer_add(&s->normalizer, (const float[D]){100, 100, 100});

    for (uint64_t tile = 0; tile < FLINCH__REFIT_TILES; tile++)
        flinch__normalizer_refit(&s->normalizer, tile);

    for (size_t i = 0; i < D; i++)
        assert_true(fabs(s->median[i] - 100 * (1 - pow(0.5, 2048.0 / 20000))) < 1e-3);
    free(s);
}

static void the_ring_forgets_the_oldest_row(void **state) {
    setting *s = prepare();
    for (int i = 0; i < 3 * FLINCH__RING_ROWS; i++)
        flinch__normalizer_add(&s->normalizer,
                               (const float[D]){i < 2 * FLINCH__RING_ROWS ? 5.0F : 8.0F, 0, 0});

    flinch__normalizer_fit(&s->normalizer);

    assert_true(s->median[0] == 8 && s->log_scale[0] == 0);
    free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fit_finds_median_and_the_mean_of_both_spreads),
        cmocka_unit_test(median_of_an_even_number_is_the_mean_of_the_middle_two),
        cmocka_unit_test(a_constant_feature_has_scale_one),
        cmocka_unit_test(mostly_constant_features_are_scaled_by_their_deviation),
        cmocka_unit_test(missing_values_are_left_out_of_the_fit_and_become_the_median),
        cmocka_unit_test(far_values_are_compressed_and_come_back),
        cmocka_unit_test(refit_moves_a_feature_once_in_its_cycle_by_the_half_life),
        cmocka_unit_test(the_ring_forgets_the_oldest_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
