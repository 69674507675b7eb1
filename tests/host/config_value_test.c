/* Strict scalars: what is taken, and what looks like it but is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugin/host/config_value.h"

static void whole_takes_digits_alone(void **state) {
    (void)state;
    static const char *const BAD[] = {
        "", "-1", "+1", "01", "0x10", "1.0", "1e3", " 1", "1 ", "9092abc", "18446744073709551616"};
    uint64_t value;

    assert_true(flinch__parse_whole("18446744073709551615", &value));
    assert_true(value == UINT64_MAX);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_false(flinch__parse_whole(BAD[i], &value));
}

static void real_takes_finite_decimals_alone(void **state) {
    (void)state;
    static const char *const BAD[] = {"",   "nan", "inf", "-inf", "1e999", "0x1p3", "0.01x",
                                      ".5", "1.",  "1e",  "+1",   "010",   "1,5",   " 1"};
    double value;

    assert_true(flinch__parse_real("-1.5e-3", &value));
    assert_true(value == -1.5e-3);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_false(flinch__parse_real(BAD[i], &value));
}

static void duration_needs_a_unit(void **state) {
    (void)state;
    static const char *const BAD[] = {"",  "5",   "5 s", "1.5s",
                                      "s", "-5s", "5S",  "99999999999999999d"};
    uint64_t ms;

    assert_true(flinch__parse_duration("24h", &ms));
    assert_int_equal(ms, 86400000);
    assert_true(flinch__parse_duration("100ms", &ms));
    assert_int_equal(ms, 100);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_false(flinch__parse_duration(BAD[i], &ms));
}

static void size_needs_a_binary_unit(void **state) {
    (void)state;
    static const char *const BAD[] = {"", "64", "64MB", "64M", "1.5GiB", "99999999999999999GiB"};
    uint64_t bytes;

    assert_true(flinch__parse_size("64MiB", &bytes));
    assert_int_equal(bytes, 64u << 20);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_false(flinch__parse_size(BAD[i], &bytes));
}

static void time_follows_rfc_3339(void **state) {
    (void)state;
    static const char *const BAD[] = {"2026-02-29T00:00:00Z",      "2026-01-01",
                                      "2026-01-01T24:00:00Z",      "2026-01-01T00:00:00",
                                      "2026-01-01 00:00:00Z",      "1969-12-31T23:59:59Z",
                                      "1970-01-01T00:00:00+01:00", "2026-01-01T00:00:00.Z"};
    int64_t ms;

    assert_true(flinch__parse_time("2024-02-29T12:30:00.250Z", &ms));
    assert_int_equal(ms, INT64_C(1709209800250));
    assert_true(flinch__parse_time("2026-01-31T13:00:00+01:00", &ms));
    assert_int_equal(ms, INT64_C(1769860800000));
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_false(flinch__parse_time(BAD[i], &ms));
}

static void choice_gives_the_index(void **state) {
    (void)state;

    assert_int_equal(flinch__parse_choice("learn", "learn|score"), 0);
    assert_int_equal(flinch__parse_choice("score", "learn|score"), 1);
    assert_int_equal(flinch__parse_choice("sco", "learn|score"), -1);
    assert_int_equal(flinch__parse_choice("", "learn|score"), -1);
}

static void written_units_are_the_largest_that_fit(void **state) {
    (void)state;
    char text[32];

    flinch__write_duration(90000, text, sizeof text);
    assert_string_equal(text, "90s");
    flinch__write_duration(0, text, sizeof text);
    assert_string_equal(text, "0ms");
    flinch__write_size(256u << 20, text, sizeof text);
    assert_string_equal(text, "256MiB");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_takes_digits_alone),
        cmocka_unit_test(real_takes_finite_decimals_alone),
        cmocka_unit_test(duration_needs_a_unit),
        cmocka_unit_test(size_needs_a_binary_unit),
        cmocka_unit_test(time_follows_rfc_3339),
        cmocka_unit_test(choice_gives_the_index),
        cmocka_unit_test(written_units_are_the_largest_that_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
