#include "plugin/host/evaluation.h"

#include "tests/support/unit.h"

static void add(flinch__evaluation *evaluation, double score, bool label) {
    flinch__verdict verdict = {.score = score, .is_anomaly = score >= 3, .label = label};
    assert_ok(flinch__evaluation_add(evaluation, &verdict));
}

static void a_perfect_order_has_area_and_precision_one(void **state) {
    (void)state;
    flinch__evaluation evaluation = {0};
    for (int i = 0; i < 10; i++)
        add(&evaluation, i, i >= 7);

    flinch__measures m = flinch__evaluation_measure(&evaluation);

    assert_close(m.roc_auc, 1, 1e-12);
    assert_close(m.average_precision, 1, 1e-12);
    assert_int_equal(m.scored, 10);
    assert_int_equal(m.positives, 3);
    flinch__evaluation_fini(&evaluation);
}

/* Ranks, best first: + − + − −. Pairs in order: 3 + 2 of 6; precision 1/1 and 2/3 at the hits. */
static void a_mixed_order_is_counted_by_hand(void **state) {
    (void)state;
    flinch__evaluation evaluation = {0};
    add(&evaluation, 1, false);
    add(&evaluation, 5, true);
    add(&evaluation, 3, true);
    add(&evaluation, 4, false);
    add(&evaluation, 2, false);

    flinch__measures m = flinch__evaluation_measure(&evaluation);

    assert_close(m.roc_auc, 5.0 / 6, 1e-12);
    assert_close(m.average_precision, 0.5 * 1 + 0.5 * 2 / 3, 1e-12);
    assert_int_equal(m.anomalies, 3);
    assert_int_equal(m.hits, 2);
    assert_close(m.alarm_rate, 3.0 / 5, 1e-12);
    assert_close(m.false_rate, 1.0 / 3, 1e-12);
    flinch__evaluation_fini(&evaluation);
}

static void equal_scores_count_half_whatever_their_order(void **state) {
    (void)state;
    flinch__evaluation one = {0};
    flinch__evaluation other = {0};
    for (int i = 0; i < 4; i++) {
        add(&one, 1, i < 2);
        add(&other, 1, i >= 2);
    }

    flinch__measures a = flinch__evaluation_measure(&one);
    flinch__measures b = flinch__evaluation_measure(&other);

    assert_close(a.roc_auc, 0.5, 1e-12);
    assert_close(b.roc_auc, 0.5, 1e-12);
    assert_close(a.average_precision, 0.5, 1e-12);
    assert_close(b.average_precision, 0.5, 1e-12);
    flinch__evaluation_fini(&one);
    flinch__evaluation_fini(&other);
}

/* Ranks: + − + − −. F1 by what is flagged: 2/3 for the first, 2/4 for two, 4/5 for three. */
static void the_best_f1_is_that_of_the_best_threshold(void **state) {
    (void)state;
    flinch__evaluation evaluation = {0};
    for (int i = 0; i < 5; i++)
        add(&evaluation, 5 - i, i == 0 || i == 2);

    flinch__measures m = flinch__evaluation_measure(&evaluation);

    assert_close(m.best_f1, 4.0 / 5, 1e-12);
    assert_close(m.best_f1_score, 3, 0);
    flinch__evaluation_fini(&evaluation);
}

static void what_cannot_be_measured_is_no_number(void **state) {
    (void)state;
    flinch__evaluation evaluation = {0};

    flinch__measures none = flinch__evaluation_measure(&evaluation);
    add(&evaluation, 1, false);
    flinch__measures one_class = flinch__evaluation_measure(&evaluation);

    assert_true(isnan(none.roc_auc));
    assert_true(isnan(none.average_precision));
    assert_true(isnan(one_class.roc_auc));
    assert_true(isnan(one_class.best_f1));
    assert_int_equal(one_class.scored, 1);
    flinch__evaluation_fini(&evaluation);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_perfect_order_has_area_and_precision_one),
        cmocka_unit_test(a_mixed_order_is_counted_by_hand),
        cmocka_unit_test(equal_scores_count_half_whatever_their_order),
        cmocka_unit_test(the_best_f1_is_that_of_the_best_threshold),
        cmocka_unit_test(what_cannot_be_measured_is_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
