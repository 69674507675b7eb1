/* Files that we write are read by Avro C, and by our own reader. */
#include "schemas/container_writer.h"

#include <avro.h>

#include "schemas/container.h"
#include "tests/support/test_bytes.h"
#include "tests/support/unit.h"

static const char SCHEMA[] =
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"n\",\"type\":\"long\"},"
    "{\"name\":\"text\",\"type\":\"string\"}]}";
static const char TEXT[] = "temperature of the second pump";

enum { ONE_BLOCK = 256 * 1024, MANY = 30000 /* records: some blocks */ };

static test_bytes record_of(int n) {
    test_bytes record = {0};
    test_bytes_long(&record, n);
    test_bytes_text(&record, TEXT);
    return record;
}

/* A temporary file with the records 0 … count - 1. */
static FILE *written(int count) {
    FILE *file = tmpfile();
    assert_non_null(file);
    flinch__container_writer *writer = NULL;
    assert_ok(flinch__container_writer_new(file, SCHEMA, &writer));
    for (int n = 0; n < count; n++) {
        test_bytes record = record_of(n);
        assert_ok(flinch__container_writer_add(writer, record.data, record.size));
        test_bytes_free(&record);
    }
    assert_ok(flinch__container_writer_close(writer));
    rewind(file);
    return file;
}

/* All of a file, which it closes. */
static test_bytes content(FILE *file) {
    test_bytes bytes = {0};
    char chunk[65536];
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        test_bytes_put(&bytes, chunk, n);
    fclose(file);
    return bytes;
}

static int count_by_avro(FILE *file) {
    avro_file_reader_t reader = NULL;
    avro_value_t value;
    avro_value_t field;
    int count = 0;
    assert_int_equal(avro_file_reader_fp(file, "ours", 0, &reader), 0);
    avro_schema_t schema = avro_file_reader_get_writer_schema(reader);
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    avro_generic_value_new(class, &value);
    for (; avro_file_reader_read_value(reader, &value) == 0; count++) {
        int64_t n = -1;
        const char *text = NULL;
        assert_int_equal(avro_value_get_by_name(&value, "n", &field, NULL), 0);
        assert_int_equal(avro_value_get_long(&field, &n), 0);
        assert_int_equal(n, count);
        assert_int_equal(avro_value_get_by_name(&value, "text", &field, NULL), 0);
        assert_int_equal(avro_value_get_string(&field, &text, NULL), 0);
        assert_string_equal(text, TEXT);
    }
    avro_value_decref(&value);
    avro_value_iface_decref(class);
    avro_schema_decref(schema);
    avro_file_reader_close(reader);
    return count;
}

static int count_by_us(FILE *file) {
    test_bytes bytes = content(file);
    flinch__container *container = NULL;
    flinch_error error;
    const uint8_t *data = NULL;
    size_t size = 0;
    int count = 0;
    assert_ok(flinch__container_open(bytes.data, bytes.size, &container, &error));
    assert_string_equal(flinch__container_schema(container), SCHEMA);
    for (;; count++) {
        assert_ok(flinch__container_peek(container, &data, &size, &error));
        if (size == 0)
            break;
        test_bytes record = record_of(count);
        assert_in_range(record.size, 1, size);
        assert_memory_equal(data, record.data, record.size);
        assert_ok(flinch__container_advance(container, record.size, &error));
        test_bytes_free(&record);
    }
    flinch__container_close(container);
    test_bytes_free(&bytes);
    return count;
}

static void avro_c_reads_every_record(void **state) {
    (void)state;
    static const int COUNTS[] = {1, 100, MANY};
    for (size_t i = 0; i < sizeof COUNTS / sizeof COUNTS[0]; i++) {
        FILE *file = written(COUNTS[i]);

        assert_int_equal(count_by_avro(file), COUNTS[i]);

        fclose(file);
    }
}

static void our_reader_reads_every_record(void **state) {
    (void)state;
    assert_int_equal(count_by_us(written(1)), 1);
    assert_int_equal(count_by_us(written(MANY)), MANY);
}

static void a_file_of_no_records_is_a_file(void **state) {
    (void)state;
    FILE *file = written(0);

    assert_int_equal(count_by_avro(file), 0);

    rewind(file);
    assert_int_equal(count_by_us(file), 0);
}

static void the_same_records_make_the_same_file(void **state) {
    (void)state;
    test_bytes one = content(written(MANY));
    test_bytes two = content(written(MANY));

    assert_int_equal(one.size, two.size);
    assert_memory_equal(one.data, two.data, one.size);

    test_bytes_free(&one);
    test_bytes_free(&two);
}

/* What no block can hold is refused by itself: the file goes on without it. */
static void a_record_over_a_block_is_refused_and_the_rest_written(void **state) {
    (void)state;
    FILE *file = tmpfile();
    flinch__container_writer *writer = NULL;
    uint8_t *huge = calloc(1, ONE_BLOCK + 1);
    test_bytes record = record_of(0);
    assert_ok(flinch__container_writer_new(file, SCHEMA, &writer));

    flinch_status status = flinch__container_writer_add(writer, huge, ONE_BLOCK + 1);

    assert_int_equal(status.code, FLINCH_TOO_LARGE);
    assert_ok(flinch__container_writer_add(writer, record.data, record.size));
    assert_ok(flinch__container_writer_close(writer));
    rewind(file);
    assert_int_equal(count_by_avro(file), 1);
    fclose(file);
    free(huge);
    test_bytes_free(&record);
}

/* A block is packed into a buffer made for the worst case: bytes that do not pack. */
static void bytes_that_do_not_pack_fill_a_block(void **state) {
    (void)state;
    FILE *file = tmpfile();
    flinch__container_writer *writer = NULL;
    flinch__container *container = NULL;
    flinch_error error;
    const uint8_t *data = NULL;
    size_t size = 0;
    uint8_t *noise = malloc(ONE_BLOCK);
    uint64_t random = 1;
    for (size_t i = 0; i < ONE_BLOCK; i++)
        noise[i] = (uint8_t)((random = random * 6364136223846793005U + 1442695040888963407U) >> 56);
    assert_ok(flinch__container_writer_new(file, "\"bytes\"", &writer));

    assert_ok(flinch__container_writer_add(writer, noise, ONE_BLOCK));

    assert_ok(flinch__container_writer_close(writer));
    rewind(file);
    test_bytes bytes = content(file);
    assert_ok(flinch__container_open(bytes.data, bytes.size, &container, &error));
    assert_ok(flinch__container_peek(container, &data, &size, &error));
    assert_int_equal(size, ONE_BLOCK);
    assert_memory_equal(data, noise, ONE_BLOCK);
    flinch__container_close(container);
    test_bytes_free(&bytes);
    free(noise);
}

/* A device that is always full. What stdio still holds back must not pass for written. */
static void a_full_device_is_seen_at_the_latest_by_close(void **state) {
    (void)state;
    static const int COUNTS[] = {0, 1, 100};
    for (size_t i = 0; i < sizeof COUNTS / sizeof COUNTS[0]; i++) {
        FILE *file = fopen("/dev/full", "wb");
        assert_non_null(file);
        flinch__container_writer *writer = NULL;
        test_bytes record = record_of(0);
        assert_ok(flinch__container_writer_new(file, SCHEMA, &writer));
        for (int n = 0; n < COUNTS[i]; n++)
            assert_ok(flinch__container_writer_add(writer, record.data, record.size));

        assert_int_equal(flinch__container_writer_close(writer).code, FLINCH_TRY_AGAIN);

        fclose(file);
        test_bytes_free(&record);
    }
}

static void a_full_device_ends_a_long_file_early(void **state) {
    (void)state;
    FILE *file = fopen("/dev/full", "wb");
    assert_non_null(file);
    flinch__container_writer *writer = NULL;
    test_bytes record = record_of(0);
    flinch_status status = {FLINCH_OK};
    int added = 0;
    assert_ok(flinch__container_writer_new(file, SCHEMA, &writer));

    for (; flinch_is_ok(status) && added < MANY; added++)
        status = flinch__container_writer_add(writer, record.data, record.size);

    assert_int_equal(status.code, FLINCH_TRY_AGAIN);
    assert_in_range(added, 1, MANY - 1);
    assert_int_equal(flinch__container_writer_close(writer).code, FLINCH_TRY_AGAIN);
    fclose(file);
    test_bytes_free(&record);
}

static void closing_nothing_is_fine(void **state) {
    (void)state;
    assert_ok(flinch__container_writer_close(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(avro_c_reads_every_record),
        cmocka_unit_test(our_reader_reads_every_record),
        cmocka_unit_test(a_file_of_no_records_is_a_file),
        cmocka_unit_test(the_same_records_make_the_same_file),
        cmocka_unit_test(a_record_over_a_block_is_refused_and_the_rest_written),
        cmocka_unit_test(bytes_that_do_not_pack_fill_a_block),
        cmocka_unit_test(a_full_device_is_seen_at_the_latest_by_close),
        cmocka_unit_test(a_full_device_ends_a_long_file_early),
        cmocka_unit_test(closing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
