#include "tests/support/unit.h"

#include "flinch/tile.h"
#include "model/random.h"
#include "model/whitener.h"

enum { T = FLINCH_TILE_ROWS };

typedef struct setting {
    float *memory, *r, *centered, *y;
    double weight, *work;
    flinch__whitener whitener;
} setting;

static setting prepare(uint32_t d) {
    size_t floats = flinch__whitener_floats(d);
    setting s = {.memory = calloc(d + 2 * floats + 3 * (size_t)T * d, sizeof(float)),
                 .work = calloc(floats, sizeof(double))};
    assert_non_null(s.memory);
    assert_non_null(s.work);
    s.r = s.memory + d + 2 * floats;
    s.centered = s.r + (size_t)T * d;
    s.y = s.centered + (size_t)T * d;
    s.whitener = (flinch__whitener){
        .d = d, .mean = s.memory, .covariance = s.memory + d, .root = s.memory + d + floats};
    return s;
}

static void finish(setting *s) {
    free(s->memory);
    free(s->work);
}

/* Rows with features 0 and 1 almost equal, of deviation 2, about 5. */
static void draw(setting *s, flinch__random *random) {
    uint32_t d = s->whitener.d;
    for (size_t t = 0; t < T; t++)
        for (size_t i = 0; i < d; i++) {
            double common = sqrt(12) * (flinch__random_unit(random) - 0.5);
            double own = sqrt(12) * (flinch__random_unit(random) - 0.5);
            s->r[t * d + i] = i == 1 ? s->r[t * d] + 0.2F * (float)own : 5 + 2 * (float)common;
        }
}

static void train(setting *s, int tiles) {
    flinch__random random = {3};
    s->whitener.weight = &s->weight;
    flinch__whitener_reset(&s->whitener);
    for (int i = 0; i < tiles; i++) {
        draw(s, &random);
        flinch__whitener_center(&s->whitener, s->r, s->centered);
        flinch__whitener_add(&s->whitener, s->centered, UINT32_MAX);
    }
    flinch__whitener_refresh(&s->whitener, s->work);
}

static double length_of(setting *s, const float *row) {
    uint32_t d = s->whitener.d;
    memset(s->r, 0, (size_t)T * d * sizeof *s->r);
    memcpy(s->r, row, d * sizeof *row);
    flinch__whitener_center(&s->whitener, s->r, s->centered);
    flinch__whitener_apply(&s->whitener, s->centered, s->y);
    double sum = 0;
    for (size_t i = 0; i < d; i++)
        sum += (double)s->y[i] * (double)s->y[i];
    return sum;
}

static void distance_sees_a_broken_correlation(void **state) {
    setting s = prepare(3);
    train(&s, 400);

    double along = length_of(&s, (const float[]){7, 7, 5});
    double across = length_of(&s, (const float[]){6.5F, 4.5F, 5});

    assert_true(along < 4);
    assert_true(across > 20);
    finish(&s);
}

static void whitened_residuals_have_unit_variance(void **state) {
    setting s = prepare(3);
    train(&s, 400);
    flinch__random random = {99};
    double sum = 0;
    for (int i = 0; i < 50; i++) {
        draw(&s, &random);
        flinch__whitener_center(&s.whitener, s.r, s.centered);
        flinch__whitener_apply(&s.whitener, s.centered, s.y);
        for (size_t k = 0; k < (size_t)T * 3; k++)
            sum += (double)s.y[k] * (double)s.y[k] / (50 * T * 3);
    }

    assert_true(sum > 0.7 && sum < 1.1);
    finish(&s);
}

static void many_features_are_whitened_by_their_variances_alone(void **state) {
    setting s = prepare(300);
    train(&s, 100);
    float row[300];
    for (size_t i = 0; i < 300; i++)
        row[i] = 7;

    double length = length_of(&s, row);

    assert_true(length / 300 > 0.8 && length / 300 < 1.2);
    finish(&s);
}

static void rows_not_in_use_are_not_learned(void **state) {
    setting s = prepare(3);
    train(&s, 10);
    float before[9];
    memcpy(before, s.whitener.covariance, sizeof before);
    for (size_t i = 0; i < (size_t)T * 3; i++)
        s.centered[i] = 1e6F;

    flinch__whitener_add(&s.whitener, s.centered, 0);

    assert_memory_equal(before, s.whitener.covariance, sizeof before);
    finish(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distance_sees_a_broken_correlation),
        cmocka_unit_test(whitened_residuals_have_unit_variance),
        cmocka_unit_test(many_features_are_whitened_by_their_variances_alone),
        cmocka_unit_test(rows_not_in_use_are_not_learned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
