#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugin/host/suggest.h"

static void distance_counts_single_changes(void **state) {
    (void)state;

    assert_int_equal(flinch__edit_distance("topic", "topic"), 0);
    assert_int_equal(flinch__edit_distance("topik", "topic"), 1);
    assert_int_equal(flinch__edit_distance("topci", "topic"), 1);
    assert_int_equal(flinch__edit_distance("tpic", "topic"), 1);
    assert_int_equal(flinch__edit_distance("", "topic"), 5);
}

static void distance_of_a_long_word_is_infinite(void **state) {
    (void)state;
    static const char LONG[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    assert_true(flinch__edit_distance(LONG, "a") == UINT32_MAX);
}

static void suggest_takes_the_nearest(void **state) {
    (void)state;
    char text[64];
    flinch__suggestion suggestion = flinch__suggest("window");

    flinch__suggest_offer(&suggestion, "wind");
    flinch__suggest_offer(&suggestion, "windows");
    flinch__suggest_offer(&suggestion, "window.size");

    assert_string_equal(flinch__suggest_text(&suggestion, text, sizeof text),
                        "; did you mean \"windows\"?");
}

static void suggest_is_silent_when_nothing_is_near(void **state) {
    (void)state;
    char text[64];
    flinch__suggestion suggestion = flinch__suggest("elephant");

    flinch__suggest_offer(&suggestion, "window");

    assert_string_equal(flinch__suggest_text(&suggestion, text, sizeof text), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distance_counts_single_changes),
        cmocka_unit_test(distance_of_a_long_word_is_infinite),
        cmocka_unit_test(suggest_takes_the_nearest),
        cmocka_unit_test(suggest_is_silent_when_nothing_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
