/* What a plan makes of good records, and what each kind of bad input gets. */
#include "schemas/plan.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/plan_fixture.h"

#define RECORD(fields)    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" fields "]}"
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"

static void compiled(plan_fixture *f, const char *schema, const char *inputs,
                     const char *captures) {
    plan_fixture_init(f, schema, inputs, captures);
    if (!flinch_is_ok(f->status))
        print_error("%s\n", f->error.text);
    assert_int_equal(f->status.code, FLINCH_OK);
}

static void runs_well(plan_fixture *f, test_bytes *bytes) {
    size_t size = bytes->size;
    assert_int_equal(plan_fixture_run(f, bytes), FLINCH_CAUSE_NONE);
    assert_int_equal(f->used, size);
}

/* --- Values ----------------------------------------------------------------------------------- */

static void every_numeric_type_becomes_a_double(void **state) {
    (void)state;
    plan_fixture f;
    test_bytes bytes = {0};
    compiled(&f,
             RECORD(FIELD("i", "\"int\"") "," FIELD("l", "\"long\"") "," FIELD(
                 "f", "\"float\"") "," FIELD("d", "\"double\"") "," FIELD("b", "\"boolean\"")),
             "i l f d b", "");
    test_bytes_long(&bytes, -7);
    test_bytes_long(&bytes, INT64_C(1) << 40);
    test_bytes_float(&bytes, 0.5F);
    test_bytes_double(&bytes, 1e300);
    test_bytes_byte(&bytes, 1);

    runs_well(&f, &bytes);

    assert_true(f.values[0] == -7);
    assert_true(f.values[1] == 1099511627776.0);
    assert_true(f.values[2] == 0.5);
    assert_true(f.values[3] == 1e300); /* beyond a float, and still finite */
    assert_true(f.values[4] == 1);
    assert_int_equal(f.row.missing + f.row.non_finite + f.row.wrong_type, 0);
    plan_fixture_fini(&f);
}

static void inputs_keep_their_order_whatever_the_schema_s(void **state) {
    (void)state;
    plan_fixture f;
    test_bytes bytes = {0};
    compiled(&f,
             RECORD(FIELD("a", "\"double\"") "," FIELD("x", "\"string\"") "," FIELD(
                 "b", "\"double\"") "," FIELD("c", "\"double\"")),
             "c a b c", "c");
    test_bytes_double(&bytes, 1);
    test_bytes_text(&bytes, "unwanted");
    test_bytes_double(&bytes, 2);
    test_bytes_double(&bytes, 3);

    runs_well(&f, &bytes);

    assert_true(f.values[0] == 3 && f.values[1] == 1 && f.values[2] == 2 && f.values[3] == 3);
    assert_int_equal(f.captures[0].kind, FLINCH_CAPTURE_NUMBER);
    assert_true(f.captures[0].number == 3);
    plan_fixture_fini(&f);
}

static void nested_records_arrays_and_maps_are_reached_by_path(void **state) {
    (void)state;
    plan_fixture f;
    test_bytes bytes = {0};
    compiled(&f,
             RECORD(FIELD(
                 "in", "{\"type\":\"record\",\"name\":\"I\",\"fields\":[" FIELD(
                           "v", "\"long\"") "]}") "," FIELD("list",
                                                            "{\"type\":\"array\",\"items\":"
                                                            "\"double\"}") "," FIELD("map",
                                                                                     "{\"type\":"
                                                                                     "\"map\","
                                                                                     "\"values\":["
                                                                                     "\"null\","
                                                                                     "\"int\"]}")),
             "in.v list.1 map.k map.dotted.key list.9", "");
    test_bytes_long(&bytes, 5);
    test_bytes_long(&bytes, 2);
    test_bytes_double(&bytes, 10);
    test_bytes_double(&bytes, 11);
    test_bytes_long(&bytes, 0);
    test_bytes_long(&bytes, 3);
    test_bytes_text(&bytes, "dotted.key");
    test_bytes_long(&bytes, 1);
    test_bytes_long(&bytes, 21);
    test_bytes_text(&bytes, "other");
    test_bytes_long(&bytes, 0);
    test_bytes_text(&bytes, "k");
    test_bytes_long(&bytes, 1);
    test_bytes_long(&bytes, 20);
    test_bytes_long(&bytes, 0);

    runs_well(&f, &bytes);

    assert_true(f.values[0] == 5 && f.values[1] == 11 && f.values[2] == 20 && f.values[3] == 21);
    assert_true(isnan(f.values[4]));
    assert_int_equal(f.row.missing, 1);
    plan_fixture_fini(&f);
}

static void categories_are_matched_by_text_symbol_and_number(void **state) {
    (void)state;
    plan_fixture f;
    test_bytes bytes = {0};
    compiled(
        &f,
        RECORD(FIELD("s", "\"string\"") "," FIELD(
            "e",
            "{\"type\":\"enum\",\"name\":\"E\","
            "\"symbols\":[\"A\",\"B\"]}") "," FIELD("n", "\"int\"") "," FIELD("b", "\"boolean\"")),
        "s=udp|tcp e=B n=80|-443 b=false|true s=icmp", "e s");
    test_bytes_text(&bytes, "tcp");
    test_bytes_long(&bytes, 1);
    test_bytes_long(&bytes, -443);
    test_bytes_byte(&bytes, 1);
    const uint8_t *data = bytes.data;

    flinch__cause cause = flinch__plan_run(f.plan, data, bytes.size, &f.row, &f.used);

    assert_int_equal(cause, FLINCH_CAUSE_NONE);
    assert_true(f.values[0] == 1 && f.values[1] == 0 && f.values[2] == 1 && f.values[3] == 1);
    assert_true(f.values[4] == -1);
    assert_int_equal(f.row.other_category, 1);
    assert_memory_equal(f.captures[0].text, "B", 1);
    assert_memory_equal(f.captures[1].text, "tcp", 3);
    assert_ptr_equal(f.captures[1].text, data + 1);
    test_bytes_free(&bytes);
    plan_fixture_fini(&f);
}

static void a_decimal_is_its_number(void **state) {
    (void)state;
    plan_fixture f;
    test_bytes bytes = {0};
    compiled(
        &f,
        RECORD(FIELD("d", "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9,"
                          "\"scale\":2}") "," FIELD("x", "{\"type\":\"fixed\",\"name\":\"F\","
                                                         "\"size\":2,\"logicalType\":"
                                                         "\"decimal\",\"precision\":4,\"scale\":"
                                                         "1}") "," FIELD("t", "{\"type\":\"long\","
                                                                              "\"logicalType\":"
                                                                              "\"timestamp-"
                                                                              "millis\"}")),
        "d x t", "");
    test_bytes_long(&bytes, 2);
    test_bytes_put(&bytes, "\x04\xd2", 2); /* 1234 */
    test_bytes_put(&bytes, "\xff\xf6", 2); /* -10 */
    test_bytes_long(&bytes, 1700000000000);

    runs_well(&f, &bytes);

    assert_true(f.values[0] == 12.34 && f.values[1] == -1 && f.values[2] == 1700000000000.0);
    plan_fixture_fini(&f);
}

static void blocks_that_say_their_size_are_read_and_skipped(void **state) {
    (void)state;
    plan_fixture f;
    test_bytes bytes = {0};
    compiled(&f,
             RECORD(FIELD("skip", "{\"type\":\"array\",\"items\":\"string\"}") "," FIELD(
                 "read", "{\"type\":\"array\",\"items\":\"int\"}")),
             "read.1", "");
    test_bytes_long(&bytes, -2);
    test_bytes_long(&bytes, 4);
    test_bytes_text(&bytes, "a");
    test_bytes_text(&bytes, "b");
    test_bytes_long(&bytes, 0);
    test_bytes_long(&bytes, -2);
    test_bytes_long(&bytes, 2);
    test_bytes_long(&bytes, 8);
    test_bytes_long(&bytes, 9);
    test_bytes_long(&bytes, 0);

    runs_well(&f, &bytes);

    assert_true(f.values[0] == 9);
    plan_fixture_fini(&f);
}

/* --- Outcomes of values that are no numbers --------------------------------------------------- */

static const char NULLABLE[] =
    RECORD(FIELD("v", "[\"null\",\"double\",\"string\"]") "," FIELD("w", "\"double\""));

static void null_is_missing(void **state) {
    (void)state;
    plan_fixture f;
    test_bytes bytes = {0};
    compiled(&f, NULLABLE, "v w", "v");
    test_bytes_long(&bytes, 0);
    test_bytes_double(&bytes, 4);

    runs_well(&f, &bytes);

    assert_true(isnan(f.values[0]));
    assert_true(f.values[1] == 4);
    assert_int_equal(f.row.missing, 1);
    assert_int_equal(f.captures[0].kind, FLINCH_CAPTURE_NONE);
    plan_fixture_fini(&f);
}

static void a_string_where_a_number_should_be_is_masked_and_counted(void **state) {
    (void)state;
    plan_fixture f;
    test_bytes bytes = {0};
    compiled(&f, NULLABLE, "v w", "");
    test_bytes_long(&bytes, 2);
    test_bytes_text(&bytes, "12");
    test_bytes_double(&bytes, 4);

    runs_well(&f, &bytes);

    assert_true(isnan(f.values[0]));
    assert_int_equal(f.row.wrong_type, 1);
    assert_int_equal(f.row.missing, 0);
    plan_fixture_fini(&f);
}

static void a_type_with_parts_is_no_number_and_no_capture(void **state) {
    (void)state;
    plan_fixture f;
    test_bytes bytes = {0};
    compiled(
        &f,
        RECORD(FIELD("l", "{\"type\":\"array\",\"items\":\"int\"}") "," FIELD("w", "\"double\"")),
        "l w", "l");
    test_bytes_long(&bytes, 0);
    test_bytes_double(&bytes, 4);

    runs_well(&f, &bytes);

    assert_int_equal(f.row.wrong_type, 1);
    assert_int_equal(f.captures[0].kind, FLINCH_CAPTURE_NONE);
    plan_fixture_fini(&f);
}

static void nan_and_infinity_are_masked_and_counted(void **state) {
    (void)state;
    static const double HOSTILE[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    plan_fixture f;
    test_bytes bytes = {0};
    compiled(&f,
             RECORD(FIELD("a", "\"double\"") "," FIELD("b", "\"double\"") "," FIELD(
                 "c", "\"double\"") "," FIELD("d", "\"float\"")),
             "a b c d", "");
    for (size_t i = 0; i < 3; i++)
        test_bytes_double(&bytes, HOSTILE[i]);
    test_bytes_float(&bytes, -INFINITY);

    runs_well(&f, &bytes);

    for (size_t i = 0; i < 4; i++)
        assert_true(isnan(f.values[i]));
    assert_int_equal(f.row.non_finite, 4);
    assert_int_equal(f.row.missing + f.row.wrong_type, 0);
    plan_fixture_fini(&f);
}

static void a_key_given_twice_is_counted_once(void **state) {
    (void)state;
    plan_fixture f;
    test_bytes bytes = {0};
    compiled(&f, RECORD(FIELD("m", "{\"type\":\"map\",\"values\":\"double\"}")), "m.k", "");
    test_bytes_long(&bytes, 2);
    for (int i = 0; i < 2; i++) {
        test_bytes_text(&bytes, "k");
        test_bytes_double(&bytes, (double)NAN);
    }
    test_bytes_long(&bytes, 0);

    runs_well(&f, &bytes);

    assert_int_equal(f.row.non_finite, 1);
    plan_fixture_fini(&f);
}

/* --- Bindings --------------------------------------------------------------------------------- */

static void a_binding_says_type_alias_and_problem(void **state) {
    (void)state;
    plan_fixture f;
    compiled(
        &f,
        RECORD(FIELD("n", "[\"null\",\"long\"]") "," FIELD(
            "s",
            "\"string\"") ","
                          "{\"name\":\"fresh\",\"type\":\"double\",\"aliases\":[\"old\"]}," FIELD(
                              "e", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}")),
        "n s old gone e", "");

    assert_string_equal(flinch__plan_binding(f.plan, 0).type, "union(null, long)");
    assert_null(flinch__plan_binding(f.plan, 0).problem);
    assert_string_equal(flinch__plan_binding(f.plan, 1).type, "string");
    assert_string_equal(flinch__plan_binding(f.plan, 1).problem, "is a string; use one_hot");
    assert_string_equal(flinch__plan_binding(f.plan, 2).alias, "fresh");
    assert_null(flinch__plan_binding(f.plan, 2).problem);
    assert_null(flinch__plan_binding(f.plan, 3).type);
    assert_string_equal(flinch__plan_binding(f.plan, 4).problem, "is an enum; use one_hot");
    plan_fixture_fini(&f);
}

static void a_schema_that_binds_nothing_is_refused_by_name(void **state) {
    (void)state;
    plan_fixture f;

    plan_fixture_init(&f, RECORD(FIELD("temperature", "\"double\"")), "cpu mem", "");

    assert_int_equal(f.status.code, FLINCH_BAD_DATA);
    assert_non_null(strstr(f.error.text, "cpu, mem"));
    assert_non_null(strstr(f.error.text, "temperature"));
}

/* --- Evolution -------------------------------------------------------------------------------- */

static void a_field_that_was_dropped_is_missing(void **state) {
    (void)state;
    plan_fixture f;
    test_bytes bytes = {0};
    compiled(&f, RECORD(FIELD("b", "\"double\"")), "a b", "a");
    test_bytes_double(&bytes, 2);

    runs_well(&f, &bytes);

    assert_true(isnan(f.values[0]));
    assert_true(f.values[1] == 2);
    assert_int_equal(f.row.missing, 1);
    plan_fixture_fini(&f);
}

static void fields_added_and_reordered_bind_by_name(void **state) {
    (void)state;
    plan_fixture f;
    test_bytes bytes = {0};
    compiled(&f,
             RECORD(FIELD("fresh", "{\"type\":\"map\",\"values\":\"bytes\"}") "," FIELD(
                 "b", "\"double\"") "," FIELD("a", "\"double\"")),
             "a b", "");
    test_bytes_long(&bytes, 0);
    test_bytes_double(&bytes, 2);
    test_bytes_double(&bytes, 1);

    runs_well(&f, &bytes);

    assert_true(f.values[0] == 1 && f.values[1] == 2);
    plan_fixture_fini(&f);
}

static void a_field_widened_to_a_nullable_double_keeps_its_value(void **state) {
    (void)state;
    plan_fixture f;
    test_bytes bytes = {0};
    compiled(&f, RECORD(FIELD("a", "[\"int\",\"double\",\"null\"]")), "a", "");
    test_bytes_long(&bytes, 1);
    test_bytes_double(&bytes, 2.5);

    runs_well(&f, &bytes);

    assert_true(f.values[0] == 2.5);
    plan_fixture_fini(&f);
}

static void a_renamed_field_binds_by_its_alias(void **state) {
    (void)state;
    plan_fixture f;
    test_bytes bytes = {0};
    compiled(&f, RECORD("{\"name\":\"new_name\",\"aliases\":[\"a\"],\"type\":\"double\"}"), "a",
             "a");
    test_bytes_double(&bytes, 3);

    runs_well(&f, &bytes);

    assert_true(f.values[0] == 3);
    assert_true(f.captures[0].number == 3);
    plan_fixture_fini(&f);
}

/* --- All numeric paths ------------------------------------------------------------------------ */

static void numeric_paths_are_listed_in_schema_order(void **state) {
    (void)state;
    static const char SCHEMA[] =
        RECORD(FIELD("a", "\"int\"") "," FIELD("s", "\"string\"") "," FIELD(
            "at",
            "{\"type\":\"long\","
            "\"logicalType\":"
            "\"timestamp-"
            "millis\"}") "," FIELD("in", "{\"type\":\"record\",\"name\":\"I\",\"fields\":"
                                         "[" FIELD("x", "[\"null\",\"float\"]") "," FIELD(
                                             "again", "[\"null\",\"I\"]") "]}") "," FIELD("label",
                                                                                          "\"boolea"
                                                                                          "n\""));
    static const char *const EXCEPT[] = {"label"};
    flinch__paths paths;
    flinch_error error;

    flinch_status status =
        flinch__schema_numeric_paths(SCHEMA, sizeof SCHEMA - 1, EXCEPT, 1, &paths, &error);

    assert_int_equal(status.code, FLINCH_OK);
    assert_int_equal(paths.count, 2);
    assert_string_equal(paths.items[0], "a");
    assert_string_equal(paths.items[1], "in.x");
    flinch__paths_free(&paths);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_numeric_type_becomes_a_double),
        cmocka_unit_test(inputs_keep_their_order_whatever_the_schema_s),
        cmocka_unit_test(nested_records_arrays_and_maps_are_reached_by_path),
        cmocka_unit_test(categories_are_matched_by_text_symbol_and_number),
        cmocka_unit_test(a_decimal_is_its_number),
        cmocka_unit_test(blocks_that_say_their_size_are_read_and_skipped),
        cmocka_unit_test(null_is_missing),
        cmocka_unit_test(a_string_where_a_number_should_be_is_masked_and_counted),
        cmocka_unit_test(a_type_with_parts_is_no_number_and_no_capture),
        cmocka_unit_test(nan_and_infinity_are_masked_and_counted),
        cmocka_unit_test(a_key_given_twice_is_counted_once),
        cmocka_unit_test(a_binding_says_type_alias_and_problem),
        cmocka_unit_test(a_schema_that_binds_nothing_is_refused_by_name),
        cmocka_unit_test(a_field_that_was_dropped_is_missing),
        cmocka_unit_test(fields_added_and_reordered_bind_by_name),
        cmocka_unit_test(a_field_widened_to_a_nullable_double_keeps_its_value),
        cmocka_unit_test(a_renamed_field_binds_by_its_alias),
        cmocka_unit_test(numeric_paths_are_listed_in_schema_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
