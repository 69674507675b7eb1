#include "tests/support/unit.h"

#include "model/calibrator.h"
#include "model/random.h"

typedef struct setting {
    uint32_t fill[2];
    float ring[FLINCH__CALIBRATOR_ROWS], sorted[FLINCH__CALIBRATOR_ROWS],
        work[FLINCH__CALIBRATOR_ROWS];
    flinch__calibrator calibrator;
} setting;

static setting *prepare(void) {
    setting *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->calibrator = (flinch__calibrator){.fill = s->fill, .ring = s->ring, .sorted = s->sorted};
    flinch__calibrator_reset(&s->calibrator);
    return s;
}

static float exponential(flinch__random *random) {
    return (float)-log(1 - flinch__random_unit(random));
}

static void feed(setting *s, flinch__random *random, int tiles, float shift) {
    for (int i = 0; i < tiles; i++) {
        float raw[32];
        for (size_t k = 0; k < 32; k++)
            raw[k] = exponential(random) + shift;
        flinch__calibrator_add(&s->calibrator, raw, 32, s->work);
    }
}

static void without_scores_nothing_is_strange(void **state) {
    setting *s = prepare();
    assert_true(flinch__calibrator_score(&s->calibrator, 1e30F) == 0);
    free(s);
}

static void p_values_of_an_exponential_signal_are_right(void **state) {
    setting *s = prepare();
    flinch__random random = {5};
    feed(s, &random, 400, 0);

    for (double p = 0.5; p > 1e-5; p /= 3) {
        double score = flinch__calibrator_score(&s->calibrator, (float)-log(p));
        assert_true(fabs(score + log10(p)) < 0.05 - 0.06 * log10(p));
    }
    free(s);
}

static void score_grows_with_the_raw_score(void **state) {
    setting *s = prepare();
    flinch__random random = {6};
    feed(s, &random, 100, 0);

    double last = -1;
    for (float raw = -2; raw < 40; raw += 0.01F) {
        double score = flinch__calibrator_score(&s->calibrator, raw);
        assert_true(score >= last && isfinite(score));
        last = score;
    }
    free(s);
}

static void the_oldest_scores_are_forgotten(void **state) {
    setting *s = prepare();
    flinch__random random = {7};
    feed(s, &random, 10, 100);
    assert_true(flinch__calibrator_score(&s->calibrator, 50) < 0.1);

    feed(s, &random, 300, 0);

    assert_true(flinch__calibrator_score(&s->calibrator, 50) > 10);
    free(s);
}

static void sliding_keeps_the_sample_sorted_and_complete(void **state) {
    setting *s = prepare();
    flinch__random random = {8};
    for (int i = 0; i < 2000; i++) {
        float raw[32];
        uint32_t n = flinch__random_below(&random, 33);
        for (uint32_t k = 0; k < n; k++)
            raw[k] = (float)flinch__random_below(&random, 50); /* many equal values */
        flinch__calibrator_add(&s->calibrator, raw, n, s->work);
    }
    float slid[FLINCH__CALIBRATOR_ROWS];
    memcpy(slid, s->sorted, sizeof slid);

    flinch__calibrator_refresh(&s->calibrator);

    assert_int_equal(s->fill[0], FLINCH__CALIBRATOR_ROWS);
    assert_memory_equal(slid, s->sorted, sizeof slid);
    free(s);
}

static void constant_scores_give_finite_p_values(void **state) {
    setting *s = prepare();
    const float raw[32] = {0};
    flinch__calibrator_add(&s->calibrator, raw, 32, s->work);

    assert_true(flinch__calibrator_score(&s->calibrator, 0) < 2);
    assert_true(isfinite(flinch__calibrator_score(&s->calibrator, 1e30F)));
    free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_scores_nothing_is_strange),
        cmocka_unit_test(p_values_of_an_exponential_signal_are_right),
        cmocka_unit_test(score_grows_with_the_raw_score),
        cmocka_unit_test(the_oldest_scores_are_forgotten),
        cmocka_unit_test(sliding_keeps_the_sample_sorted_and_complete),
        cmocka_unit_test(constant_scores_give_finite_p_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
