#include "consumer/skips.h"

#include "tests/support/unit.h"

static void fill(flinch__skips *skips) {
    const int64_t offsets[] = {5, 6, 7, 20, 1000000000000, 1000000000001};
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++)
        assert_ok(flinch__skips_add(skips, offsets[i]));
}

static void expect_filled(const flinch__skips *skips) {
    const int64_t in[] = {5, 6, 7, 20, 1000000000000, 1000000000001};
    const int64_t out[] = {0, 4, 8, 19, 21, 999999999999, 1000000000002};
    for (size_t i = 0; i < sizeof in / sizeof *in; i++)
        assert_true(flinch__skips_contain(skips, in[i]));
    for (size_t i = 0; i < sizeof out / sizeof *out; i++)
        assert_false(flinch__skips_contain(skips, out[i]));
}

static void offsets_in_a_row_are_one_run(void **state) {
    (void)state;
    flinch__skips skips = {0};
    fill(&skips);

    assert_int_equal(skips.count, 3);
    assert_true(skips.changed);
    expect_filled(&skips);
    flinch__skips_fini(&skips);
}

static void an_offset_that_is_there_is_not_added_again(void **state) {
    (void)state;
    flinch__skips skips = {0};
    assert_ok(flinch__skips_add(&skips, 5));
    assert_ok(flinch__skips_add(&skips, 6));
    assert_ok(flinch__skips_add(&skips, 5));

    assert_int_equal(skips.count, 1);
    assert_int_equal(skips.runs[0].count, 2);
    flinch__skips_fini(&skips);
}

static void what_was_saved_is_loaded(void **state) {
    (void)state;
    flinch__skips skips = {0};
    flinch__skips again = {0};
    uint8_t bytes[256];
    fill(&skips);
    size_t size = flinch__skips_save(&skips, bytes, sizeof bytes);

    assert_in_range(size, 1, flinch__skips_saved_bytes(&skips));
    assert_ok(flinch__skips_load(&again, bytes, size));
    expect_filled(&again);
    assert_true(again.kept);
    flinch__skips_fini(&skips);
    flinch__skips_fini(&again);
}

static void cut_and_hostile_bytes_are_refused_and_leave_nothing(void **state) {
    (void)state;
    flinch__skips skips = {0};
    uint8_t bytes[256];
    fill(&skips);
    size_t size = flinch__skips_save(&skips, bytes, sizeof bytes);
    const uint8_t negative[] = {0x01, 0x02}; /* a gap of −1 */
    const uint8_t nothing[] = {0x02, 0x00};  /* a run of none */
    const uint8_t endless[] = {0x02, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01};

    assert_int_equal(flinch__skips_load(&skips, bytes, size - 1).code, FLINCH_BAD_DATA);
    assert_int_equal(skips.count, 0);
    assert_int_equal(flinch__skips_load(&skips, negative, 2).code, FLINCH_BAD_DATA);
    assert_int_equal(flinch__skips_load(&skips, nothing, 2).code, FLINCH_BAD_DATA);
    assert_int_equal(flinch__skips_load(&skips, endless, sizeof endless).code, FLINCH_BAD_DATA);
    assert_false(flinch__skips_contain(&skips, 1));
    flinch__skips_fini(&skips);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_in_a_row_are_one_run),
        cmocka_unit_test(an_offset_that_is_there_is_not_added_again),
        cmocka_unit_test(what_was_saved_is_loaded),
        cmocka_unit_test(cut_and_hostile_bytes_are_refused_and_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
