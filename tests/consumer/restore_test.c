/* States that nobody of ours wrote: refused with the reason, never loaded, and no crash. */
#include "consumer/restore.h"

#include <stdio.h>

#include "consumer/checkpoint.h"
#include "consumer/output.h"
#include "model/random.h"
#include "schemas/state_codec.h"
#include "tests/consumer/fixture.h"
#include "tests/consumer/mock_kafka.h"
#include "tests/support/unit.h"

enum { MARKER = 500, ROWS = 300 };

typedef struct setting {
    mock_kafka kafka;
    flinch__blueprint *blueprint;
    flinch__stats stats;
    flinch__worker_config config;
    flinch__restorer restorer;
    flinch__partitions partitions;
    flinch__router router;
    atomic_bool stop;
    uint8_t *stream; /* saved, after some rows */
    size_t stream_size;
    char group[32]; /* each case has one of its own in the same topic */
    int cases;
    char said[512]; /* the newest note */
    flinch_error error;
} setting;

static void hear(void *context, int level, const char *event, const char *text) {
    setting *s = context;
    snprintf(s->said, sizeof s->said, "%s %s", event, text);
}

static void save_a_stream(setting *s) {
    flinch__stream *stream = NULL;
    void *scratch = aligned_alloc(64, flinch__blueprint_scratch_bytes(s->blueprint));
    assert_non_null(scratch);
    assert_ok(flinch__stream_new(s->blueprint, "web", 3, &stream, &s->error));
    for (uint32_t i = 0; i < ROWS; i++) {
        double row[FIXTURE_INPUTS];
        fixture_row(i, row);
        flinch__stream_push(stream, row, i);
        if (flinch__stream_filled(stream) == FLINCH_TILE_ROWS)
            assert_ok(flinch__stream_learn(stream, scratch));
    }
    s->stream_size = flinch__stream_saved_bytes(stream);
    s->stream = malloc(s->stream_size);
    assert_non_null(s->stream);
    assert_ok(flinch__stream_save(stream, s->stream, s->stream_size, &s->stream_size));
    flinch__stream_free(stream);
    free(scratch);
}

static int set_up(void **state) {
    setting *s = calloc(1, sizeof *s);
    flinch__partition *partition = NULL;
    assert_non_null(s);
    s->blueprint = fixture_blueprint();
    mock_kafka_open(&s->kafka, 1);
    assert_int_equal(rd_kafka_mock_topic_create(s->kafka.cluster, "state", 1, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    s->config = fixture_config(s->blueprint, &s->stats);
    s->config.state_topic = "state";
    s->config.group = s->group;
    s->config.notes = (flinch__notes){hear, s};
    mock_kafka_use(&s->kafka, &s->config);
    snprintf(s->group, sizeof s->group, "group");
    s->router.blueprint = s->blueprint;
    assert_ok(flinch__restorer_open(&s->restorer, &s->config, &s->error));
    assert_ok(flinch__partitions_add(&s->partitions, 0, &partition));
    save_a_stream(s);
    *state = s;
    return 0;
}

static int tear_down(void **state) {
    setting *s = *state;
    flinch__restorer_close(&s->restorer);
    flinch__router_fini(&s->router);
    flinch__partitions_fini(&s->partitions);
    mock_kafka_close(&s->kafka);
    flinch__blueprint_free(s->blueprint);
    free(s->stream);
    free(s);
    return 0;
}

/* ---- what is in the topic ----------------------------------------------------------------------
 */

static void next_case(setting *s) {
    snprintf(s->group, sizeof s->group, "group-%d", ++s->cases);
    s->said[0] = '\0';
    atomic_store(&s->stats.count[FLINCH_STAT_REFUSED_STATES], 0);
}

/* Puts bytes into the topic under a key of this group and configuration. */
static void put_bytes(setting *s, const uint8_t *bytes, size_t size) {
    size_t key_size = 0;
    char *key = flinch__state_prefix(&s->config, &key_size);
    assert_non_null(key);
    flinch__state_message message = {0, key, key_size, bytes, size, 0};
    assert_ok(flinch__output_state(s->kafka.host, &s->config, &message, &s->error));
    mock_kafka_flush(&s->kafka);
    free(key);
}

/* To be freed. */
static uint8_t *encode(const flinch__state_record *record, size_t *out_size) {
    size_t capacity = flinch__state_encoded_bytes(record);
    uint8_t *bytes = malloc(capacity);
    assert_non_null(bytes);
    assert_ok(flinch__state_encode(record, bytes, capacity, out_size));
    return bytes;
}

static void put(setting *s, const flinch__state_record *record) {
    size_t size = 0;
    uint8_t *bytes = encode(record, &size);
    put_bytes(s, bytes, size);
    free(bytes);
}

static flinch__state_record marker(const setting *s) {
    return (flinch__state_record){.kind = FLINCH_STATE_MARKER,
                                  .fingerprint = flinch__blueprint_fingerprint(s->blueprint),
                                  .offset = MARKER,
                                  .chunks = 1};
}

static flinch__state_record stream_record(const setting *s) {
    flinch__state_record record = marker(s);
    record.kind = FLINCH_STATE_STREAM;
    record.stream = "web";
    record.stream_size = 3;
    record.bytes = s->stream;
    record.size = s->stream_size;
    return record;
}

static int64_t restore(setting *s) {
    flinch__partition *partition = &s->partitions.items[0];
    assert_ok(flinch__restore(&s->restorer, partition, &s->router, &s->stop, &s->error));
    return partition->marker;
}

static void assert_refused(setting *s, const char *reason) {
    assert_int_equal(restore(s), -1);
    assert_int_equal(s->router.count, 0);
    assert_int_equal(strncmp(s->said, "state_refused ", 14), 0);
    assert_non_null(strstr(s->said, reason));
}

/* ---- tests -------------------------------------------------------------------------------------
 */

static void what_is_sound_is_taken(void **state) {
    setting *s = *state;
    const flinch__state_record stream = stream_record(s);
    const flinch__state_record mark = marker(s);
    put(s, &stream);
    put(s, &mark);

    assert_int_equal(restore(s), MARKER);

    flinch__route *route = flinch__router_look(&s->router, 0, "web", 3);
    assert_non_null(route);
    assert_ok(flinch__restore_stream(&s->restorer, &s->router, route, &s->error));
    assert_int_equal(flinch__stream_position(route->stream), ROWS);
}

static void a_record_cut_short_is_refused(void **state) {
    setting *s = *state;
    const flinch__state_record stream = stream_record(s);
    size_t size = 0;
    uint8_t *bytes = encode(&stream, &size);
    const size_t cuts[] = {1, 2, 11, 20, size / 2, size - 6, size - 1};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        const flinch__state_record mark = marker(s);
        next_case(s);
        put_bytes(s, bytes, cuts[i]);
        put(s, &mark);

        assert_refused(s, "cut short");
    }
    free(bytes);
}

static void a_flipped_bit_is_refused_wherever_it_is(void **state) {
    enum { FLIPS = 60 };
    setting *s = *state;
    const flinch__state_record stream = stream_record(s);
    flinch__random random = {4};
    size_t size = 0;
    uint8_t *bytes = encode(&stream, &size);
    for (int i = 0; i < FLIPS; i++) {
        const flinch__state_record mark = marker(s);
        uint32_t bit = flinch__random_below(&random, (uint32_t)(8 * size));
        next_case(s);
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        put_bytes(s, bytes, size);
        put(s, &mark);
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);

        assert_refused(s, "reason=");
    }
    free(bytes);
}

static void a_later_version_is_refused_by_its_number(void **state) {
    setting *s = *state;
    const flinch__state_record mark = marker(s);
    size_t size = 0;
    uint8_t *bytes = encode(&mark, &size);
    bytes[0] = 4; /* as Avro writes 2 */
    put_bytes(s, bytes, size);
    free(bytes);

    assert_refused(s, "version 2");
}

static void numbers_out_of_range_are_refused_though_the_checksum_fits(void **state) {
    setting *s = *state;
    const flinch__state_record cases[] = {
        {.kind = (flinch__state_kind)3, .offset = 1, .chunks = 1},
        {.offset = -1, .chunks = 1},
        {.offset = 1, .chunks = 0},
        {.offset = 1, .chunk = 1, .chunks = 1},
        {.offset = 1, .chunks = 1U << 17},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const flinch__state_record mark = marker(s);
        next_case(s);
        put(s, &mark);
        put(s, &cases[i]);

        assert_refused(s, "out of range");
    }
}

/* The key is ours, the content another configuration's. */
static void another_fingerprint_under_our_key_is_refused(void **state) {
    setting *s = *state;
    flinch__state_record mark = marker(s);
    mark.fingerprint ^= 1;
    put(s, &mark);

    assert_refused(s, "another feature list");
}

static void skips_that_make_no_sense_are_refused(void **state) {
    setting *s = *state;
    const uint8_t runs[] = {0x02, 0x00}; /* one of no offsets */
    flinch__state_record skips = marker(s);
    const flinch__state_record mark = marker(s);
    skips.kind = FLINCH_STATE_SKIPS;
    skips.bytes = runs;
    skips.size = sizeof runs;
    put(s, &skips);
    put(s, &mark);

    assert_refused(s, "skips");
    assert_int_equal(s->partitions.items[0].skips.count, 0);
}

static void without_a_marker_nothing_is_taken(void **state) {
    setting *s = *state;
    const flinch__state_record stream = stream_record(s);
    put(s, &stream);

    assert_int_equal(restore(s), -1);

    assert_int_equal(s->router.count, 0);
}

/* Chunks that do not belong together make no stream. */
static void chunks_of_two_states_are_not_mixed(void **state) {
    setting *s = *state;
    flinch__state_record chunk = stream_record(s);
    const flinch__state_record mark = marker(s);
    chunk.chunks = 2;
    put(s, &chunk);
    chunk.chunk = 1;
    chunk.offset = MARKER + 1;
    put(s, &chunk);
    put(s, &mark);

    restore(s);

    assert_int_equal(s->router.count, 0);
}

/* Has the stream's bytes be those given, in an envelope that fits them, and a record ask for it:
 * the stream begins anew. */
static void assert_begins_anew(setting *s, const uint8_t *bytes, size_t size, const char *reason) {
    flinch__state_record stream = stream_record(s);
    const flinch__state_record mark = marker(s);
    next_case(s);
    stream.bytes = bytes;
    stream.size = size;
    put(s, &stream);
    put(s, &mark);
    assert_int_equal(restore(s), MARKER);
    flinch__route *route = flinch__router_look(&s->router, 0, "web", 3);
    assert_non_null(route);

    s->said[0] = '\0';

    assert_ok(flinch__restore_stream(&s->restorer, &s->router, route, &s->error));

    assert_int_equal(flinch__stream_position(route->stream), 0);
    assert_int_equal(strncmp(s->said, "state_refused ", 14), 0);
    assert_non_null(strstr(s->said, reason));
    assert_int_equal(flinch__stats_get(&s->stats, FLINCH_STAT_REFUSED_STATES), 1);
}

static void a_stream_that_is_none_begins_anew(void **state) {
    setting *s = *state;
    uint8_t *longer = calloc(1, s->stream_size + 1);
    assert_non_null(longer);
    memcpy(longer, s->stream, s->stream_size);

    assert_begins_anew(s, s->stream, 0, "not the saved state");
    assert_begins_anew(s, s->stream, 20, "not the saved state");
    assert_begins_anew(s, s->stream, s->stream_size - 1, "cut short");
    assert_begins_anew(s, longer, s->stream_size + 1, "cut short");
    longer[0] ^= 1;
    assert_begins_anew(s, longer, s->stream_size, "not the saved state");
    longer[0] ^= 1;
    longer[8] ^= 1;
    assert_begins_anew(s, longer, s->stream_size, "another feature list");
    free(longer);
}

static void a_stream_with_impossible_numbers_begins_anew(void **state) {
    enum { FILLED = 32 }; /* where the rows in the open tile are counted */
    setting *s = *state;
    uint8_t *spoiled = malloc(s->stream_size);
    assert_non_null(spoiled);
    memcpy(spoiled, s->stream, s->stream_size);
    spoiled[FILLED] = 0xFF;
    assert_begins_anew(s, spoiled, s->stream_size, "out of range");
    spoiled[FILLED] = FLINCH_TILE_ROWS; /* a full tile is learned from before anything is kept */
    assert_begins_anew(s, spoiled, s->stream_size, "out of range");

    memcpy(spoiled, s->stream, s->stream_size);
    memset(spoiled + s->stream_size - sizeof(double), 0xFF, sizeof(double)); /* not a number */
    assert_begins_anew(s, spoiled, s->stream_size, "out of range");
    free(spoiled);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_is_sound_is_taken),
        TEST(a_record_cut_short_is_refused),
        TEST(a_flipped_bit_is_refused_wherever_it_is),
        TEST(a_later_version_is_refused_by_its_number),
        TEST(numbers_out_of_range_are_refused_though_the_checksum_fits),
        TEST(another_fingerprint_under_our_key_is_refused),
        TEST(skips_that_make_no_sense_are_refused),
        TEST(without_a_marker_nothing_is_taken),
        TEST(chunks_of_two_states_are_not_mixed),
        TEST(a_stream_that_is_none_begins_anew),
        TEST(a_stream_with_impossible_numbers_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
