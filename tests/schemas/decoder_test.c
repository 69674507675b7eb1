/* With a fixed schema, and with a registry that says what it is told to. */
#include "schemas/decoder.h"

#include <stdio.h>

#include "schemas/wire.h"
#include "tests/support/http_fixture.h"
#include "tests/support/test_bytes.h"
#include "tests/support/unit.h"

enum { INPUTS = 2, WAIT_MS = 30000, REMEMBERED = 1024 };

#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":\"" type "\"}"
#define RECORD(fields)    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[" fields "]}"

static const char A_AND_B[] = RECORD(FIELD("a", "double") "," FIELD("b", "double"));
static const char ANSWER[] =
    "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"R\\\",\\\"fields\\\":["
    "{\\\"name\\\":\\\"a\\\",\\\"type\\\":\\\"double\\\"},"
    "{\\\"name\\\":\\\"b\\\",\\\"type\\\":\\\"double\\\"}]}\"}";
static const char MISSING[] = "{\"error_code\":40403,\"message\":\"Schema not found\"}";

typedef struct world {
    http_fixture *server;
    flinch__registry *registry;
    flinch__decoder *decoder;
    flinch_error error;
    flinch__cause cause;
    double values[INPUTS];
    flinch__row row;
    int64_t now_ms;
    uint32_t seen; /* calls of schema_seen; of the last one the id, and whether it has no b */
    int32_t seen_id;
    bool seen_without_b;
} world;

static void see(void *context, int32_t id, const flinch__plan *plan) {
    world *w = context;
    assert_string_equal(flinch__plan_binding(plan, 0).type, "double");
    w->seen++;
    w->seen_id = id;
    w->seen_without_b = flinch__plan_binding(plan, 1).type == NULL;
}

static flinch_status new_decoder(world *w, flinch__framing framing, const char *schema) {
    static const flinch_input INPUT[INPUTS] = {{.field = "a"}, {.field = "b"}};
    flinch__decoder_config config = {.want = {.inputs = {.items = INPUT, .count = INPUTS}},
                                     .framing = framing,
                                     .schema = schema,
                                     .registry = w->registry,
                                     .missing_ms = WAIT_MS,
                                     .schema_seen = see,
                                     .context = w};
    w->row.values = w->values;
    return flinch__decoder_new(&config, &w->decoder, &w->error);
}

static void free_world(world *w) {
    flinch__decoder_free(w->decoder);
    flinch__registry_free(w->registry);
    http_fixture_stop(w->server);
}

static flinch_code decode(world *w, const test_bytes *message) {
    return flinch__decoder_decode(w->decoder, message->data, message->size, w->now_ms, &w->row,
                                  &w->cause, &w->error)
        .code;
}

/* Wire header and the record {a: 1.5, b: b}. */
static test_bytes framed(int32_t id, double b) {
    test_bytes message = {0};
    uint8_t header[FLINCH__WIRE_BYTES];
    flinch__wire_write(id, header);
    test_bytes_put(&message, header, sizeof header);
    test_bytes_double(&message, 1.5);
    test_bytes_double(&message, b);
    return message;
}

static flinch_code decode_id(world *w, int32_t id) {
    test_bytes message = framed(id, 2.5);
    flinch_code code = decode(w, &message);
    test_bytes_free(&message);
    return code;
}

static void assert_says(const world *w, const char *words) {
    if (strstr(w->error.text, words) == NULL)
        print_error("%s\n", w->error.text);
    assert_non_null(strstr(w->error.text, words));
}

/* --- With a fixed schema ---------------------------------------------------------------------- */

static void a_bare_record_is_decoded_by_the_fixed_schema(void **state) {
    (void)state;
    world w = {0};
    test_bytes message = {0};
    test_bytes_double(&message, 1.5);
    test_bytes_double(&message, 2.5);
    assert_ok(new_decoder(&w, FLINCH_FRAMING_NONE, A_AND_B));

    assert_int_equal(decode(&w, &message), FLINCH_OK);

    assert_true(w.values[0] == 1.5 && w.values[1] == 2.5);
    assert_int_equal(w.cause, FLINCH_CAUSE_NONE);
    test_bytes_free(&message);
    free_world(&w);
}

/* The schema was given; whatever id the header names is not asked for. */
static void a_framed_record_is_decoded_by_the_fixed_schema_for_any_id(void **state) {
    (void)state;
    world w = {0};
    assert_ok(new_decoder(&w, FLINCH_FRAMING_CONFLUENT, A_AND_B));

    assert_int_equal(decode_id(&w, 1), FLINCH_OK);
    assert_int_equal(decode_id(&w, -1), FLINCH_OK);

    assert_true(w.values[0] == 1.5 && w.values[1] == 2.5);
    assert_int_equal(w.seen, 1);
    assert_int_equal(w.seen_id, -1);
    free_world(&w);
}

/* Decodes the bytes, then a sound record, which must come out as if the bytes had never been. */
static void dies_of(test_bytes *message, flinch__cause cause, const char *words) {
    world w = {0};
    assert_ok(new_decoder(&w, FLINCH_FRAMING_CONFLUENT, A_AND_B));

    assert_int_equal(decode(&w, message), FLINCH_BAD_DATA);

    assert_int_equal(w.cause, cause);
    assert_says(&w, words);
    assert_int_equal(decode_id(&w, 1), FLINCH_OK);
    assert_int_equal(w.cause, FLINCH_CAUSE_NONE);
    assert_true(w.values[0] == 1.5 && w.values[1] == 2.5);
    assert_int_equal(w.row.missing + w.row.non_finite + w.row.wrong_type, 0);
    test_bytes_free(message);
    free_world(&w);
}

static void a_record_shorter_than_its_header_is_too_short(void **state) {
    (void)state;
    test_bytes message = {0};
    test_bytes_put(&message, "\0\0\0\1", 4);
    dies_of(&message, FLINCH_CAUSE_TOO_SHORT, "4 bytes are fewer");
}

static void a_wrong_first_byte_is_a_bad_magic(void **state) {
    (void)state;
    test_bytes message = {0};
    test_bytes_put(&message, "{\"a\":1.5}", 9);
    dies_of(&message, FLINCH_CAUSE_BAD_MAGIC, "first byte is 123");
}

static void every_cut_of_a_record_is_truncated(void **state) {
    (void)state;
    for (size_t cut = FLINCH__WIRE_BYTES; cut < FLINCH__WIRE_BYTES + 16; cut++) {
        test_bytes whole = framed(1, 2.5);
        test_bytes message = {0};
        test_bytes_put(&message, whole.data, cut);
        test_bytes_free(&whole);
        dies_of(&message, FLINCH_CAUSE_TRUNCATED, "TRUNCATED");
    }
}

static void bytes_behind_the_record_are_trailing(void **state) {
    (void)state;
    test_bytes message = framed(1, 2.5);
    test_bytes_byte(&message, 0);
    dies_of(&message, FLINCH_CAUSE_TRAILING_BYTES, "1 bytes after the record's end");
}

/* NaN is a value, not a fault: the feature is masked, the record is scored. */
static void numbers_that_are_none_are_masked_and_counted(void **state) {
    (void)state;
    static const double NUMBERS[] = {(double)NAN, HUGE_VAL, -HUGE_VAL};
    world w = {0};
    assert_ok(new_decoder(&w, FLINCH_FRAMING_CONFLUENT, A_AND_B));
    for (size_t i = 0; i < sizeof NUMBERS / sizeof NUMBERS[0]; i++) {
        test_bytes message = framed(1, NUMBERS[i]);

        assert_int_equal(decode(&w, &message), FLINCH_OK);

        assert_true(w.values[0] == 1.5);
        assert_true(isnan(w.values[1]));
        assert_int_equal(w.row.non_finite, 1);
        test_bytes_free(&message);
    }
    free_world(&w);
}

static void a_string_where_a_number_should_be_is_masked_and_counted(void **state) {
    (void)state;
    world w = {0};
    test_bytes message = {0};
    test_bytes_double(&message, 1.5);
    test_bytes_text(&message, "2.5");
    assert_ok(new_decoder(&w, FLINCH_FRAMING_NONE,
                          RECORD(FIELD("a", "double") "," FIELD("b", "string"))));

    assert_int_equal(decode(&w, &message), FLINCH_OK);

    assert_true(w.values[0] == 1.5);
    assert_true(isnan(w.values[1]));
    assert_int_equal(w.row.wrong_type, 1);
    test_bytes_free(&message);
    free_world(&w);
}

static void a_null_is_masked_and_counted(void **state) {
    (void)state;
    world w = {0};
    test_bytes message = {0};
    test_bytes_double(&message, 1.5);
    test_bytes_long(&message, 0);
    assert_ok(new_decoder(&w, FLINCH_FRAMING_NONE,
                          RECORD(FIELD("a", "double") ",{\"name\":\"b\",\"type\":"
                                                      "[\"null\",\"double\"]}")));

    assert_int_equal(decode(&w, &message), FLINCH_OK);

    assert_true(isnan(w.values[1]));
    assert_int_equal(w.row.missing, 1);
    test_bytes_free(&message);
    free_world(&w);
}

/* Told when the schema comes up, by its plan's bindings; counted for each record. */
static void a_feature_that_the_schema_lacks_is_told_masked_and_counted(void **state) {
    (void)state;
    world w = {0};
    test_bytes message = {0};
    test_bytes_double(&message, 1.5);
    assert_ok(new_decoder(&w, FLINCH_FRAMING_NONE, RECORD(FIELD("a", "double"))));

    assert_int_equal(decode(&w, &message), FLINCH_OK);

    assert_true(w.seen_without_b);
    assert_true(w.values[0] == 1.5);
    assert_true(isnan(w.values[1]));
    assert_int_equal(w.row.missing, 1);
    test_bytes_free(&message);
    free_world(&w);
}

static void a_fixed_schema_with_none_of_the_features_is_refused(void **state) {
    (void)state;
    world w = {0};

    assert_int_equal(new_decoder(&w, FLINCH_FRAMING_NONE, RECORD(FIELD("c", "double"))).code,
                     FLINCH_BAD_DATA);

    assert_null(w.decoder);
    free_world(&w);
}

static void without_a_schema_there_must_be_a_registry_and_a_header(void **state) {
    (void)state;
    world w = {0};

    assert_int_equal(new_decoder(&w, FLINCH_FRAMING_CONFLUENT, NULL).code, FLINCH_INVALID);
    assert_int_equal(new_decoder(&w, FLINCH_FRAMING_NONE, NULL).code, FLINCH_INVALID);

    assert_says(&w, "registry.url");
    assert_says(&w, "input.schema");
    free_world(&w);
}

/* --- With a registry -------------------------------------------------------------------------- */

static int start(void **state) {
    world *w = calloc(1, sizeof *w);
    w->server = http_fixture_start(NULL, NULL);
    flinch__registry_config config = {.url = http_fixture_url(w->server), .timeout_ms = 5000};
    assert_ok(flinch__registry_new(&config, &w->registry, &w->error));
    assert_ok(new_decoder(w, FLINCH_FRAMING_CONFLUENT, NULL));
    *state = w;
    return 0;
}

static int stop(void **state) {
    free_world(*state);
    free(*state);
    return 0;
}

static void an_id_is_asked_for_once(void **state) {
    world *w = *state;
    http_fixture_answer(w->server, "/schemas/ids/7", 200, ANSWER);
    http_fixture_answer(w->server, "/schemas/ids/8", 200, ANSWER);

    for (int i = 0; i < 100; i++) {
        assert_int_equal(decode_id(w, 7), FLINCH_OK);
        assert_int_equal(decode_id(w, 8), FLINCH_OK);
        w->now_ms += WAIT_MS;
    }

    assert_true(w->values[0] == 1.5 && w->values[1] == 2.5);
    assert_int_equal(http_fixture_count(w->server, NULL), 2);
    assert_int_equal(w->seen, 2);
    assert_int_equal(w->seen_id, 8);
}

static void what_was_known_lives_through_an_outage(void **state) {
    world *w = *state;
    http_fixture_answer(w->server, "*", 200, ANSWER);
    assert_int_equal(decode_id(w, 7), FLINCH_OK);
    http_fixture_answer(w->server, "*", 503, "");

    assert_int_equal(decode_id(w, 8), FLINCH_TRY_AGAIN);
    assert_int_equal(decode_id(w, 7), FLINCH_OK);
}

static void an_unknown_id_is_waited_for_then_its_records_are_dead_letters(void **state) {
    world *w = *state;
    http_fixture_answer(w->server, "/schemas/ids/7", 404, MISSING);

    assert_int_equal(decode_id(w, 7), FLINCH_TRY_AGAIN);
    w->now_ms = WAIT_MS - 1;
    assert_int_equal(decode_id(w, 7), FLINCH_TRY_AGAIN);
    assert_says(w, "Schema not found");
    w->now_ms = WAIT_MS;

    assert_int_equal(decode_id(w, 7), FLINCH_BAD_DATA);

    assert_int_equal(w->cause, FLINCH_CAUSE_SCHEMA_NOT_FOUND);
    assert_int_equal(http_fixture_count(w->server, NULL), 3);
}

static void an_id_that_comes_while_it_is_waited_for_is_known_at_once(void **state) {
    world *w = *state;
    http_fixture_answer(w->server, "/schemas/ids/7", 404, MISSING);
    assert_int_equal(decode_id(w, 7), FLINCH_TRY_AGAIN);
    http_fixture_answer(w->server, "/schemas/ids/7", 200, ANSWER);

    assert_int_equal(decode_id(w, 7), FLINCH_OK);

    assert_int_equal(http_fixture_count(w->server, NULL), 2);
}

static void an_id_that_was_given_up_is_asked_for_now_and_then(void **state) {
    world *w = *state;
    http_fixture_answer(w->server, "/schemas/ids/7", 404, MISSING);
    assert_int_equal(decode_id(w, 7), FLINCH_TRY_AGAIN);
    w->now_ms = WAIT_MS;
    assert_int_equal(decode_id(w, 7), FLINCH_BAD_DATA);
    w->now_ms = 2 * WAIT_MS - 1;
    assert_int_equal(decode_id(w, 7), FLINCH_BAD_DATA);
    assert_int_equal(http_fixture_count(w->server, NULL), 2);
    w->now_ms = 2 * WAIT_MS;

    assert_int_equal(decode_id(w, 7), FLINCH_BAD_DATA);
    assert_int_equal(http_fixture_count(w->server, NULL), 3);
    http_fixture_answer(w->server, "/schemas/ids/7", 200, ANSWER);
    w->now_ms = 3 * WAIT_MS;
    assert_int_equal(decode_id(w, 7), FLINCH_OK);
}

/* One unknown between two others: they stay as they are. */
static void an_unknown_id_leaves_the_others_alone(void **state) {
    world *w = *state;
    http_fixture_answer(w->server, "*", 200, ANSWER);
    http_fixture_answer(w->server, "/schemas/ids/2", 404, MISSING);
    assert_int_equal(decode_id(w, 1), FLINCH_OK);
    assert_int_equal(decode_id(w, 2), FLINCH_TRY_AGAIN);
    assert_int_equal(decode_id(w, 3), FLINCH_OK);
    w->now_ms = WAIT_MS;

    assert_int_equal(decode_id(w, 2), FLINCH_BAD_DATA);

    assert_int_equal(decode_id(w, 1), FLINCH_OK);
    assert_int_equal(decode_id(w, 3), FLINCH_OK);
    assert_int_equal(http_fixture_count(w->server, NULL), 4);
}

static void a_refused_schema_is_not_asked_for_again(void **state) {
    world *w = *state;
    static const struct {
        const char *answer;
        const char *words;
    } CASES[] = {
        {"{\"schemaType\":\"JSON\",\"schema\":\"{}\"}", "not of Avro"},
        {"{\"schema\":\"\\\"double\\\"\"}", "schema id 2"},
        {"{\"schema\":\"{\\\"type\\\":\\\"fixed\\\",\\\"name\\\":\\\"F\\\",\\\"size\\\":-1}\"}",
         "fixed F"},
        {"{\"schema\":\"no JSON\"}", "schema id 4"},
    };
    for (int32_t i = 0; i < (int32_t)(sizeof CASES / sizeof CASES[0]); i++) {
        uint32_t asked = http_fixture_count(w->server, NULL);
        http_fixture_answer(w->server, "*", 200, CASES[i].answer);
        for (int again = 0; again < 2; again++, w->now_ms += WAIT_MS) {
            assert_int_equal(decode_id(w, i + 1), FLINCH_BAD_DATA);

            assert_int_equal(w->cause, FLINCH_CAUSE_SCHEMA_REJECTED);
            assert_says(w, CASES[i].words);
        }
        assert_int_equal(http_fixture_count(w->server, NULL), asked + 1);
    }
    assert_int_equal(w->seen, 0);
}

/* The record is not at fault: it is no dead letter, and nothing of it is remembered. */
static void an_outage_is_try_again_and_not_remembered(void **state) {
    world *w = *state;
    static const unsigned STATUSES[] = {408, 429, 500, 502, 503, 200 /* of no schema */};
    for (int32_t i = 0; i < (int32_t)(sizeof STATUSES / sizeof STATUSES[0]); i++) {
        http_fixture_answer(w->server, "*", STATUSES[i], "{}");
        assert_int_equal(decode_id(w, i), FLINCH_TRY_AGAIN);
        assert_int_equal(w->cause, FLINCH_CAUSE_NONE);
        http_fixture_answer(w->server, "*", 200, ANSWER);

        assert_int_equal(decode_id(w, i), FLINCH_OK);
    }
}

static void refused_credentials_are_not_remembered(void **state) {
    world *w = *state;
    http_fixture_answer(w->server, "*", 401, "");
    assert_int_equal(decode_id(w, 7), FLINCH_DENIED);
    assert_int_equal(w->cause, FLINCH_CAUSE_NONE);
    http_fixture_answer(w->server, "*", 200, ANSWER);

    assert_int_equal(decode_id(w, 7), FLINCH_OK);
}

/* A topic of hostile ids: the memory has a bound, and the id in use stays in it. */
static void the_id_not_used_for_longest_is_forgotten(void **state) {
    world *w = *state;
    http_fixture_answer(w->server, "*", 200, "{\"schemaType\":\"JSON\",\"schema\":\"{}\"}");
    http_fixture_answer(w->server, "/schemas/ids/1", 200, ANSWER);
    assert_int_equal(decode_id(w, 1), FLINCH_OK);
    for (int32_t id = 2; id <= REMEMBERED + 50; id++) {
        assert_int_equal(decode_id(w, id), FLINCH_BAD_DATA);
        assert_int_equal(decode_id(w, 1), FLINCH_OK);
    }
    uint32_t asked = http_fixture_count(w->server, NULL);

    assert_int_equal(decode_id(w, REMEMBERED), FLINCH_BAD_DATA);
    assert_int_equal(http_fixture_count(w->server, NULL), asked);
    assert_int_equal(decode_id(w, 2), FLINCH_BAD_DATA);

    assert_int_equal(http_fixture_count(w->server, NULL), asked + 1);
    assert_int_equal(http_fixture_count(w->server, "/schemas/ids/1"), 1);
}

#define WITH_REGISTRY(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bare_record_is_decoded_by_the_fixed_schema),
        cmocka_unit_test(a_framed_record_is_decoded_by_the_fixed_schema_for_any_id),
        cmocka_unit_test(a_record_shorter_than_its_header_is_too_short),
        cmocka_unit_test(a_wrong_first_byte_is_a_bad_magic),
        cmocka_unit_test(every_cut_of_a_record_is_truncated),
        cmocka_unit_test(bytes_behind_the_record_are_trailing),
        cmocka_unit_test(numbers_that_are_none_are_masked_and_counted),
        cmocka_unit_test(a_string_where_a_number_should_be_is_masked_and_counted),
        cmocka_unit_test(a_null_is_masked_and_counted),
        cmocka_unit_test(a_feature_that_the_schema_lacks_is_told_masked_and_counted),
        cmocka_unit_test(a_fixed_schema_with_none_of_the_features_is_refused),
        cmocka_unit_test(without_a_schema_there_must_be_a_registry_and_a_header),
        WITH_REGISTRY(an_id_is_asked_for_once),
        WITH_REGISTRY(what_was_known_lives_through_an_outage),
        WITH_REGISTRY(an_unknown_id_is_waited_for_then_its_records_are_dead_letters),
        WITH_REGISTRY(an_id_that_comes_while_it_is_waited_for_is_known_at_once),
        WITH_REGISTRY(an_id_that_was_given_up_is_asked_for_now_and_then),
        WITH_REGISTRY(an_unknown_id_leaves_the_others_alone),
        WITH_REGISTRY(a_refused_schema_is_not_asked_for_again),
        WITH_REGISTRY(an_outage_is_try_again_and_not_remembered),
        WITH_REGISTRY(refused_credentials_are_not_remembered),
        WITH_REGISTRY(the_id_not_used_for_longest_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
