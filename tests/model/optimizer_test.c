#include "tests/support/unit.h"

#include "model/optimizer.h"

typedef struct setting {
    float first[3], second[3];
    double powers[2];
    flinch__optimizer optimizer;
} setting;

static void prepare(setting *s, flinch__optimizer_kind kind) {
    s->optimizer = (flinch__optimizer){
        .kind = kind, .size = 3, .first = s->first, .second = s->second, .beta_powers = s->powers};
    flinch__optimizer_reset(&s->optimizer);
}

static void first_adam_step_has_the_size_of_the_rate(void **state) {
    setting s;
    prepare(&s, FLINCH_OPTIMIZER_ADAM);
    float theta[3] = {1, 1, 1};
    const float grad[3] = {0.5F, -20, 0};

    assert_true(flinch__optimizer_step(&s.optimizer, 0.01F, grad, theta));

    assert_true(fabsf(theta[0] - 0.99F) < 1e-6F);
    assert_true(fabsf(theta[1] - 1.01F) < 1e-6F);
    assert_true(theta[2] == 1);
}

static void momentum_clips_the_gradient_at_norm_one(void **state) {
    setting s;
    prepare(&s, FLINCH_OPTIMIZER_MOMENTUM);
    float theta[3] = {0, 0, 0};
    const float grad[3] = {300, 400, 0};

    assert_true(flinch__optimizer_step(&s.optimizer, 0.1F, grad, theta));

    assert_true(fabsf(theta[0] + 0.06F) < 1e-6F);
    assert_true(fabsf(theta[1] + 0.08F) < 1e-6F);
}

static void both_find_the_minimum_of_a_parabola(void **state) {
    for (int kind = FLINCH_OPTIMIZER_ADAM; kind <= FLINCH_OPTIMIZER_MOMENTUM; kind++) {
        setting s;
        prepare(&s, (flinch__optimizer_kind)kind);
        float theta[3] = {1, -2, 3};
        for (int i = 0; i < 2000; i++) {
            float grad[3] = {2 * theta[0], 2 * (theta[1] - 1), 2 * theta[2]};
            assert_true(flinch__optimizer_step(&s.optimizer, 0.01F, grad, theta));
        }
        assert_true(fabsf(theta[0]) < 1e-2F && fabsf(theta[1] - 1) < 1e-2F);
    }
}

static void a_gradient_that_is_not_finite_changes_nothing(void **state) {
    const float bad[] = {NAN, INFINITY, -INFINITY, 3e38F};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setting s;
        prepare(&s, FLINCH_OPTIMIZER_ADAM);
        float theta[3] = {1, 2, 3};
        const float grad[3] = {1, bad[i], 1};

        assert_false(flinch__optimizer_step(&s.optimizer, 0.01F, grad, theta));

        assert_true(theta[0] == 1 && theta[1] == 2 && theta[2] == 3);
        assert_true(s.first[0] == 0 && s.powers[0] == 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_adam_step_has_the_size_of_the_rate),
        cmocka_unit_test(momentum_clips_the_gradient_at_norm_one),
        cmocka_unit_test(both_find_the_minimum_of_a_parabola),
        cmocka_unit_test(a_gradient_that_is_not_finite_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
