#include "tests/support/unit.h"

#include <avro.h>

#include "consumer/output.h"
#include "schemas/score_codec.h"
#include "schemas/wire.h"
#include "tests/consumer/fixture.h"
#include "tests/consumer/mock_kafka.h"

enum { PARTITION = 1 };

/* One record of topic "in" that was read, with its stream. */
typedef struct setting {
    mock_kafka kafka;
    rd_kafka_t *input;
    rd_kafka_t *output; /* reads what was written; it outlives its messages */
    flinch__blueprint *blueprint;
    flinch__worker_config config;
    rd_kafka_message_t *message;
    flinch__router router;
    flinch__route *route;
} setting;

static const flinch_score SCORE = {.status = FLINCH_SCORE_DEGRADED,
                                   .is_anomaly = true,
                                   .reason_count = 2,
                                   .score = 3.25,
                                   .p_value = 0.0005623413251903491,
                                   .reconstruction_error = 1.5F,
                                   .sensitivity = 0.25F,
                                   .generation = 77,
                                   .reasons = {{2, 9, 8, 0.75F, 0.125F}, {0, 1, 2, 0.25F, 0.5F}}};

static int set_up(void **state) {
    setting *s = calloc(1, sizeof *s);
    assert_non_null(s);
    mock_kafka_open(&s->kafka, 2);
    s->blueprint = fixture_blueprint();
    s->config = fixture_config(s->blueprint, NULL);
    s->router.blueprint = s->blueprint;
    s->input = mock_kafka_reader(&s->kafka, "in", 2);
    mock_kafka_put(
        &s->kafka,
        &(mock_record){.partition = PARTITION, .key = "the key", .value = "the value", .size = 9});
    s->message = mock_kafka_next(s->input);
    flinch_error error;
    assert_ok(flinch__router_find(&s->router, PARTITION, "web-1", 5, &s->route, &error));
    *state = s;
    return 0;
}

static int tear_down(void **state) {
    setting *s = *state;
    rd_kafka_message_destroy(s->message);
    mock_kafka_reader_close(s->input);
    mock_kafka_reader_close(s->output);
    flinch__router_fini(&s->router);
    flinch__blueprint_free(s->blueprint);
    mock_kafka_close(&s->kafka);
    free(s);
    return 0;
}

/* The next message of a topic; of one topic in a test. */
static rd_kafka_message_t *next_of(setting *s, const char *topic) {
    if (s->output == NULL)
        s->output = mock_kafka_reader(&s->kafka, topic, 2);
    return mock_kafka_next(s->output);
}

static rd_kafka_message_t *score_of(setting *s) {
    flinch_error error;
    assert_ok(
        flinch__output_score(s->kafka.host, &s->config, s->message, s->route, &SCORE, &error));
    return next_of(s, "scores");
}

/* The dead letter, of which values of so many bytes are left out. */
static rd_kafka_message_t *letter_of(setting *s, size_t bytes) {
    flinch_error error;
    const flinch__letter letter = {s->message, FLINCH_CAUSE_TRUNCATED, "ends at byte 7", bytes};
    assert_ok(flinch__output_dead_letter(s->kafka.host, &s->config, &letter, &error));
    return next_of(s, "dead");
}

static void assert_stands_where_its_record_stood(const rd_kafka_message_t *message) {
    rd_kafka_timestamp_type_t type;
    assert_int_equal(message->partition, PARTITION);
    assert_int_equal(message->key_len, 7);
    assert_memory_equal(message->key, "the key", 7);
    assert_int_equal(rd_kafka_message_timestamp(message, &type), INT64_C(1234567890123));
}

static void a_score_has_its_records_key_partition_and_time(void **state) {
    rd_kafka_message_t *message = score_of(*state);

    assert_stands_where_its_record_stood(message);
    rd_kafka_message_destroy(message);
}

/* ---- what Avro C reads ------------------------------------------------------------------------
 */

static avro_value_t field(const avro_value_t *record, const char *name) {
    avro_value_t value = {NULL, NULL};
    assert_int_equal(avro_value_get_by_name(record, name, &value, NULL), 0);
    return value;
}

static void assert_text(avro_value_t value, const char *expected) {
    const char *text = NULL;
    size_t size = 0;
    assert_int_equal(avro_value_get_string(&value, &text, &size), 0);
    assert_string_equal(text, expected);
}

static void assert_long(avro_value_t value, int64_t expected) {
    int64_t number = 0;
    assert_int_equal(avro_value_get_long(&value, &number), 0);
    assert_int_equal(number, expected);
}

static void assert_float(avro_value_t value, float expected) {
    float number = 0;
    assert_int_equal(avro_value_get_float(&value, &number), 0);
    assert_true(number == expected);
}

static void assert_double(avro_value_t value, double expected) {
    double number = 0;
    assert_int_equal(avro_value_get_double(&value, &number), 0);
    assert_true(number == expected);
}

static void assert_source(avro_value_t source, const rd_kafka_message_t *message) {
    int32_t partition = -1;
    avro_value_t value = field(&source, "partition");
    assert_int_equal(avro_value_get_int(&value, &partition), 0);
    assert_int_equal(partition, message->partition);
    assert_text(field(&source, "topic"), "in");
    assert_long(field(&source, "offset"), message->offset);
    assert_long(field(&source, "timestamp"), INT64_C(1234567890123));
}

static void assert_reasons(avro_value_t reasons) {
    size_t count = 0;
    avro_value_t reason = {NULL, NULL};
    assert_int_equal(avro_value_get_size(&reasons, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(avro_value_get_by_index(&reasons, 0, &reason, NULL), 0);
    assert_text(field(&reason, "feature"), "c");
    assert_float(field(&reason, "value"), 9);
    assert_float(field(&reason, "expected"), 8);
    assert_float(field(&reason, "error_share"), 0.75F);
    assert_float(field(&reason, "sensitivity_share"), 0.125F);
    assert_int_equal(avro_value_get_by_index(&reasons, 1, &reason, NULL), 0);
    assert_text(field(&reason, "feature"), "a");
}

static void a_score_is_what_avro_reads_with_its_schema(void **state) {
    setting *s = *state;
    avro_schema_t schema = NULL;
    const char *text = flinch__score_schema();
    assert_int_equal(avro_schema_from_json_length(text, strlen(text), &schema), 0);
    avro_value_iface_t *iface = avro_generic_class_from_schema(schema);
    avro_value_t score;
    assert_int_equal(avro_generic_value_new(iface, &score), 0);
    rd_kafka_message_t *message = score_of(s);
    avro_reader_t reader = avro_reader_memory(message->payload, (int64_t)message->len);

    assert_int_equal(avro_value_read(reader, &score), 0);

    int status = -1;
    int is_anomaly = 0;
    avro_value_t value = field(&score, "status");
    assert_int_equal(avro_value_get_enum(&value, &status), 0);
    assert_int_equal(status, 2);
    value = field(&score, "is_anomaly");
    assert_int_equal(avro_value_get_boolean(&value, &is_anomaly), 0);
    assert_true(is_anomaly);
    assert_source(field(&score, "source"), s->message);
    assert_text(field(&score, "stream"), "web-1");
    assert_double(field(&score, "score"), SCORE.score);
    assert_double(field(&score, "p_value"), SCORE.p_value);
    assert_reasons(field(&score, "reasons"));
    avro_value_t model = field(&score, "model");
    assert_text(field(&model, "id"), "cae");
    assert_long(field(&model, "generation"), 77);
    avro_reader_free(reader);
    avro_value_decref(&score);
    avro_value_iface_decref(iface);
    avro_schema_decref(schema);
    rd_kafka_message_destroy(message);
}

/* ------------------------------------------------------------------------------------------------
 */

static void a_score_stands_behind_the_wire_header_of_its_schema(void **state) {
    setting *s = *state;
    rd_kafka_message_t *bare = score_of(s);
    s->config.score_schema_id = 258;

    rd_kafka_message_t *framed = score_of(s);

    int32_t id = -1;
    assert_int_equal(flinch__wire_read(framed->payload, framed->len, &id), FLINCH_CAUSE_NONE);
    assert_int_equal(id, 258);
    assert_int_equal(framed->len, bare->len + FLINCH__WIRE_BYTES);
    assert_memory_equal((const char *)framed->payload + FLINCH__WIRE_BYTES, bare->payload,
                        bare->len);
    rd_kafka_message_destroy(framed);
    rd_kafka_message_destroy(bare);
}

static void a_score_waits_while_the_producers_queue_is_full(void **state) {
    enum { SCORES = 20 };
    setting *s = *state;
    rd_kafka_t *producer = mock_kafka_producer(&s->kafka, "queue.buffering.max.messages", "1");
    flinch_error error;

    for (int i = 0; i < SCORES; i++)
        assert_ok(flinch__output_score(producer, &s->config, s->message, s->route, &SCORE, &error));

    assert_int_equal(rd_kafka_flush(producer, MOCK_PATIENCE_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
    for (int i = 0; i < SCORES; i++)
        rd_kafka_message_destroy(next_of(s, "scores"));
    rd_kafka_destroy(producer);
}

static void what_is_too_large_even_without_its_value_is_refused(void **state) {
    setting *s = *state;
    rd_kafka_t *producer = mock_kafka_producer(&s->kafka, "message.max.bytes", "1000");
    char lot[2000] = {0};
    flinch_error error;

    const flinch__letter letter = {s->message, FLINCH_CAUSE_MALFORMED, lot, SIZE_MAX};
    assert_ok(flinch__output_dead_letter(producer, &s->config, &letter, &error));
    memset(lot, 'x', sizeof lot - 1);
    flinch_status status = flinch__output_dead_letter(producer, &s->config, &letter, &error);

    assert_int_equal(status.code, FLINCH_TOO_LARGE);
    assert_non_null(strstr(error.text, "produce: "));
    rd_kafka_destroy(producer);
}

static void assert_has_header(const rd_kafka_message_t *message, const char *name,
                              const char *expected) {
    rd_kafka_headers_t *headers = NULL;
    const void *value = NULL;
    size_t size = 0;
    assert_int_equal(rd_kafka_message_headers(message, &headers), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_header_get_last(headers, name, &value, &size),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(value, expected, size);
}

/* CRC-32 of "the value" by Python: zlib.crc32(b"the value"). */
static void assert_says_what_was_left_out(const rd_kafka_message_t *message) {
    assert_stands_where_its_record_stood(message);
    assert_null(message->payload);
    assert_has_header(message, "flinch.value.bytes", "9");
    assert_has_header(message, "flinch.value.crc32", "4d3ff424");
    assert_has_header(message, "__connect.errors.offset", "0");
}

static void a_value_that_brokers_do_not_take_is_left_out_of_its_dead_letter(void **state) {
    rd_kafka_message_t *message = letter_of(*state, 9);

    assert_says_what_was_left_out(message);
    rd_kafka_message_destroy(message);
}

static void a_value_that_the_producer_does_not_take_is_left_out_of_its_dead_letter(void **state) {
    setting *s = *state;
    rd_kafka_t *producer = mock_kafka_producer(&s->kafka, "message.max.bytes", "1000");
    char trace[900];
    memset(trace, 'x', sizeof trace);
    rd_kafka_headers_t *headers = NULL;
    assert_int_equal(rd_kafka_message_headers(s->message, &headers), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_header_add(headers, "long", -1, trace, sizeof trace),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    const flinch__letter letter = {s->message, FLINCH_CAUSE_MALFORMED, "why", SIZE_MAX};
    flinch_error error;

    assert_ok(flinch__output_dead_letter(producer, &s->config, &letter, &error));
    rd_kafka_message_t *message = next_of(s, "dead");

    assert_says_what_was_left_out(message);
    rd_kafka_message_destroy(message);
    rd_kafka_destroy(producer);
}

static void a_dead_letter_is_the_record_unchanged(void **state) {
    rd_kafka_message_t *message = letter_of(*state, SIZE_MAX);

    assert_stands_where_its_record_stood(message);
    assert_int_equal(message->len, 9);
    assert_memory_equal(message->payload, "the value", 9);
    rd_kafka_message_destroy(message);
}

static void a_dead_letter_says_why_and_where_behind_the_records_own_headers(void **state) {
    static const char *const EXPECTED[][2] = {
        {"trace", "t-1"},
        {"__connect.errors.topic", "in"},
        {"__connect.errors.partition", "1"},
        {"__connect.errors.offset", "0"},
        {"__connect.errors.connector.name", "flinch"},
        {"__connect.errors.stage", "VALUE_CONVERTER"},
        {"__connect.errors.exception.class.name", "TRUNCATED"},
        {"__connect.errors.exception.message", "ends at byte 7"}};
    enum { COUNT = sizeof EXPECTED / sizeof *EXPECTED };

    rd_kafka_message_t *message = letter_of(*state, SIZE_MAX);

    rd_kafka_headers_t *headers = NULL;
    assert_int_equal(rd_kafka_message_headers(message, &headers), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_header_cnt(headers), COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        const char *name = NULL;
        const void *value = NULL;
        size_t size = 0;
        assert_int_equal(rd_kafka_header_get_all(headers, i, &name, &value, &size),
                         RD_KAFKA_RESP_ERR_NO_ERROR);
        assert_string_equal(name, EXPECTED[i][0]);
        assert_int_equal(size, strlen(EXPECTED[i][1]));
        assert_memory_equal(value, EXPECTED[i][1], size);
    }
    rd_kafka_message_destroy(message);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_score_has_its_records_key_partition_and_time),
        TEST(a_score_is_what_avro_reads_with_its_schema),
        TEST(a_score_stands_behind_the_wire_header_of_its_schema),
        TEST(a_score_waits_while_the_producers_queue_is_full),
        TEST(what_is_too_large_even_without_its_value_is_refused),
        TEST(a_value_that_brokers_do_not_take_is_left_out_of_its_dead_letter),
        TEST(a_value_that_the_producer_does_not_take_is_left_out_of_its_dead_letter),
        TEST(a_dead_letter_is_the_record_unchanged),
        TEST(a_dead_letter_says_why_and_where_behind_the_records_own_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
