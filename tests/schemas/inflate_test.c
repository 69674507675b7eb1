#include "schemas/inflate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

/* Raw deflate of `size` zeros, to be freed. */
static uint8_t *pack_zeros(size_t size, size_t *out_size) {
    uint8_t *zeros = calloc(1, size);
    uint8_t *packed = malloc(size + 64);
    z_stream stream = {.next_in = zeros, .avail_in = (uInt)size};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_out = packed;
    stream.avail_out = (uInt)size + 64;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    *out_size = stream.total_out;
    deflateEnd(&stream);
    free(zeros);
    return packed;
}

static void a_block_larger_than_the_first_buffer_unpacks(void **state) {
    (void)state;
    size_t size = 0;
    uint8_t *packed = pack_zeros(1000000, &size);
    flinch__buffer out = {0};

    assert_int_equal(flinch__inflate(packed, size, 1000000, &out), FLINCH_OK);

    assert_int_equal(out.size, 1000000);
    free(out.bytes);
    free(packed);
}

static void a_bomb_stops_at_the_bound(void **state) {
    (void)state;
    size_t size = 0;
    uint8_t *packed = pack_zeros(10000000, &size);
    flinch__buffer out = {0};

    assert_int_equal(flinch__inflate(packed, size, 1000000, &out), FLINCH_TOO_LARGE);

    assert_true(out.capacity <= 1000000);
    free(out.bytes);
    free(packed);
}

static void a_stream_cut_short_or_too_long_is_bad_data(void **state) {
    (void)state;
    size_t size = 0;
    uint8_t *packed = pack_zeros(1000, &size);
    flinch__buffer out = {0};

    for (size_t part = 0; part < size; part++)
        assert_int_equal(flinch__inflate(packed, part, 1000000, &out), FLINCH_BAD_DATA);
    assert_int_equal(flinch__inflate(packed, size + 1, 1000000, &out), FLINCH_BAD_DATA);

    free(out.bytes);
    free(packed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_larger_than_the_first_buffer_unpacks),
        cmocka_unit_test(a_bomb_stops_at_the_bound),
        cmocka_unit_test(a_stream_cut_short_or_too_long_is_bad_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
