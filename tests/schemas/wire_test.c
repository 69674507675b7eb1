#include "schemas/wire.h"

#include "tests/support/unit.h"

static void an_id_is_read_in_network_order(void **state) {
    (void)state;
    static const uint8_t DATA[] = {0, 0x01, 0x02, 0x03, 0x04, 0xff};
    int32_t id = -1;

    flinch__cause cause = flinch__wire_read(DATA, sizeof DATA, &id);

    assert_int_equal(cause, FLINCH_CAUSE_NONE);
    assert_int_equal(id, 0x01020304);
}

/* The id of a registry that counts beyond 2^31 keeps its bits. */
static void what_is_written_is_read(void **state) {
    (void)state;
    static const int32_t IDS[] = {0, 1, 255, 256, 65536, INT32_MAX, -1, INT32_MIN};
    for (size_t i = 0; i < sizeof IDS / sizeof IDS[0]; i++) {
        uint8_t header[FLINCH__WIRE_BYTES];
        int32_t id = 0;

        flinch__wire_write(IDS[i], header);

        assert_int_equal(header[0], 0);
        assert_int_equal(flinch__wire_read(header, sizeof header, &id), FLINCH_CAUSE_NONE);
        assert_int_equal(id, IDS[i]);
    }
}

/* Each on the heap in just its size, so that a read past the end is seen by ASan. */
static void fewer_bytes_than_a_header_are_too_short(void **state) {
    (void)state;
    for (size_t size = 1; size < FLINCH__WIRE_BYTES; size++) {
        uint8_t *data = calloc(1, size);
        int32_t id = 0;

        assert_int_equal(flinch__wire_read(data, size, &id), FLINCH_CAUSE_TOO_SHORT);

        assert_int_equal(id, -1);
        free(data);
    }
}

static void no_bytes_are_too_short(void **state) {
    (void)state;
    int32_t id = 0;

    assert_int_equal(flinch__wire_read(NULL, 0, &id), FLINCH_CAUSE_TOO_SHORT);
}

/* Short and of another format: the first thing wrong is the length. */
static void a_short_one_with_a_wrong_first_byte_is_too_short(void **state) {
    (void)state;
    static const uint8_t DATA[] = {'{', '}'};
    int32_t id = 0;

    assert_int_equal(flinch__wire_read(DATA, sizeof DATA, &id), FLINCH_CAUSE_TOO_SHORT);
}

static void every_other_first_byte_is_a_bad_magic(void **state) {
    (void)state;
    for (int first = 1; first <= UINT8_MAX; first++) {
        const uint8_t data[FLINCH__WIRE_BYTES] = {(uint8_t)first, 0, 0, 0, 7};
        int32_t id = 0;

        assert_int_equal(flinch__wire_read(data, sizeof data, &id), FLINCH_CAUSE_BAD_MAGIC);
        assert_int_equal(id, -1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_read_in_network_order),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(fewer_bytes_than_a_header_are_too_short),
        cmocka_unit_test(no_bytes_are_too_short),
        cmocka_unit_test(a_short_one_with_a_wrong_first_byte_is_too_short),
        cmocka_unit_test(every_other_first_byte_is_a_bad_magic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
