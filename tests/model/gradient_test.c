/* model/cae.c in double precision: its gradient against central differences, its closed-form
 * sensitivity against the Jacobian written out. */
#include "tests/support/unit.h"

#include "model/cae.h"
#include "model/random.h"

enum { D = 5, H = 7, T = FLINCH_TILE_ROWS, PARAMETERS = H * D + H + D };

typedef struct world {
    double theta[PARAMETERS], norms[H], grad[PARAMETERS];
    double z[T * D], s[T * H], r[T * D], sensitivity[T], dr[T * D], da[T * H];
    flinch__cae cae;
    flinch__cae_pass pass;
    flinch__cae_scratch scratch;
} world;

static world *make_world(uint64_t seed) {
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    flinch__random random = {seed};
    for (size_t i = 0; i < PARAMETERS; i++)
        w->theta[i] = 2 * flinch__random_unit(&random) - 1;
    for (size_t i = 0; i < (size_t)T * D; i++)
        w->z[i] = 4 * flinch__random_unit(&random) - 2;
    w->cae = (flinch__cae){.d = D, .h = H, .theta = w->theta, .norms = w->norms};
    w->pass = (flinch__cae_pass){.z = w->z, .s = w->s, .r = w->r, .sensitivity = w->sensitivity};
    w->scratch = (flinch__cae_scratch){.dr = w->dr, .da = w->da};
    return w;
}

static double loss_of(world *w, uint32_t rows, double lambda, double *grad) {
    flinch__cae_refresh(&w->cae);
    flinch__cae_forward(&w->cae, &w->pass);
    flinch__cae_loss loss =
        flinch__cae_gradient(&w->cae, &w->pass, rows, lambda, &w->scratch, grad);
    return loss.reconstruction + loss.contractive;
}

/* Every parameter's derivative, by the fourth-order central difference. */
static void check_gradient(uint32_t rows, double lambda) {
    world *w = make_world(7);
    double grad[PARAMETERS];
    loss_of(w, rows, lambda, grad);

    for (size_t i = 0; i < PARAMETERS; i++) {
        const double step = 1e-3;
        const double at[4] = {2, 1, -1, -2};
        double loss[4];
        double theta = w->theta[i];
        for (size_t k = 0; k < 4; k++) {
            w->theta[i] = theta + at[k] * step;
            loss[k] = loss_of(w, rows, lambda, w->grad);
        }
        w->theta[i] = theta;
        double measured = (8 * (loss[1] - loss[2]) - (loss[0] - loss[3])) / (12 * step);

        double scale = fmax(fabs(grad[i]), fabs(measured));
        assert_true(fabs(grad[i] - measured) <= 1e-6 * fmax(scale, 1e-3));
    }
    free(w);
}

static void gradient_of_the_reconstruction_equals_central_differences(void **state) {
    check_gradient(UINT32_MAX, 0);
}

static void gradient_of_the_contractive_loss_equals_central_differences(void **state) {
    check_gradient(UINT32_MAX, 0.3);
    check_gradient(UINT32_MAX, 10);
}

static void gradient_of_some_rows_equals_central_differences(void **state) {
    check_gradient(0x80000001U, 0.3);
    check_gradient(0x00FF0F10U, 1);
}

static void rows_not_in_use_do_not_touch_the_gradient(void **state) {
    const uint32_t rows = 0x0000FFFFU;
    world *w = make_world(7);
    double before[PARAMETERS];
    double loss_before = loss_of(w, rows, 0.3, before);

    for (size_t i = (size_t)16 * D; i < (size_t)T * D; i++)
        w->z[i] = 1e6;
    double after[PARAMETERS];
    double loss_after = loss_of(w, rows, 0.3, after);

    assert_true(loss_before == loss_after);
    assert_memory_equal(before, after, sizeof before);
    free(w);
}

/* ‖J‖²_F of row t with J_ji = s_j(1 − s_j)·W_ji written out. */
static double explicit_sensitivity(const world *w, size_t t) {
    double sum = 0;
    for (size_t j = 0; j < H; j++)
        for (size_t i = 0; i < D; i++) {
            double s = w->s[t * H + j];
            double J = s * (1 - s) * w->theta[j * D + i];
            sum += J * J;
        }
    return sum;
}

static void sensitivity_equals_the_norm_of_the_jacobian(void **state) {
    world *w = make_world(11);

    flinch__cae_refresh(&w->cae);
    flinch__cae_forward(&w->cae, &w->pass);

    for (size_t t = 0; t < T; t++)
        assert_true(fabs(w->sensitivity[t] - explicit_sensitivity(w, t)) <= 1e-12);
    free(w);
}

static void jacobian_equals_central_differences_of_the_code(void **state) {
    world *w = make_world(13);
    flinch__cae_refresh(&w->cae);
    flinch__cae_forward(&w->cae, &w->pass);
    double sensitivity = w->sensitivity[3];

    double sum = 0;
    for (size_t i = 0; i < D; i++) {
        const double step = 1e-5;
        double high[H];
        double z = w->z[3 * D + i];
        w->z[3 * D + i] = z + step;
        flinch__cae_forward(&w->cae, &w->pass);
        memcpy(high, w->s + (size_t)3 * H, sizeof high);
        w->z[3 * D + i] = z - step;
        flinch__cae_forward(&w->cae, &w->pass);
        w->z[3 * D + i] = z;
        for (size_t j = 0; j < H; j++) {
            double J = (high[j] - w->s[3 * H + j]) / (2 * step);
            sum += J * J;
        }
    }

    assert_true(fabs(sum - sensitivity) <= 1e-8);
    free(w);
}

static void sensitivity_by_feature_sums_to_the_whole(void **state) {
    world *w = make_world(17);
    double by_feature[D];
    flinch__cae_refresh(&w->cae);
    flinch__cae_forward(&w->cae, &w->pass);

    flinch__cae_sensitivity_by_feature(&w->cae, &w->pass, 9, by_feature);

    double sum = 0;
    for (size_t i = 0; i < D; i++)
        sum += by_feature[i];
    assert_true(fabs(sum - w->sensitivity[9]) <= 1e-12);
    free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_of_the_reconstruction_equals_central_differences),
        cmocka_unit_test(gradient_of_the_contractive_loss_equals_central_differences),
        cmocka_unit_test(gradient_of_some_rows_equals_central_differences),
        cmocka_unit_test(rows_not_in_use_do_not_touch_the_gradient),
        cmocka_unit_test(sensitivity_equals_the_norm_of_the_jacobian),
        cmocka_unit_test(jacobian_equals_central_differences_of_the_code),
        cmocka_unit_test(sensitivity_by_feature_sums_to_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
