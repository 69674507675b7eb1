#include "schemas/csv.h"

#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

#include "tests/support/unit.h"

/* A file of this text, opened and already without a name. */
static flinch__csv *open_text(const char *text, size_t size) {
    char path[] = "/tmp/flinch-csv-XXXXXX";
    flinch__csv *csv = NULL;
    flinch_error error;
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, size), size);
    close(file);
    assert_ok(flinch__csv_open(path, &csv, &error));
    unlink(path);
    return csv;
}

static void assert_row(flinch__csv *csv, uint32_t expected, const char *const *cells) {
    char *const *found = NULL;
    uint32_t count = 0;
    flinch_error error;
    assert_ok(flinch__csv_next(csv, &found, &count, &error));
    assert_int_equal(count, expected);
    for (uint32_t i = 0; i < expected; i++)
        assert_string_equal(found[i], cells[i]);
}

#define ASSERT_ROW(csv, ...)                                                                       \
    assert_row(csv, sizeof(const char *[]){__VA_ARGS__} / sizeof(const char *),                    \
               (const char *[]){__VA_ARGS__})

static void a_quoted_cell_may_hold_separators_quotes_and_lines(void **state) {
    (void)state;
    static const char TEXT[] = "a,b\n\"1,\"\"2\"\"\n3\",4\n";
    flinch__csv *csv = open_text(TEXT, strlen(TEXT));

    ASSERT_ROW(csv, "a", "b");
    ASSERT_ROW(csv, "1,\"2\"\n3", "4");
    assert_int_equal(flinch__csv_line(csv), 2);
    assert_row(csv, 0, NULL);

    flinch__csv_close(csv);
}

static void empty_lines_are_no_rows_and_empty_cells_are_cells(void **state) {
    (void)state;
    static const char TEXT[] = "a,b\r\n\r\n\n,\r\nx,";
    flinch__csv *csv = open_text(TEXT, strlen(TEXT));

    ASSERT_ROW(csv, "a", "b");
    ASSERT_ROW(csv, "", "");
    assert_int_equal(flinch__csv_line(csv), 4);
    ASSERT_ROW(csv, "x", "");
    assert_row(csv, 0, NULL);

    flinch__csv_close(csv);
}

static void the_first_row_says_the_separator(void **state) {
    (void)state;
    static const char TEXT[] = "\xEF\xBB\xBF\"a,a\"\tb,b\n1,5\t2\n";
    flinch__csv *csv = open_text(TEXT, strlen(TEXT));

    ASSERT_ROW(csv, "a,a", "b,b");
    ASSERT_ROW(csv, "1,5", "2");

    flinch__csv_close(csv);
}

static void a_rewound_file_begins_again(void **state) {
    (void)state;
    static const char TEXT[] = "a\n1\n2\n";
    flinch_error error;
    flinch__csv *csv = open_text(TEXT, strlen(TEXT));
    ASSERT_ROW(csv, "a");
    ASSERT_ROW(csv, "1");

    assert_ok(flinch__csv_rewind(csv, &error));

    ASSERT_ROW(csv, "a");
    assert_int_equal(flinch__csv_line(csv), 1);
    flinch__csv_close(csv);
}

static void a_file_longer_than_the_buffer_is_read_whole(void **state) {
    (void)state;
    enum { ROWS = 300000 };
    static char text[ROWS * 16];
    size_t size = 0;
    for (int i = 0; i < ROWS; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%d,%d\n", i, 7 * i);
    flinch__csv *csv = open_text(text, size);

    for (int i = 0; i < ROWS; i++) {
        char left[16];
        char right[16];
        snprintf(left, sizeof left, "%d", i);
        snprintf(right, sizeof right, "%d", 7 * i);
        ASSERT_ROW(csv, left, right);
    }

    assert_row(csv, 0, NULL);
    flinch__csv_close(csv);
}

static void a_quote_without_end_is_bad_data_with_its_line(void **state) {
    (void)state;
    static const char TEXT[] = "a\n\"b\n";
    char *const *cells = NULL;
    uint32_t count = 0;
    flinch_error error;
    flinch__csv *csv = open_text(TEXT, strlen(TEXT));
    ASSERT_ROW(csv, "a");

    flinch_status status = flinch__csv_next(csv, &cells, &count, &error);

    assert_int_equal(status.code, FLINCH_BAD_DATA);
    assert_non_null(strstr(error.text, "line 2"));
    flinch__csv_close(csv);
}

static void a_row_over_a_mebibyte_is_refused(void **state) {
    (void)state;
    static char text[2 << 20];
    char *const *cells = NULL;
    uint32_t count = 0;
    flinch_error error;
    memset(text, 'x', sizeof text);
    flinch__csv *csv = open_text(text, sizeof text);

    flinch_status status = flinch__csv_next(csv, &cells, &count, &error);

    assert_int_equal(status.code, FLINCH_BAD_DATA);
    flinch__csv_close(csv);
}

static void gzip_cut_short_is_bad_data(void **state) {
    (void)state;
    uint8_t packed[256];
    char *const *cells = NULL;
    uint32_t count = 0;
    flinch_error error;
    z_stream stream = {.next_in = (z_const Bytef *)"a,b\n1,2\n",
                       .avail_in = 8,
                       .next_out = packed,
                       .avail_out = sizeof packed};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    flinch__csv *whole = open_text((const char *)packed, stream.total_out);
    flinch__csv *cut = open_text((const char *)packed, stream.total_out - 10);

    ASSERT_ROW(whole, "a", "b");
    flinch_status status = flinch__csv_next(cut, &cells, &count, &error);
    while (flinch_is_ok(status) && count > 0)
        status = flinch__csv_next(cut, &cells, &count, &error);

    assert_int_equal(status.code, FLINCH_BAD_DATA);
    deflateEnd(&stream);
    flinch__csv_close(whole);
    flinch__csv_close(cut);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quoted_cell_may_hold_separators_quotes_and_lines),
        cmocka_unit_test(empty_lines_are_no_rows_and_empty_cells_are_cells),
        cmocka_unit_test(the_first_row_says_the_separator),
        cmocka_unit_test(a_rewound_file_begins_again),
        cmocka_unit_test(a_file_longer_than_the_buffer_is_read_whole),
        cmocka_unit_test(a_quote_without_end_is_bad_data_with_its_line),
        cmocka_unit_test(a_row_over_a_mebibyte_is_refused),
        cmocka_unit_test(gzip_cut_short_is_bad_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
