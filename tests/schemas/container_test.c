#include "schemas/container.h"

#include <avro.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/test_bytes.h"

static const char SCHEMA[] = "\"double\"";
static const uint8_t SYNC[17] = "0123456789abcdef";

static void put_header(test_bytes *file, const char *codec) {
    test_bytes_put(file, "Obj\1", 4);
    test_bytes_long(file, 2);
    test_bytes_text(file, "avro.codec");
    test_bytes_text(file, codec);
    test_bytes_text(file, "avro.schema");
    test_bytes_text(file, SCHEMA);
    test_bytes_long(file, 0);
    test_bytes_put(file, SYNC, 16);
}

/* A block that claims `count` records and `size` bytes, and holds `doubles` of them. */
static void put_block(test_bytes *file, int64_t count, int64_t size, int doubles) {
    test_bytes_long(file, count);
    test_bytes_long(file, size);
    for (int i = 0; i < doubles; i++)
        test_bytes_double(file, i);
    test_bytes_put(file, SYNC, 16);
}

/* Takes records of 8 bytes until the end or the first error. */
static flinch_code read_all(const test_bytes *file, int *out_records, flinch_error *error) {
    flinch__container *container = NULL;
    flinch_status status = flinch__container_open(file->data, file->size, &container, error);
    *out_records = 0;
    while (flinch_is_ok(status)) {
        const uint8_t *data = NULL;
        size_t size = 0;
        status = flinch__container_peek(container, &data, &size, error);
        if (!flinch_is_ok(status) || size == 0)
            break;
        status = flinch__container_advance(container, 8, error);
        *out_records += flinch_is_ok(status);
    }
    flinch__container_close(container);
    return status.code;
}

static void fails_with(test_bytes *file, const char *because) {
    flinch_error error = {""};
    int records = 0;
    assert_int_equal(read_all(file, &records, &error), FLINCH_BAD_DATA);
    if (strstr(error.text, because) == NULL)
        print_error("%s\n", error.text);
    assert_non_null(strstr(error.text, because));
    test_bytes_free(file);
}

static void records_come_block_by_block(void **state) {
    (void)state;
    test_bytes file = {0};
    flinch_error error;
    int records = 0;
    put_header(&file, "null");
    put_block(&file, 2, 16, 2);
    put_block(&file, 0, 0, 0);
    put_block(&file, 1, 8, 1);

    assert_int_equal(read_all(&file, &records, &error), FLINCH_OK);

    assert_int_equal(records, 3);
    test_bytes_free(&file);
}

/* Writes `count` doubles with Avro C. */
static void write_file(const char *path, const char *codec, int count) {
    avro_schema_t schema = avro_schema_double();
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    avro_file_writer_t writer = NULL;
    avro_value_t value;
    assert_int_equal(avro_file_writer_create_with_codec(path, schema, &writer, codec, 4096), 0);
    avro_generic_value_new(class, &value);
    for (int i = 0; i < count; i++) {
        avro_value_set_double(&value, i);
        assert_int_equal(avro_file_writer_append_value(writer, &value), 0);
    }
    assert_int_equal(avro_file_writer_close(writer), 0);
    avro_value_decref(&value);
    avro_value_iface_decref(class);
    avro_schema_decref(schema);
}

static void files_of_avro_c_are_read(void **state) {
    (void)state;
    static const char *const CODECS[] = {"null", "deflate"};
    for (size_t i = 0; i < 2; i++) {
        char path[] = "/tmp/flinch-container-XXXXXX";
        flinch__container *container = NULL;
        flinch_error error;
        const uint8_t *data = NULL;
        size_t size = 0;
        int records = 0;
        int handle = mkstemp(path);
        assert_true(handle >= 0);
        close(handle);
        unlink(path);
        write_file(path, CODECS[i], 3000);

        assert_true(flinch_is_ok(flinch__container_open_file(path, &container, &error)));
        assert_non_null(strstr(flinch__container_schema(container), "double"));
        while (flinch_is_ok(flinch__container_peek(container, &data, &size, &error)) && size > 0) {
            double expected = records++;
            assert_memory_equal(data, &expected, sizeof expected);
            assert_true(flinch_is_ok(flinch__container_advance(container, 8, &error)));
        }

        assert_int_equal(records, 3000);
        assert_true(flinch__container_progress(container) == 1.0);
        flinch__container_close(container);
        unlink(path);
    }
}

static void a_file_that_is_not_there_is_not_found(void **state) {
    (void)state;
    flinch__container *container = NULL;
    flinch_error error;

    flinch_status status =
        flinch__container_open_file("/nonexistent/flinch.avro", &container, &error);

    assert_int_equal(status.code, FLINCH_NOT_FOUND);
    assert_null(container);
}

static void what_is_no_container_is_refused(void **state) {
    (void)state;
    test_bytes file = {0};
    test_bytes_text(&file, "hello");
    fails_with(&file, "not an Avro object container");
}

static void an_unknown_codec_is_refused(void **state) {
    (void)state;
    test_bytes file = {0};
    put_header(&file, "zstandard");
    fails_with(&file, "codec");
}

static void a_wrong_sync_marker_is_refused(void **state) {
    (void)state;
    test_bytes file = {0};
    put_header(&file, "null");
    put_block(&file, 1, 8, 1);
    file.data[file.size - 1] ^= 1;
    fails_with(&file, "sync marker");
}

static void a_block_of_more_records_than_bytes_is_refused(void **state) {
    (void)state;
    test_bytes file = {0};
    put_header(&file, "null");
    put_block(&file, 3, 16, 2);
    fails_with(&file, "claims more records");
}

static void a_block_of_more_bytes_than_records_is_refused(void **state) {
    (void)state;
    test_bytes file = {0};
    put_header(&file, "null");
    put_block(&file, 1, 16, 2);
    fails_with(&file, "more bytes than its records");
}

/* A schema of no bytes, and a block that claims 2^40 of its records in one byte. */
static void records_of_no_bytes_are_refused(void **state) {
    (void)state;
    test_bytes file = {0};
    flinch__container *container = NULL;
    flinch_error error;
    const uint8_t *data = NULL;
    size_t size = 0;
    put_header(&file, "null");
    put_block(&file, INT64_C(1) << 40, 8, 1);
    assert_true(flinch_is_ok(flinch__container_open(file.data, file.size, &container, &error)));
    assert_true(flinch_is_ok(flinch__container_peek(container, &data, &size, &error)));

    assert_int_equal(flinch__container_advance(container, 0, &error).code, FLINCH_BAD_DATA);

    flinch__container_close(container);
    test_bytes_free(&file);
}

static void a_negative_count_is_refused(void **state) {
    (void)state;
    test_bytes file = {0};
    put_header(&file, "null");
    put_block(&file, -1, 8, 1);
    fails_with(&file, "count");
}

static void a_size_over_the_file_s_is_refused(void **state) {
    (void)state;
    test_bytes file = {0};
    put_header(&file, "null");
    put_block(&file, 1, INT64_MAX, 1);
    fails_with(&file, "cut short");
}

static void a_block_that_is_no_deflate_is_refused(void **state) {
    (void)state;
    test_bytes file = {0};
    put_header(&file, "deflate");
    put_block(&file, 1, 8, 1);
    fails_with(&file, "does not unpack");
}

/* Every byte but the last: all cuts fail, none reads past the end. */
static void a_file_cut_short_is_refused_everywhere(void **state) {
    (void)state;
    test_bytes file = {0};
    put_header(&file, "null");
    size_t header = file.size;
    put_block(&file, 2, 16, 2);
    for (size_t size = 1; size < file.size; size++) {
        test_bytes part = {0};
        flinch_error error;
        int records = 0;
        test_bytes_put(&part, file.data, size);
        flinch_code expected = size == header ? FLINCH_OK : FLINCH_BAD_DATA;
        assert_int_equal(read_all(&part, &records, &error), expected);
        assert_int_equal(records, 0);
        test_bytes_free(&part);
    }
    test_bytes_free(&file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_block_by_block),
        cmocka_unit_test(files_of_avro_c_are_read),
        cmocka_unit_test(a_file_that_is_not_there_is_not_found),
        cmocka_unit_test(what_is_no_container_is_refused),
        cmocka_unit_test(an_unknown_codec_is_refused),
        cmocka_unit_test(a_wrong_sync_marker_is_refused),
        cmocka_unit_test(a_block_of_more_records_than_bytes_is_refused),
        cmocka_unit_test(a_block_of_more_bytes_than_records_is_refused),
        cmocka_unit_test(records_of_no_bytes_are_refused),
        cmocka_unit_test(a_negative_count_is_refused),
        cmocka_unit_test(a_size_over_the_file_s_is_refused),
        cmocka_unit_test(a_block_that_is_no_deflate_is_refused),
        cmocka_unit_test(a_file_cut_short_is_refused_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
