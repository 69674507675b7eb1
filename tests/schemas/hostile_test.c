/* Records and schemas that mean harm: one test for each way that a reader of Avro has been broken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/plan_fixture.h"

#define ONE_FIELD(type)                                                                            \
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"f\",\"type\":" type "}]}"

static void refused(const char *schema, const char *because) {
    plan_fixture f;
    plan_fixture_init(&f, schema, "", "f");
    assert_int_equal(f.status.code, FLINCH_BAD_DATA);
    if (strstr(f.error.text, because) == NULL)
        print_error("%s\n", f.error.text);
    assert_non_null(strstr(f.error.text, because));
    assert_null(f.plan);
}

/* Runs the bytes twice: with the field captured, and with all of it skipped. */
static void dies_of(const char *schema, flinch__cause cause, test_bytes *bytes) {
    static const char *const CAPTURES[] = {"f f.0 f.k", ""};
    for (size_t i = 0; i < 2; i++) {
        plan_fixture f;
        test_bytes copy = {0};
        test_bytes_put(&copy, bytes->data, bytes->size);
        plan_fixture_init(&f, schema, "", CAPTURES[i]);
        assert_int_equal(f.status.code, FLINCH_OK);

        assert_int_equal(plan_fixture_run(&f, &copy), cause);

        plan_fixture_fini(&f);
    }
    test_bytes_free(bytes);
}

/* --- Schemas ---------------------------------------------------------------------------------- */

static void a_fixed_of_a_negative_or_a_huge_size_is_refused(void **state) {
    (void)state;
    refused(ONE_FIELD("{\"type\":\"fixed\",\"name\":\"F\",\"size\":-1}"), "fixed F");
    refused(ONE_FIELD("{\"type\":\"fixed\",\"name\":\"F\",\"size\":0}"), "fixed F");
    refused(ONE_FIELD("{\"type\":\"fixed\",\"name\":\"F\",\"size\":1048577}"), "fixed F");
    refused(ONE_FIELD("{\"type\":\"fixed\",\"name\":\"F\",\"size\":9223372036854775807}"),
            "fixed F");
}

static void a_record_that_holds_itself_is_refused(void **state) {
    (void)state;
    refused(ONE_FIELD("\"R\""), "holds itself");
    refused(ONE_FIELD("{\"type\":\"record\",\"name\":\"S\",\"fields\":[{\"name\":\"r\",\"type\":"
                      "\"R\"}]}"),
            "holds itself");
}

static void items_of_no_bytes_are_refused(void **state) {
    (void)state;
    refused(ONE_FIELD("{\"type\":\"array\",\"items\":\"null\"}"), "take no bytes");
    refused(ONE_FIELD("{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"E\","
                      "\"fields\":[]}}"),
            "take no bytes");
}

static void duplicate_field_names_are_refused(void **state) {
    (void)state;
    refused("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"f\",\"type\":\"int\"},"
            "{\"name\":\"f\",\"type\":\"int\"}]}",
            "two fields");
}

static void a_schema_nested_too_deep_is_refused(void **state) {
    (void)state;
    enum { LEVELS = 3000 };
    char *schema = calloc(1, LEVELS * 2 + 16);
    memset(schema, '[', LEVELS);
    memset(schema + LEVELS, ']', LEVELS);
    refused(schema, "schema: ");
    memset(schema, 0, LEVELS * 2);
    memset(schema, '[', 100);
    memset(schema + 100, ']', 100);
    refused(schema, "nested deeper");
    free(schema);
}

/* --- Records ---------------------------------------------------------------------------------- */

static void a_long_linked_list_ends_at_the_depth_bound(void **state) {
    (void)state;
    test_bytes bytes = {0};
    for (int i = 0; i < 30000; i += 100) {
        uint8_t ones[100];
        memset(ones, 2, sizeof ones);
        test_bytes_put(&bytes, ones, sizeof ones);
    }

    dies_of(ONE_FIELD("[\"null\",\"R\"]"), FLINCH_CAUSE_TOO_DEEP, &bytes);
}

static void an_enum_index_out_of_range_is_malformed(void **state) {
    (void)state;
    static const int64_t INDEXES[] = {2, -1, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof INDEXES / sizeof INDEXES[0]; i++) {
        test_bytes bytes = {0};
        test_bytes_long(&bytes, INDEXES[i]);
        dies_of(ONE_FIELD("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}"),
                FLINCH_CAUSE_MALFORMED, &bytes);
    }
}

static void a_branch_out_of_range_is_malformed(void **state) {
    (void)state;
    static const int64_t INDEXES[] = {2, -1, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof INDEXES / sizeof INDEXES[0]; i++) {
        test_bytes bytes = {0};
        test_bytes_long(&bytes, INDEXES[i]);
        dies_of(ONE_FIELD("[\"null\",\"double\"]"), FLINCH_CAUSE_MALFORMED, &bytes);
    }
}

static void an_array_that_claims_more_items_than_bytes_is_truncated(void **state) {
    (void)state;
    test_bytes bytes = {0};
    test_bytes_long(&bytes, 25000000);
    test_bytes_long(&bytes, 0);

    dies_of(ONE_FIELD("{\"type\":\"array\",\"items\":[\"null\",\"int\"]}"), FLINCH_CAUSE_TRUNCATED,
            &bytes);
}

static void an_array_of_wide_items_cannot_overflow(void **state) {
    (void)state;
    test_bytes bytes = {0};
    test_bytes_long(&bytes, INT64_MAX / 8 + 2);
    test_bytes_double(&bytes, 1);

    dies_of(ONE_FIELD("{\"type\":\"array\",\"items\":\"double\"}"), FLINCH_CAUSE_TRUNCATED, &bytes);
}

static void a_string_longer_than_the_record_is_truncated(void **state) {
    (void)state;
    test_bytes bytes = {0};
    test_bytes_long(&bytes, 1 << 30);
    test_bytes_put(&bytes, "abc", 3);

    dies_of(ONE_FIELD("\"string\""), FLINCH_CAUSE_TRUNCATED, &bytes);
}

static void a_negative_length_is_malformed(void **state) {
    (void)state;
    static const char *const TYPES[] = {ONE_FIELD("\"string\""), ONE_FIELD("\"bytes\"")};
    for (size_t i = 0; i < 2; i++) {
        test_bytes bytes = {0};
        test_bytes_long(&bytes, -1 - (INT64_MAX - 1) * (int64_t)i);
        dies_of(TYPES[i], FLINCH_CAUSE_MALFORMED, &bytes);
    }
}

static void a_boolean_of_2_is_malformed(void **state) {
    (void)state;
    test_bytes bytes = {0};
    test_bytes_byte(&bytes, 2);

    dies_of(ONE_FIELD("\"boolean\""), FLINCH_CAUSE_MALFORMED, &bytes);
}

static void a_block_count_of_int64_min_is_no_overflow(void **state) {
    (void)state;
    test_bytes bytes = {0};
    test_bytes_long(&bytes, INT64_MIN);
    test_bytes_long(&bytes, 1);
    test_bytes_long(&bytes, 0);

    dies_of(ONE_FIELD("{\"type\":\"array\",\"items\":\"int\"}"), FLINCH_CAUSE_TRUNCATED, &bytes);
}

static void a_block_size_that_is_negative_is_malformed(void **state) {
    (void)state;
    test_bytes bytes = {0};
    test_bytes_long(&bytes, -1);
    test_bytes_long(&bytes, -5);
    test_bytes_long(&bytes, 0);

    dies_of(ONE_FIELD("{\"type\":\"map\",\"values\":\"int\"}"), FLINCH_CAUSE_MALFORMED, &bytes);
}

static void a_block_size_over_the_record_s_is_truncated(void **state) {
    (void)state;
    test_bytes bytes = {0};
    test_bytes_long(&bytes, -1);
    test_bytes_long(&bytes, INT64_MAX);
    test_bytes_long(&bytes, 0);

    dies_of(ONE_FIELD("{\"type\":\"map\",\"values\":\"int\"}"), FLINCH_CAUSE_TRUNCATED, &bytes);
}

static void a_varint_that_does_not_end_is_malformed(void **state) {
    (void)state;
    test_bytes bytes = {0};
    for (int i = 0; i < 11; i++)
        test_bytes_byte(&bytes, 0xff);

    dies_of(ONE_FIELD("\"long\""), FLINCH_CAUSE_MALFORMED, &bytes);
}

static void an_int_over_32_bits_is_malformed(void **state) {
    (void)state;
    test_bytes bytes = {0};
    test_bytes_long(&bytes, INT64_C(1) << 31);

    dies_of(ONE_FIELD("\"int\""), FLINCH_CAUSE_MALFORMED, &bytes);
}

static void append(char *text, size_t size, const char *more) {
    size_t used = strlen(text);
    (void)snprintf(text + used, size - used, "%s", more);
}

/* Each item is a byte, and 20 records deep. */
static void more_work_than_bytes_can_justify_is_refused(void **state) {
    (void)state;
    enum { RECORDS = 20, ITEMS = 4000 };
    char type[RECORDS * 80] = "";
    for (int i = 0; i < RECORDS; i++) {
        size_t used = strlen(type);
        (void)snprintf(type + used, sizeof type - used,
                       "{\"type\":\"record\",\"name\":\"R%d\",\"fields\":[{\"name\":\"f\","
                       "\"type\":",
                       i);
    }
    append(type, sizeof type, "\"int\"");
    for (int i = 0; i < RECORDS; i++)
        append(type, sizeof type, "}]}");
    char schema[sizeof type + 200];
    (void)snprintf(schema, sizeof schema, ONE_FIELD("{\"type\":\"array\",\"items\":%s}"), type);
    test_bytes bytes = {0};
    uint8_t zeros[ITEMS] = {0};
    test_bytes_long(&bytes, ITEMS);
    test_bytes_put(&bytes, zeros, sizeof zeros);
    test_bytes_long(&bytes, 0);

    dies_of(schema, FLINCH_CAUSE_TOO_MUCH_WORK, &bytes);
}

/* Every record doubles the one before: 2^40 of them, and no byte. */
static void a_tower_of_empty_records_takes_no_time(void **state) {
    (void)state;
    enum { LEVELS = 40 };
    char schema[LEVELS * 160] = "[{\"type\":\"record\",\"name\":\"R0\",\"fields\":[]}";
    for (int i = 1; i <= LEVELS; i++) {
        size_t used = strlen(schema);
        (void)snprintf(schema + used, sizeof schema - used,
                       ",{\"type\":\"record\",\"name\":\"R%d\",\"fields\":[{\"name\":\"a\","
                       "\"type\":\"R%d\"},{\"name\":\"f\",\"type\":\"R%d\"}]}",
                       i, i - 1, i - 1);
    }
    append(schema, sizeof schema, "]");
    plan_fixture f;
    test_bytes bytes = {0};
    test_bytes_byte(&bytes, 0);

    plan_fixture_init(&f, schema, "", "f.f.f");
    assert_int_equal(f.status.code, FLINCH_OK);
    assert_int_equal(plan_fixture_run(&f, &bytes), FLINCH_CAUSE_NONE);

    assert_int_equal(f.used, 0);
    plan_fixture_fini(&f);
}

/* A schema may nest records by name far deeper than by text. */
static void a_chain_of_4000_records_is_compiled_and_ends_at_the_depth_bound(void **state) {
    (void)state;
    enum { LENGTH = 4000 };
    char *schema = calloc(LENGTH + 1, 80);
    plan_fixture f;
    test_bytes bytes = {0};
    test_bytes_byte(&bytes, 0);
    char *at = stpcpy(schema, "[{\"type\":\"record\",\"name\":\"R0\",\"fields\":["
                              "{\"name\":\"f\",\"type\":\"int\"}]}");
    for (int i = 1; i < LENGTH; i++)
        at += sprintf(at,
                      ",{\"type\":\"record\",\"name\":\"R%d\",\"fields\":["
                      "{\"name\":\"f\",\"type\":\"R%d\"}]}",
                      i, i - 1);
    stpcpy(at, "]");

    plan_fixture_init(&f, schema, "", "f.f");
    assert_int_equal(f.status.code, FLINCH_OK);
    assert_int_equal(plan_fixture_run(&f, &bytes), FLINCH_CAUSE_TOO_DEEP);

    plan_fixture_fini(&f);
    free(schema);
}

static void every_truncation_of_a_record_is_truncated(void **state) {
    (void)state;
    plan_fixture f;
    test_bytes whole = {0};
    plan_fixture_init(&f, ONE_FIELD("{\"type\":\"map\",\"values\":[\"null\",\"double\"]}"), "f.k",
                      "");
    test_bytes_long(&whole, 1);
    test_bytes_text(&whole, "k");
    test_bytes_long(&whole, 1);
    test_bytes_double(&whole, 1);
    test_bytes_long(&whole, 0);

    for (size_t size = 0; size < whole.size; size++) {
        test_bytes part = {0};
        test_bytes_put(&part, whole.data, size);
        assert_int_equal(plan_fixture_run(&f, &part), FLINCH_CAUSE_TRUNCATED);
    }

    test_bytes_free(&whole);
    plan_fixture_fini(&f);
}

static void bytes_after_the_record_are_left_to_the_caller(void **state) {
    (void)state;
    plan_fixture f;
    test_bytes bytes = {0};
    plan_fixture_init(&f, ONE_FIELD("\"int\""), "f", "");
    test_bytes_long(&bytes, 3);
    test_bytes_long(&bytes, 99);

    assert_int_equal(plan_fixture_run(&f, &bytes), FLINCH_CAUSE_NONE);

    assert_int_equal(f.used, 1);
    plan_fixture_fini(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fixed_of_a_negative_or_a_huge_size_is_refused),
        cmocka_unit_test(a_record_that_holds_itself_is_refused),
        cmocka_unit_test(items_of_no_bytes_are_refused),
        cmocka_unit_test(duplicate_field_names_are_refused),
        cmocka_unit_test(a_schema_nested_too_deep_is_refused),
        cmocka_unit_test(a_long_linked_list_ends_at_the_depth_bound),
        cmocka_unit_test(an_enum_index_out_of_range_is_malformed),
        cmocka_unit_test(a_branch_out_of_range_is_malformed),
        cmocka_unit_test(an_array_that_claims_more_items_than_bytes_is_truncated),
        cmocka_unit_test(an_array_of_wide_items_cannot_overflow),
        cmocka_unit_test(a_string_longer_than_the_record_is_truncated),
        cmocka_unit_test(a_negative_length_is_malformed),
        cmocka_unit_test(a_boolean_of_2_is_malformed),
        cmocka_unit_test(a_block_count_of_int64_min_is_no_overflow),
        cmocka_unit_test(a_block_size_that_is_negative_is_malformed),
        cmocka_unit_test(a_block_size_over_the_record_s_is_truncated),
        cmocka_unit_test(a_varint_that_does_not_end_is_malformed),
        cmocka_unit_test(an_int_over_32_bits_is_malformed),
        cmocka_unit_test(more_work_than_bytes_can_justify_is_refused),
        cmocka_unit_test(a_tower_of_empty_records_takes_no_time),
        cmocka_unit_test(a_chain_of_4000_records_is_compiled_and_ends_at_the_depth_bound),
        cmocka_unit_test(every_truncation_of_a_record_is_truncated),
        cmocka_unit_test(bytes_after_the_record_are_left_to_the_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
