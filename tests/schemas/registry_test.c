/* Against a server that says what it is told to, on the loopback. */
#include "schemas/registry.h"

#include <stdio.h>

#include "schemas/schema_json.h"
#include "tests/support/http_fixture.h"
#include "tests/support/unit.h"

typedef struct world {
    http_fixture *server;
    flinch__registry *registry;
    char *schema;
    flinch_error error;
} world;

#define MISSING "{\"error_code\":40403,\"message\":\"Schema 7 not found\"}"
/* A field, in an answer's schema: JSON within a string of JSON. */
#define FIELD(name, type) "{\\\"name\\\":\\\"" name "\\\",\\\"type\\\":\\\"" type "\\\"}"
#define RECORD(name, fields)                                                                       \
    "\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"" name                             \
    "\\\",\\\"fields\\\":[" fields "]}\""
#define REFERENCE(subject, version)                                                                \
    "{\"name\":\"x\",\"subject\":\"" subject "\",\"version\":" #version "}"

static int start(void **state) {
    world *w = calloc(1, sizeof *w);
    w->server = http_fixture_start(NULL, NULL);
    flinch__registry_config config = {.url = http_fixture_url(w->server), .timeout_ms = 5000};
    *state = w;
    return flinch_is_ok(flinch__registry_new(&config, &w->registry, &w->error)) ? 0 : -1;
}

static int stop(void **state) {
    world *w = *state;
    flinch__registry_free(w->registry);
    http_fixture_stop(w->server);
    free(w->schema);
    free(w);
    return 0;
}

static flinch_code schema_of(world *w, int32_t id) {
    free(w->schema);
    return flinch__registry_schema(w->registry, id, &w->schema, &w->error).code;
}

static void assert_says(const world *w, const char *words) {
    if (strstr(w->error.text, words) == NULL)
        print_error("%s\n", w->error.text);
    assert_non_null(strstr(w->error.text, words));
}

/* The text is one that stands by itself, of a record with this name. */
static void assert_record(const world *w, const char *name) {
    flinch__schema *schema = NULL;
    flinch_error error = {""};
    assert_non_null(w->schema);
    flinch_status status = flinch__schema_parse(w->schema, strlen(w->schema), &schema, &error);
    if (!flinch_is_ok(status))
        print_error("%s\n%s\n", error.text, w->schema);
    assert_ok(status);
    assert_string_equal(schema->root->name, name);
    flinch__schema_free(schema);
}

/* --- A schema by its id ----------------------------------------------------------------------- */

static void a_schema_comes_by_its_id(void **state) {
    world *w = *state;
    http_fixture_answer(w->server, "/schemas/ids/7", 200, "{" RECORD("R", FIELD("a", "int")) "}");

    assert_int_equal(schema_of(w, 7), FLINCH_OK);

    assert_string_equal(w->schema, "{\"type\":\"record\",\"name\":\"R\",\"fields\":"
                                   "[{\"name\":\"a\",\"type\":\"int\"}]}");
}

static void an_id_beyond_2_31_is_asked_unsigned(void **state) {
    world *w = *state;
    http_fixture_answer(w->server, "/schemas/ids/4294967295", 200, "{\"schema\":\"\\\"int\\\"\"}");

    assert_int_equal(schema_of(w, -1), FLINCH_OK);
}

static void an_id_that_is_not_there_is_not_found(void **state) {
    world *w = *state;
    http_fixture_answer(w->server, "/schemas/ids/7", 404, MISSING);

    assert_int_equal(schema_of(w, 7), FLINCH_NOT_FOUND);

    assert_null(w->schema);
    assert_says(w, "Schema 7 not found");
    assert_says(w, "/schemas/ids/7");
}

static void a_refusal_and_an_outage_are_told_apart(void **state) {
    world *w = *state;
    http_fixture_answer(w->server, "/schemas/ids/1", 401, "");
    http_fixture_answer(w->server, "/schemas/ids/2", 503, "");

    assert_int_equal(schema_of(w, 1), FLINCH_DENIED);
    assert_int_equal(schema_of(w, 2), FLINCH_TRY_AGAIN);
}

static void a_schema_said_to_be_of_avro_is_taken(void **state) {
    world *w = *state;
    http_fixture_answer(w->server, "/schemas/ids/7", 200,
                        "{\"schemaType\":\"AVRO\",\"schema\":\"\\\"int\\\"\",\"more\":[]}");

    assert_int_equal(schema_of(w, 7), FLINCH_OK);

    assert_string_equal(w->schema, "\"int\"");
}

static void a_schema_that_is_not_of_avro_is_bad_data(void **state) {
    world *w = *state;
    http_fixture_answer(w->server, "/schemas/ids/7", 200,
                        "{\"schemaType\":\"PROTOBUF\",\"schema\":\"syntax = proto3;\"}");

    assert_int_equal(schema_of(w, 7), FLINCH_BAD_DATA);

    assert_says(w, "PROTOBUF");
}

static void an_answer_without_a_schema_is_no_answer(void **state) {
    world *w = *state;
    static const char *const BODIES[] = {"{}", "{\"schema\":1}", "{\"schema\":null}",
                                         "{\"schema\":{\"type\":\"int\"}}"};
    for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
        http_fixture_answer(w->server, "/schemas/ids/7", 200, BODIES[i]);

        assert_int_equal(schema_of(w, 7), FLINCH_TRY_AGAIN);

        assert_null(w->schema);
    }
}

/* --- References ------------------------------------------------------------------------------- */

/* The schema of `subject` in its version 1, as a registry gives it. */
static void put_subject(world *w, const char *subject, const char *answer) {
    char path[256];
    snprintf(path, sizeof path, "/subjects/%s/versions/1?deleted=true", subject);
    http_fixture_answer(w->server, path, 200, answer);
}

static uint32_t asked_for(world *w, const char *subject) {
    char path[256];
    snprintf(path, sizeof path, "/subjects/%s/versions/1?deleted=true", subject);
    return http_fixture_count(w->server, path);
}

static void references_of_references_are_put_in_their_place(void **state) {
    world *w = *state;
    http_fixture_answer(
        w->server, "/schemas/ids/7", 200,
        "{" RECORD("R", FIELD("a", "A")) ",\"references\":[" REFERENCE("a", 1) "]}");
    put_subject(w, "a",
                "{" RECORD("A", FIELD("b", "B")) ",\"references\":[" REFERENCE("b", 1) "]}");
    put_subject(w, "b", "{" RECORD("B", FIELD("n", "double")) "}");

    assert_int_equal(schema_of(w, 7), FLINCH_OK);

    assert_record(w, "R");
}

static void a_reference_shared_by_two_is_put_in_once(void **state) {
    world *w = *state;
    http_fixture_answer(
        w->server, "/schemas/ids/7", 200,
        "{" RECORD("R", FIELD("a", "A") "," FIELD("b", "B")) ",\"references\":[" REFERENCE(
            "a", 1) "," REFERENCE("b", 1) "]}");
    put_subject(w, "a",
                "{" RECORD("A", FIELD("c", "C")) ",\"references\":[" REFERENCE("c", 1) "]}");
    put_subject(w, "b",
                "{" RECORD("B", FIELD("c", "C")) ",\"references\":[" REFERENCE("c", 1) "]}");
    put_subject(w, "c", "{" RECORD("C", FIELD("n", "double")) "}");

    assert_int_equal(schema_of(w, 7), FLINCH_OK);

    assert_record(w, "R");
    assert_int_equal(asked_for(w, "c"), 1);
}

static void references_in_a_circle_are_refused(void **state) {
    world *w = *state;
    http_fixture_answer(
        w->server, "/schemas/ids/7", 200,
        "{" RECORD("R", FIELD("a", "A")) ",\"references\":[" REFERENCE("a", 1) "]}");
    put_subject(w, "a",
                "{" RECORD("A", FIELD("b", "B")) ",\"references\":[" REFERENCE("b", 1) "]}");
    put_subject(w, "b",
                "{" RECORD("B", FIELD("a", "A")) ",\"references\":[" REFERENCE("a", 1) "]}");

    assert_int_equal(schema_of(w, 7), FLINCH_BAD_DATA);

    assert_says(w, "circle");
    assert_int_equal(asked_for(w, "a"), 1);
}

/* a0 refers to a1, and so on: nine deep, where eight are allowed. */
static void references_too_deep_are_refused(void **state) {
    world *w = *state;
    char answer[512];
    static const char FORMAT[] = "{" RECORD(
        "A%d", FIELD("f", "A%d")) ",\"references\":[{\"subject\":\"a%d\",\"version\":1}]}";
    for (int i = 0; i < 12; i++) {
        char subject[8];
        snprintf(subject, sizeof subject, "a%d", i);
        snprintf(answer, sizeof answer, FORMAT, i, i + 1, i + 1);
        put_subject(w, subject, answer);
    }
    http_fixture_answer(
        w->server, "/schemas/ids/7", 200,
        "{" RECORD("R", FIELD("a", "A0")) ",\"references\":[" REFERENCE("a0", 1) "]}");

    assert_int_equal(schema_of(w, 7), FLINCH_BAD_DATA);

    assert_says(w, "deeper than 8");
    assert_int_equal(asked_for(w, "a7"), 1);
    assert_int_equal(asked_for(w, "a8"), 0);
}

/* A hundred references side by side: the bound is on requests, too. */
static void too_many_references_are_refused(void **state) {
    world *w = *state;
    char *answer = calloc(1, 16384);
    size_t used = (size_t)sprintf(answer, "{" RECORD("R", FIELD("a", "A")) ",\"references\":[");
    for (int i = 0; i < 100; i++)
        used += (size_t)sprintf(answer + used, "%s{\"subject\":\"s%d\",\"version\":1}",
                                i == 0 ? "" : ",", i);
    memcpy(answer + used, "]}", 3);
    http_fixture_answer(w->server, "/schemas/ids/7", 200, answer);
    http_fixture_answer(w->server, "*", 200, "{" RECORD("S", "") "}");

    assert_int_equal(schema_of(w, 7), FLINCH_BAD_DATA);

    assert_says(w, "more than 64");
    assert_int_equal(http_fixture_count(w->server, "*"), 64);
    free(answer);
}

/* Some registries list references of a schema that holds them already. */
static void a_schema_that_stands_alone_asks_for_no_reference(void **state) {
    world *w = *state;
    http_fixture_answer(
        w->server, "/schemas/ids/7", 200,
        "{" RECORD("R", FIELD("a", "int")) ",\"references\":[" REFERENCE("a", 1) "]}");

    assert_int_equal(schema_of(w, 7), FLINCH_OK);

    assert_record(w, "R");
    assert_int_equal(http_fixture_count(w->server, NULL), 1);
}

static void a_subject_is_escaped_in_its_path(void **state) {
    world *w = *state;
    http_fixture_answer(
        w->server, "/schemas/ids/7", 200,
        "{" RECORD("R", FIELD("a", "A")) ",\"references\":[" REFERENCE("../a b?c=1#%", 1) "]}");
    put_subject(w, "..%2Fa%20b%3Fc%3D1%23%25", "{" RECORD("A", FIELD("n", "int")) "}");

    assert_int_equal(schema_of(w, 7), FLINCH_OK);

    assert_record(w, "R");
}

static void a_reference_that_is_not_there_is_not_found(void **state) {
    world *w = *state;
    http_fixture_answer(
        w->server, "/schemas/ids/7", 200,
        "{" RECORD("R", FIELD("a", "A")) ",\"references\":[" REFERENCE("a", 1) "]}");

    assert_int_equal(schema_of(w, 7), FLINCH_NOT_FOUND);

    assert_says(w, "/subjects/a/versions/1");
}

static void an_outage_between_two_references_is_try_again(void **state) {
    world *w = *state;
    http_fixture_answer(
        w->server, "/schemas/ids/7", 200,
        "{" RECORD("R", FIELD("a", "A")) ",\"references\":[" REFERENCE("a", 1) "]}");
    http_fixture_answer(w->server, "*", 503, "");

    assert_int_equal(schema_of(w, 7), FLINCH_TRY_AGAIN);

    assert_null(w->schema);
}

static void malformed_references_are_bad_data(void **state) {
    world *w = *state;
    static const char *const REFERENCES[] = {
        "{}",   "{\"subject\":\"a\"}",          "{\"subject\":\"a\",\"version\":\"1\"}", "1",
        "null", "{\"subject\":1,\"version\":1}"};
    for (size_t i = 0; i < sizeof REFERENCES / sizeof REFERENCES[0]; i++) {
        char answer[512];
        snprintf(answer, sizeof answer, "{%s,\"references\":[%s]}", RECORD("R", FIELD("a", "A")),
                 REFERENCES[i]);
        http_fixture_answer(w->server, "/schemas/ids/7", 200, answer);

        assert_int_equal(schema_of(w, 7), FLINCH_BAD_DATA);

        assert_says(w, "reference");
    }
}

static void a_reference_that_is_no_json_is_bad_data(void **state) {
    world *w = *state;
    http_fixture_answer(
        w->server, "/schemas/ids/7", 200,
        "{" RECORD("R", FIELD("a", "A")) ",\"references\":[" REFERENCE("a", 1) "]}");
    put_subject(w, "a", "{\"schema\":\"record A {\"}");

    assert_int_equal(schema_of(w, 7), FLINCH_BAD_DATA);

    assert_says(w, "not JSON");
}

/* --- Subjects --------------------------------------------------------------------------------- */

static void the_latest_of_a_subject_comes_with_its_id(void **state) {
    world *w = *state;
    int32_t id = 0;
    http_fixture_answer(w->server, "/subjects/a%2Fb-value/versions/latest", 200,
                        "{\"subject\":\"a/b-value\",\"version\":3,\"id\":12,"
                        "\"schema\":\"\\\"int\\\"\"}");

    assert_ok(flinch__registry_latest(w->registry, "a/b-value", &id, &w->schema, &w->error));

    assert_int_equal(id, 12);
    assert_string_equal(w->schema, "\"int\"");
}

static void a_subject_that_is_not_there_is_not_found(void **state) {
    world *w = *state;
    int32_t id = 0;

    flinch_status status =
        flinch__registry_latest(w->registry, "a-value", &id, &w->schema, &w->error);

    assert_int_equal(status.code, FLINCH_NOT_FOUND);
    assert_int_equal(id, -1);
}

static void an_id_out_of_range_is_no_answer(void **state) {
    world *w = *state;
    static const char *const IDS[] = {"-1", "2147483648", "\"12\"", "1.5", "null"};
    for (size_t i = 0; i < sizeof IDS / sizeof IDS[0]; i++) {
        char answer[128];
        int32_t id = 0;
        snprintf(answer, sizeof answer, "{\"id\":%s,\"schema\":\"\\\"int\\\"\"}", IDS[i]);
        http_fixture_answer(w->server, "*", 200, answer);

        flinch_status status =
            flinch__registry_latest(w->registry, "a", &id, &w->schema, &w->error);

        assert_int_equal(status.code, FLINCH_TRY_AGAIN);
        assert_int_equal(id, -1);
        assert_null(w->schema);
    }
}

static void a_schema_is_registered_and_gets_its_id(void **state) {
    world *w = *state;
    int32_t id = 0;
    http_fixture_answer(w->server, "/subjects/scores-value/versions", 200, "{\"id\":31}");

    assert_ok(flinch__registry_register(w->registry, "scores-value", "\"int\"", &id, &w->error));

    assert_int_equal(id, 31);
    assert_string_equal(http_fixture_last(w->server).method, "POST");
    assert_string_equal(http_fixture_last(w->server).body, "{\"schema\":\"\\\"int\\\"\"}");
}

static void an_incompatible_schema_is_a_mismatch(void **state) {
    world *w = *state;
    int32_t id = 0;
    http_fixture_answer(w->server, "*", 409,
                        "{\"error_code\":409,\"message\":\"READER_FIELD_MISSING_DEFAULT\"}");

    flinch_status status = flinch__registry_register(w->registry, "a", "\"int\"", &id, &w->error);

    assert_int_equal(status.code, FLINCH_MISMATCH);
    assert_int_equal(id, -1);
    assert_says(w, "READER_FIELD_MISSING_DEFAULT");
}

static void an_unusable_url_opens_nothing(void **state) {
    (void)state;
    flinch__registry_config config = {.url = "registry", .timeout_ms = 1000};
    flinch__registry *registry = NULL;
    flinch_error error;

    assert_int_equal(flinch__registry_new(&config, &registry, &error).code, FLINCH_INVALID);

    assert_null(registry);
    flinch__registry_free(NULL);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_schema_comes_by_its_id),
        WITH_SERVER(an_id_beyond_2_31_is_asked_unsigned),
        WITH_SERVER(an_id_that_is_not_there_is_not_found),
        WITH_SERVER(a_refusal_and_an_outage_are_told_apart),
        WITH_SERVER(a_schema_said_to_be_of_avro_is_taken),
        WITH_SERVER(a_schema_that_is_not_of_avro_is_bad_data),
        WITH_SERVER(an_answer_without_a_schema_is_no_answer),
        WITH_SERVER(references_of_references_are_put_in_their_place),
        WITH_SERVER(a_reference_shared_by_two_is_put_in_once),
        WITH_SERVER(references_in_a_circle_are_refused),
        WITH_SERVER(references_too_deep_are_refused),
        WITH_SERVER(too_many_references_are_refused),
        WITH_SERVER(a_schema_that_stands_alone_asks_for_no_reference),
        WITH_SERVER(a_subject_is_escaped_in_its_path),
        WITH_SERVER(a_reference_that_is_not_there_is_not_found),
        WITH_SERVER(an_outage_between_two_references_is_try_again),
        WITH_SERVER(malformed_references_are_bad_data),
        WITH_SERVER(a_reference_that_is_no_json_is_bad_data),
        WITH_SERVER(the_latest_of_a_subject_comes_with_its_id),
        WITH_SERVER(a_subject_that_is_not_there_is_not_found),
        WITH_SERVER(an_id_out_of_range_is_no_answer),
        WITH_SERVER(a_schema_is_registered_and_gets_its_id),
        WITH_SERVER(an_incompatible_schema_is_a_mismatch),
        cmocka_unit_test(an_unusable_url_opens_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
