#include "schemas/state_codec.h"

#include <avro.h>
#include <stdio.h>

#include "tests/support/unit.h"

static const uint8_t BYTES[] = {0, 1, 2, 0xFF, 0x80};

static flinch__state_record sample(void) {
    return (flinch__state_record){.kind = FLINCH_STATE_STREAM,
                                  .fingerprint = UINT64_C(0xFEDCBA9876543210),
                                  .offset = INT64_C(123456789012),
                                  .chunk = 1,
                                  .chunks = 3,
                                  .stream = "web-3",
                                  .stream_size = 5,
                                  .bytes = BYTES,
                                  .size = sizeof BYTES};
}

static size_t encode(uint8_t out[256]) {
    flinch__state_record record = sample();
    size_t size = 0;
    assert_true(flinch__state_encoded_bytes(&record) <= 256);
    assert_ok(flinch__state_encode(&record, out, 256, &size));
    return size;
}

static void what_was_written_is_read(void **state) {
    (void)state;
    uint8_t bytes[256];
    flinch__state_record seen;
    flinch_error error;
    size_t size = encode(bytes);

    assert_ok(flinch__state_decode(bytes, size, &seen, &error));

    flinch__state_record wanted = sample();
    assert_int_equal(seen.kind, wanted.kind);
    assert_true(seen.fingerprint == wanted.fingerprint);
    assert_int_equal(seen.offset, wanted.offset);
    assert_int_equal(seen.chunk, 1);
    assert_int_equal(seen.chunks, 3);
    assert_int_equal(seen.stream_size, 5);
    assert_memory_equal(seen.stream, "web-3", 5);
    assert_int_equal(seen.size, sizeof BYTES);
    assert_memory_equal(seen.bytes, BYTES, sizeof BYTES);
}

/* Reads the file of the schema, which is what others would read the topic by. */
static avro_schema_t schema_of_file(void) {
    static char text[8192];
    FILE *file = fopen(FLINCH_SOURCE "/schemas/state.avsc", "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    avro_schema_t schema;
    assert_int_equal(avro_schema_from_json_length(text, size, &schema), 0);
    return schema;
}

static void avro_c_reads_it_by_the_schema(void **state) {
    (void)state;
    uint8_t bytes[256];
    size_t size = encode(bytes);
    avro_schema_t schema = schema_of_file();
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    avro_value_t value = {0};
    avro_value_t field = {0};
    avro_reader_t reader = avro_reader_memory((const char *)bytes, (int64_t)size);
    assert_int_equal(avro_generic_value_new(class, &value), 0);

    assert_int_equal(avro_value_read(reader, &value), 0);

    int64_t offset = 0;
    int kind = -1;
    avro_value_get_by_name(&value, "offset", &field, NULL);
    avro_value_get_long(&field, &offset);
    avro_value_get_by_name(&value, "kind", &field, NULL);
    avro_value_get_enum(&field, &kind);
    assert_int_equal(offset, INT64_C(123456789012));
    assert_int_equal(kind, FLINCH_STATE_STREAM);
    avro_value_decref(&value);
    avro_value_iface_decref(class);
    avro_reader_free(reader);
    avro_schema_decref(schema);
}

static void every_cut_and_every_flipped_bit_is_refused(void **state) {
    (void)state;
    uint8_t bytes[256];
    flinch__state_record seen;
    flinch_error error;
    size_t size = encode(bytes);

    for (size_t cut = 0; cut < size; cut++)
        assert_int_equal(flinch__state_decode(bytes, cut, &seen, &error).code, FLINCH_BAD_DATA);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_false(flinch_is_ok(flinch__state_decode(bytes, size, &seen, &error)));
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

static void a_later_version_is_told_from_a_broken_record(void **state) {
    (void)state;
    uint8_t bytes[256];
    flinch__state_record seen;
    flinch_error error;
    size_t size = encode(bytes);
    bytes[0] = 4; /* version 2 */

    assert_int_equal(flinch__state_decode(bytes, size, &seen, &error).code, FLINCH_MISMATCH);
    assert_non_null(strstr(error.text, "version 2"));
}

static void what_does_not_fit_is_said(void **state) {
    (void)state;
    uint8_t bytes[16];
    flinch__state_record record = sample();
    size_t size = 1;

    assert_int_equal(flinch__state_encode(&record, bytes, sizeof bytes, &size).code,
                     FLINCH_TOO_LARGE);
    assert_int_equal(size, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(avro_c_reads_it_by_the_schema),
        cmocka_unit_test(every_cut_and_every_flipped_bit_is_refused),
        cmocka_unit_test(a_later_version_is_told_from_a_broken_record),
        cmocka_unit_test(what_does_not_fit_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
