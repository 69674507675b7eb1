#include "schemas/csv_records.h"

#include <stdio.h>
#include <unistd.h>

#include "schemas/plan.h"
#include "tests/support/unit.h"

static flinch_status open_text(const char *text, flinch__csv_records **out_records,
                               flinch_error *error) {
    char path[] = "/tmp/flinch-csv-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
    flinch_status status = flinch__csv_records_open(path, out_records, error);
    unlink(path);
    return status;
}

static flinch__csv_records *open_good(const char *text) {
    flinch__csv_records *records = NULL;
    flinch_error error = {{0}};
    flinch_status status = open_text(text, &records, &error);
    assert_string_equal(error.text, "");
    assert_ok(status);
    return records;
}

static void a_column_has_the_narrowest_type_of_all_its_cells(void **state) {
    (void)state;

    flinch__csv_records *records = open_good("whole,real,flag,text,none\n"
                                             "1,1,True,1,\n"
                                             "-2,2.5e3,false,x,NA\n");

    assert_string_equal(flinch__csv_records_schema(records),
                        "{\"type\":\"record\",\"name\":\"row\",\"fields\":["
                        "{\"name\":\"whole\",\"type\":[\"null\",\"long\"],\"default\":null},"
                        "{\"name\":\"real\",\"type\":[\"null\",\"double\"],\"default\":null},"
                        "{\"name\":\"flag\",\"type\":[\"null\",\"boolean\"],\"default\":null},"
                        "{\"name\":\"text\",\"type\":[\"null\",\"string\"],\"default\":null},"
                        "{\"name\":\"none\",\"type\":[\"null\",\"long\"],\"default\":null}]}");
    assert_int_equal(flinch__csv_records_count(records), 2);
    flinch__csv_records_close(records);
}

static void names_become_those_that_avro_knows(void **state) {
    (void)state;

    flinch__csv_records *records = open_good("Flow Duration,2nd,,b\xC3\xA4r\n1,2,3,4\n");

    for (size_t i = 0; i < 4; i++) {
        static const char *const NAMES[] = {"\"Flow_Duration\"", "\"_2nd\"", "\"column_3\"",
                                            "\"b__r\""};
        assert_non_null(strstr(flinch__csv_records_schema(records), NAMES[i]));
    }
    flinch__csv_records_close(records);
}

typedef struct pair {
    double values[2];
} pair;

/* The next record's features x and y, by a plan of the records' schema. */
static pair read_record(flinch__csv_records *records) {
    static const flinch_input INPUTS[] = {{.field = "x"}, {.field = "y"}};
    const flinch__want want = {.inputs = {.items = INPUTS, .count = 2}};
    const char *schema = flinch__csv_records_schema(records);
    pair out = {{0}};
    flinch__row row = {.values = out.values};
    flinch__plan *plan = NULL;
    flinch_error error;
    const uint8_t *data = NULL;
    size_t size = 0;
    size_t used = 0;
    assert_ok(flinch__plan_compile(schema, strlen(schema), &want, &plan, &error));
    assert_ok(flinch__csv_records_peek(records, &data, &size, &error));
    assert_int_equal(flinch__plan_run(plan, data, size, &row, &used), FLINCH_CAUSE_NONE);
    assert_int_equal(used, size);
    flinch__csv_records_advance(records);
    flinch__plan_free(plan);
    return out;
}

static void a_record_holds_its_cells_and_null_for_the_empty_ones(void **state) {
    (void)state;
    flinch__csv_records *records = open_good("x,note,y\n0.1,long text,-7\nnan,,9\n");

    pair first = read_record(records);
    double halfway = flinch__csv_records_progress(records);
    pair second = read_record(records);

    assert_close(first.values[0], 0.1, 0);
    assert_close(first.values[1], -7, 0);
    assert_close(halfway, 0.5, 0);
    assert_true(isnan(second.values[0]));
    assert_close(second.values[1], 9, 0);
    flinch__csv_records_close(records);
}

static void behind_the_last_record_there_is_none(void **state) {
    (void)state;
    flinch__csv_records *records = open_good("x,y\n");
    const uint8_t *data = NULL;
    size_t size = 1;
    flinch_error error;

    assert_ok(flinch__csv_records_peek(records, &data, &size, &error));

    assert_int_equal(size, 0);
    assert_int_equal(flinch__csv_records_count(records), 0);
    flinch__csv_records_close(records);
}

static void what_is_no_table_is_refused_with_the_place(void **state) {
    (void)state;
    static const char *const TEXTS[][2] = {{"", "no header"},
                                           {"a,b,a\n", "columns 1 and 3 are both \"a\""},
                                           {"a b,a_b\n", "columns 1 and 2 are both"},
                                           {"a,b\n1,2\n3\n", "line 3: 1 cells"}};

    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        flinch__csv_records *records = NULL;
        flinch_error error = {{0}};
        flinch_status status = open_text(TEXTS[i][0], &records, &error);

        assert_int_equal(status.code, FLINCH_BAD_DATA);
        assert_null(records);
        assert_non_null(strstr(error.text, TEXTS[i][1]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_column_has_the_narrowest_type_of_all_its_cells),
        cmocka_unit_test(names_become_those_that_avro_knows),
        cmocka_unit_test(a_record_holds_its_cells_and_null_for_the_empty_ones),
        cmocka_unit_test(behind_the_last_record_there_is_none),
        cmocka_unit_test(what_is_no_table_is_refused_with_the_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
