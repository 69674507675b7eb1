#include "tests/support/unit.h"

#include "consumer/partitions.h"

static flinch__partition *add(flinch__partitions *partitions, int32_t id) {
    flinch__partition *partition = NULL;
    assert_ok(flinch__partitions_add(partitions, id, &partition));
    return partition;
}

static void a_new_partition_knows_no_offset(void **state) {
    flinch__partitions partitions = {0};

    const flinch__partition *partition = add(&partitions, 7);

    assert_int_equal(partition->id, 7);
    assert_int_equal(partition->learn_from, -1);
    assert_int_equal(partition->publish_from, -1);
    assert_int_equal(partition->next, -1);
    assert_int_equal(partition->committed, -1);
    assert_int_equal(partition->retry_at_ms, 0);
    flinch__partitions_fini(&partitions);
}

static void find_gives_null_for_a_partition_not_held(void **state) {
    flinch__partitions partitions = {0};

    assert_null(flinch__partitions_find(&partitions, 0));
    add(&partitions, 1);
    assert_null(flinch__partitions_find(&partitions, 0));
    flinch__partitions_fini(&partitions);
}

static void many_partitions_keep_what_was_written_to_them(void **state) {
    flinch__partitions partitions = {0};

    for (int32_t id = 0; id < 100; id++)
        add(&partitions, id)->next = 1000 + id;

    for (int32_t id = 0; id < 100; id++)
        assert_int_equal(flinch__partitions_find(&partitions, id)->next, 1000 + id);
    flinch__partitions_fini(&partitions);
}

static void remove_takes_one_and_leaves_the_others(void **state) {
    flinch__partitions partitions = {0};
    for (int32_t id = 0; id < 5; id++)
        add(&partitions, id)->next = 10 * id;

    flinch__partitions_remove(&partitions, 1);
    flinch__partitions_remove(&partitions, 4);
    flinch__partitions_remove(&partitions, 9); /* not held */

    assert_int_equal(partitions.count, 3);
    assert_null(flinch__partitions_find(&partitions, 1));
    assert_null(flinch__partitions_find(&partitions, 4));
    assert_int_equal(flinch__partitions_find(&partitions, 0)->next, 0);
    assert_int_equal(flinch__partitions_find(&partitions, 2)->next, 20);
    assert_int_equal(flinch__partitions_find(&partitions, 3)->next, 30);
    flinch__partitions_fini(&partitions);
}

static void progress_is_what_stands_past_the_committed_offset(void **state) {
    const flinch__partition none = {.publish_from = 10, .next = 10, .committed = 10};
    const flinch__partition some = {.publish_from = 10, .next = 11, .committed = 10};

    assert_false(flinch__partition_has_progress(&none));
    assert_true(flinch__partition_has_progress(&some));
}

static void learning_again_is_no_progress(void **state) {
    const flinch__partition behind = {
        .learn_from = 0, .publish_from = 10, .next = 5, .committed = 3};

    assert_false(flinch__partition_has_progress(&behind));
}

static void a_first_start_is_progress_once_the_past_is_learned(void **state) {
    flinch__partition partition = {.learn_from = 0, .publish_from = 10, .next = 9, .committed = -1};

    assert_false(flinch__partition_has_progress(&partition));
    partition.next = 10;
    assert_true(flinch__partition_has_progress(&partition));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_partition_knows_no_offset),
        cmocka_unit_test(find_gives_null_for_a_partition_not_held),
        cmocka_unit_test(many_partitions_keep_what_was_written_to_them),
        cmocka_unit_test(remove_takes_one_and_leaves_the_others),
        cmocka_unit_test(progress_is_what_stands_past_the_committed_offset),
        cmocka_unit_test(learning_again_is_no_progress),
        cmocka_unit_test(a_first_start_is_progress_once_the_past_is_learned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
