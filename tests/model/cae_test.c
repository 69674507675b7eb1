#include "tests/support/unit.h"

#include "model/cae.h"
#include "model/random.h"
#include "model/sigmoid.h"
#include "tests/model/golden_cae.h"

enum { T = FLINCH_TILE_ROWS };

static void assert_near(const float *got, const float *want, size_t n, float tolerance) {
    for (size_t i = 0; i < n; i++)
        assert_true(fabsf(got[i] - want[i]) <= tolerance * fmaxf(1.0F, fabsf(want[i])));
}

static void forward_and_gradient_equal_the_numpy_reference(void **state) {
    enum { D = GOLDEN_D, H = GOLDEN_H, PARAMETERS = H * D + H + D };
    float theta[PARAMETERS], norms[H], z[T * D], s[T * H], r[T * D], sensitivity[T];
    float dr[T * D], da[T * H], grad[PARAMETERS];
    memcpy(theta, golden_theta, sizeof theta);
    memcpy(z, golden_z, sizeof z);
    flinch__cae cae = {.d = D, .h = H, .theta = theta, .norms = norms};
    flinch__cae_pass pass = {.z = z, .s = s, .r = r, .sensitivity = sensitivity};
    flinch__cae_scratch scratch = {.dr = dr, .da = da};

    flinch__cae_refresh(&cae);
    flinch__cae_forward(&cae, &pass);
    flinch__cae_loss loss =
        flinch__cae_gradient(&cae, &pass, (1U << GOLDEN_ROWS) - 1, golden_lambda, &scratch, grad);

    assert_near(s, golden_s, (size_t)T * H, 1e-6F);
    assert_near(r, golden_r, (size_t)T * D, 2e-6F);
    assert_near(sensitivity, golden_sensitivity, T, 2e-6F);
    assert_near(&loss.reconstruction, &golden_loss[0], 1, 2e-6F);
    assert_near(&loss.contractive, &golden_loss[1], 1, 2e-6F);
    assert_near(grad, golden_gradient, PARAMETERS, 2e-6F);
}

static void sigmoid_is_within_two_units_in_the_last_place(void **state) {
    for (float a = -30; a <= 30; a += 0.001F) {
        double exact = 1 / (1 + exp(-(double)a));
        assert_true(fabs((double)flinch__sigmoid(a) - exact) <= 2.4e-7 * exact);
    }
    assert_true(flinch__sigmoid(1e30F) <= 1.0F);
    assert_true(flinch__sigmoid(-1e30F) > 0.0F);
}

/* Scores must not depend on what else is in the tile: the reason for tiles of a fixed shape. */
static void check_rows_are_independent(uint32_t d, uint32_t h) {
    size_t parameters = flinch__cae_parameters(d, h);
    float *memory = calloc(parameters + h + 2 * T * d + 2 * (T * h + T * d + T), sizeof *memory);
    assert_non_null(memory);
    float *theta = memory;
    float *norms = theta + parameters;
    float *z = norms + h;
    float *other = z + (size_t)T * d;
    flinch__cae_pass one = {.z = z, .s = other + (size_t)T * d};
    one.r = one.s + (size_t)T * h;
    one.sensitivity = one.r + (size_t)T * d;
    flinch__cae_pass two = {.z = other, .s = one.sensitivity + T};
    two.r = two.s + (size_t)T * h;
    two.sensitivity = two.r + (size_t)T * d;
    flinch__random random = {d * 1000 + h};
    for (size_t i = 0; i < parameters; i++)
        theta[i] = (float)flinch__random_unit(&random) - 0.5F;
    for (size_t i = 0; i < (size_t)T * d; i++)
        z[i] = (float)(6 * flinch__random_unit(&random) - 3);
    flinch__cae cae = {.d = d, .h = h, .theta = theta, .norms = norms};
    flinch__cae_refresh(&cae);
    flinch__cae_forward(&cae, &one);

    for (size_t t = 0; t < T; t++) {
        for (size_t i = 0; i < (size_t)T * d; i++)
            other[i] = i % 3 == 0 ? NAN : 1e6F;
        memcpy(other + t * d, z + t * d, d * sizeof *z);
        flinch__cae_forward(&cae, &two);
        assert_memory_equal(one.r + t * d, two.r + t * d, d * sizeof *z);
        assert_memory_equal(&one.sensitivity[t], &two.sensitivity[t], sizeof *z);
    }
    free(memory);
}

static void a_row_has_the_same_bits_whatever_stands_in_the_other_rows(void **state) {
    const uint32_t shapes[][2] = {{1, 4}, {3, 6}, {10, 20}, {38, 76}, {49, 98}, {130, 128}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        check_rows_are_independent(shapes[i][0], shapes[i][1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_and_gradient_equal_the_numpy_reference),
        cmocka_unit_test(sigmoid_is_within_two_units_in_the_last_place),
        cmocka_unit_test(a_row_has_the_same_bits_whatever_stands_in_the_other_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
