/* Against a server that says what it is told to, on the loopback. */
#include "schemas/registry_http.h"

#include <stdio.h>

#include "tests/support/http_fixture.h"
#include "tests/support/unit.h"

enum { TIMEOUT_MS = 5000, SHORT_TIMEOUT_MS = 200 };

static const char SECRET[] = "s3cret";

static flinch_code ask_by(const flinch__registry_config *config, const char *path,
                          flinch_error *error) {
    flinch__http *http = NULL;
    json_t *answer = NULL;
    *error = (flinch_error){""};
    assert_ok(flinch__http_new(config, &http, error));
    flinch_code code = flinch__http_ask(http, path, NULL, &answer, error).code;
    assert_int_equal(answer != NULL, code == FLINCH_OK);
    json_decref(answer);
    flinch__http_free(http);
    return code;
}

/* With a password, which must never show in the error's text. */
static flinch_code ask(http_fixture *server, const char *path, flinch_error *error) {
    flinch__registry_config config = {.url = http_fixture_url(server),
                                      .user = "user",
                                      .password = SECRET,
                                      .timeout_ms = TIMEOUT_MS};
    flinch_code code = ask_by(&config, path, error);
    assert_null(strstr(error->text, SECRET));
    return code;
}

static void assert_says(const flinch_error *error, const char *words) {
    if (strstr(error->text, words) == NULL)
        print_error("%s\n", error->text);
    assert_non_null(strstr(error->text, words));
}

static int start(void **state) {
    *state = http_fixture_start(NULL, NULL);
    return 0;
}

static int stop(void **state) {
    http_fixture_stop(*state);
    return 0;
}

/* --- What a status means ---------------------------------------------------------------------- */

static void an_object_is_an_answer(void **state) {
    flinch_error error;
    http_fixture_answer(*state, "/x", 200, "{\"id\":1}");

    assert_int_equal(ask(*state, "/x", &error), FLINCH_OK);

    assert_string_equal(http_fixture_last(*state).method, "GET");
}

static void each_status_has_its_meaning(void **state) {
    static const struct {
        unsigned status;
        flinch_code meaning;
    } CASES[] = {
        {401, FLINCH_DENIED},    {403, FLINCH_DENIED},    {404, FLINCH_NOT_FOUND},
        {409, FLINCH_MISMATCH},  {422, FLINCH_BAD_DATA},  {408, FLINCH_TRY_AGAIN},
        {429, FLINCH_TRY_AGAIN}, {500, FLINCH_TRY_AGAIN}, {502, FLINCH_TRY_AGAIN},
        {503, FLINCH_TRY_AGAIN}, {504, FLINCH_TRY_AGAIN}, {400, FLINCH_TRY_AGAIN},
        {206, FLINCH_TRY_AGAIN}, {418, FLINCH_TRY_AGAIN},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        flinch_error error;
        char number[8];
        snprintf(number, sizeof number, "%u", CASES[i].status);
        http_fixture_answer(*state, "/x", CASES[i].status,
                            "{\"error_code\":1,\"message\":\"the registry's words\"}");

        assert_int_equal(ask(*state, "/x", &error), CASES[i].meaning);

        assert_says(&error, http_fixture_url(*state));
        assert_says(&error, number);
        assert_says(&error, "the registry's words");
    }
}

/* A 404 of a proxy, or of a wrong path in the setting, says nothing about the schema. */
static void a_404_that_is_not_a_registrys_is_no_answer(void **state) {
    static const char *const BODIES[] = {"<html>not found</html>", "", "{}",
                                         "{\"message\":\"no\"}"};
    for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
        flinch_error error;
        http_fixture_answer(*state, "/x", 404, BODIES[i]);

        assert_int_equal(ask(*state, "/x", &error), FLINCH_TRY_AGAIN);

        assert_says(&error, "not from a registry");
    }
}

static void a_200_without_an_object_is_no_answer(void **state) {
    static const char *const BODIES[] = {"",         "<html>welcome</html>", "[]",   "\"x\"",
                                         "{\"id\":", "{\"id\":1,\"id\":2}",  "null", "{} trailing"};
    for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
        flinch_error error;
        http_fixture_answer(*state, "/x", 200, BODIES[i]);

        assert_int_equal(ask(*state, "/x", &error), FLINCH_TRY_AGAIN);

        assert_says(&error, "not a registry's");
    }
}

static void a_redirect_is_not_followed(void **state) {
    flinch_error error;
    http_fixture_answer(*state, "/x", 302, "/elsewhere");
    http_fixture_answer(*state, "/elsewhere", 200, "{}");

    assert_int_equal(ask(*state, "/x", &error), FLINCH_TRY_AGAIN);

    assert_says(&error, "redirects are not followed");
    assert_int_equal(http_fixture_count(*state, "/elsewhere"), 0);
}

/* --- Bounds ----------------------------------------------------------------------------------- */

static void an_answer_cut_short_is_no_answer(void **state) {
    flinch_error error;
    http_fixture_misbehave(*state, "/x", HTTP_CUTS);

    assert_int_equal(ask(*state, "/x", &error), FLINCH_TRY_AGAIN);

    assert_says(&error, http_fixture_url(*state));
}

static void an_answer_without_an_end_is_given_up(void **state) {
    flinch_error error;
    http_fixture_misbehave(*state, "/x", HTTP_ENDLESS);

    assert_int_equal(ask(*state, "/x", &error), FLINCH_TRY_AGAIN);

    assert_says(&error, "the answer is over");
}

static void an_answer_that_stays_out_is_given_up(void **state) {
    flinch_error error;
    flinch__registry_config config = {.url = http_fixture_url(*state),
                                      .timeout_ms = SHORT_TIMEOUT_MS};
    http_fixture_misbehave(*state, "/x", HTTP_HANGS);

    assert_int_equal(ask_by(&config, "/x", &error), FLINCH_TRY_AGAIN);

    assert_says(&error, "timed out");
}

/* A port that was just free: nobody listens. */
static void a_server_that_is_not_there_is_named(void **state) {
    (void)state;
    char url[64];
    http_fixture *gone = http_fixture_start(NULL, NULL);
    snprintf(url, sizeof url, "%s", http_fixture_url(gone));
    http_fixture_stop(gone);
    flinch__registry_config config = {.url = url, .timeout_ms = TIMEOUT_MS};
    flinch_error error;

    assert_int_equal(ask_by(&config, "/x", &error), FLINCH_TRY_AGAIN);

    assert_says(&error, url);
}

static void the_same_client_asks_again_after_each_failure(void **state) {
    flinch__registry_config config = {.url = http_fixture_url(*state),
                                      .timeout_ms = SHORT_TIMEOUT_MS};
    flinch__http *http = NULL;
    json_t *answer = NULL;
    flinch_error error;
    assert_ok(flinch__http_new(&config, &http, &error));
    for (http_manner manner = HTTP_CUTS; manner <= HTTP_ENDLESS; manner++) {
        http_fixture_misbehave(*state, "/x", manner);
        assert_int_equal(flinch__http_ask(http, "/x", NULL, &answer, &error).code,
                         FLINCH_TRY_AGAIN);
        http_fixture_answer(*state, "/x", 200, "{\"id\":1}");

        assert_ok(flinch__http_ask(http, "/x", NULL, &answer, &error));

        json_decref(answer);
    }
    flinch__http_free(http);
}

/* --- What is sent ----------------------------------------------------------------------------- */

static void a_user_is_sent_as_basic_auth(void **state) {
    flinch_error error;
    http_fixture_answer(*state, "/x", 200, "{}");

    assert_int_equal(ask(*state, "/x", &error), FLINCH_OK);

    assert_string_equal(http_fixture_last(*state).authorization, "Basic dXNlcjpzM2NyZXQ=");
    assert_int_equal(http_fixture_count(*state, NULL), 1);
}

static void without_a_user_no_credentials_are_sent(void **state) {
    flinch_error error;
    flinch__registry_config config = {.url = http_fixture_url(*state), .timeout_ms = TIMEOUT_MS};
    http_fixture_answer(*state, "/x", 200, "{}");

    assert_int_equal(ask_by(&config, "/x", &error), FLINCH_OK);

    assert_string_equal(http_fixture_last(*state).authorization, "");
}

static void a_body_is_posted_and_the_next_request_is_a_get_again(void **state) {
    flinch__registry_config config = {.url = http_fixture_url(*state), .timeout_ms = TIMEOUT_MS};
    flinch__http *http = NULL;
    json_t *answer = NULL;
    flinch_error error;
    http_fixture_answer(*state, "*", 200, "{}");
    assert_ok(flinch__http_new(&config, &http, &error));

    assert_ok(flinch__http_ask(http, "/x", "{\"schema\":\"1\"}", &answer, &error));
    json_decref(answer);
    http_request post = http_fixture_last(*state);
    assert_ok(flinch__http_ask(http, "/y", NULL, &answer, &error));
    json_decref(answer);

    assert_string_equal(post.method, "POST");
    assert_string_equal(post.body, "{\"schema\":\"1\"}");
    assert_string_equal(post.type, "application/vnd.schemaregistry.v1+json");
    assert_string_equal(http_fixture_last(*state).method, "GET");
    assert_string_equal(http_fixture_last(*state).body, "");
    flinch__http_free(http);
}

static void a_path_in_the_url_is_kept_and_its_last_slash_is_not(void **state) {
    char url[128];
    snprintf(url, sizeof url, "%s/apis/ccompat/v7//", http_fixture_url(*state));
    flinch__registry_config config = {.url = url, .timeout_ms = TIMEOUT_MS};
    flinch_error error;
    http_fixture_answer(*state, "/apis/ccompat/v7/x", 200, "{}");

    assert_int_equal(ask_by(&config, "/x", &error), FLINCH_OK);
}

/* --- Several URLs ----------------------------------------------------------------------------- */

typedef struct pair {
    http_fixture *one;
    http_fixture *two;
    flinch__http *http;
} pair;

static pair start_pair(http_fixture *one) {
    pair p = {.one = one, .two = http_fixture_start(NULL, NULL)};
    char urls[256];
    flinch_error error;
    snprintf(urls, sizeof urls, "%s , %s/", http_fixture_url(one), http_fixture_url(p.two));
    flinch__registry_config config = {.url = urls, .timeout_ms = TIMEOUT_MS};
    assert_ok(flinch__http_new(&config, &p.http, &error));
    http_fixture_answer(p.one, "*", 200, "{}");
    http_fixture_answer(p.two, "*", 200, "{}");
    return p;
}

static flinch_code ask_pair(const pair *p) {
    json_t *answer = NULL;
    flinch_error error;
    flinch_code code = flinch__http_ask(p->http, "/x", NULL, &answer, &error).code;
    json_decref(answer);
    return code;
}

static void stop_pair(const pair *p) {
    flinch__http_free(p->http);
    http_fixture_stop(p->two);
}

static void the_next_url_is_asked_if_one_gives_no_answer(void **state) {
    pair p = start_pair(*state);
    http_fixture_answer(p.one, "*", 503, "");

    assert_int_equal(ask_pair(&p), FLINCH_OK);

    assert_int_equal(http_fixture_count(p.one, NULL), 1);
    assert_int_equal(http_fixture_count(p.two, NULL), 1);
    stop_pair(&p);
}

static void the_url_that_answered_is_asked_first_from_then_on(void **state) {
    pair p = start_pair(*state);
    http_fixture_answer(p.one, "*", 503, "");

    assert_int_equal(ask_pair(&p), FLINCH_OK);
    assert_int_equal(ask_pair(&p), FLINCH_OK);
    http_fixture_answer(p.one, "*", 200, "{}");
    http_fixture_misbehave(p.two, "*", HTTP_CUTS);
    assert_int_equal(ask_pair(&p), FLINCH_OK);

    assert_int_equal(http_fixture_count(p.one, NULL), 2);
    assert_int_equal(http_fixture_count(p.two, NULL), 3);
    stop_pair(&p);
}

static void a_registrys_word_is_not_asked_twice(void **state) {
    static const unsigned WORDS[] = {401, 403, 404, 409, 422};
    pair p = start_pair(*state);
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        http_fixture_answer(p.one, "*", WORDS[i], "{\"error_code\":1,\"message\":\"no\"}");

        assert_int_not_equal(ask_pair(&p), FLINCH_OK);
    }
    assert_int_equal(http_fixture_count(p.two, NULL), 0);
    stop_pair(&p);
}

static void no_answer_from_any_is_try_again(void **state) {
    pair p = start_pair(*state);
    http_fixture_answer(p.one, "*", 503, "");
    http_fixture_answer(p.two, "*", 500, "");

    assert_int_equal(ask_pair(&p), FLINCH_TRY_AGAIN);

    assert_int_equal(http_fixture_count(p.two, NULL), 1);
    stop_pair(&p);
}

/* --- TLS -------------------------------------------------------------------------------------- */

/* Certificates that sign themselves, for 127.0.0.1 alone; the build makes them. */
#define CERTIFICATE FLINCH_TEST_CERTIFICATES "/registry.crt"
#define KEY         FLINCH_TEST_CERTIFICATES "/registry.key"
#define OTHER       FLINCH_TEST_CERTIFICATES "/other.crt"

static flinch_code ask_tls(const char *host, const char *ca_file, flinch_error *error) {
    http_fixture *server = http_fixture_start(CERTIFICATE, KEY);
    char url[64];
    snprintf(url, sizeof url, "https://%s:%u", host, (unsigned)http_fixture_port(server));
    flinch__registry_config config = {.url = url,
                                      .user = "user",
                                      .password = SECRET,
                                      .ca_file = ca_file,
                                      .timeout_ms = TIMEOUT_MS};
    http_fixture_answer(server, "/x", 200, "{}");
    flinch_code code = ask_by(&config, "/x", error);
    /* Nothing is sent to a server that is not the one meant. */
    assert_int_equal(http_fixture_count(server, NULL), code == FLINCH_OK);
    assert_null(strstr(error->text, SECRET));
    http_fixture_stop(server);
    return code;
}

static void a_server_of_the_ca_is_trusted(void **state) {
    (void)state;
    flinch_error error;
    assert_int_equal(ask_tls("127.0.0.1", CERTIFICATE, &error), FLINCH_OK);
}

static void a_server_of_another_ca_is_not_trusted(void **state) {
    (void)state;
    flinch_error error;

    assert_int_equal(ask_tls("127.0.0.1", OTHER, &error), FLINCH_TRY_AGAIN);

    assert_says(&error, "certificate");
}

static void a_server_that_only_signed_itself_is_not_trusted(void **state) {
    (void)state;
    flinch_error error;

    assert_int_equal(ask_tls("127.0.0.1", NULL, &error), FLINCH_TRY_AGAIN);

    assert_says(&error, "certificate");
}

static void a_server_of_another_name_is_not_trusted(void **state) {
    (void)state;
    flinch_error error;

    assert_int_equal(ask_tls("localhost", CERTIFICATE, &error), FLINCH_TRY_AGAIN);

    assert_says(&error, "localhost");
}

static void a_ca_file_that_is_not_there_is_said(void **state) {
    (void)state;
    flinch_error error;

    assert_int_equal(ask_tls("127.0.0.1", "/nonexistent/ca.pem", &error), FLINCH_TRY_AGAIN);

    assert_says(&error, "/nonexistent/ca.pem");
}

/* --- The setting ------------------------------------------------------------------------------ */

static void an_unusable_url_is_invalid(void **state) {
    (void)state;
    static const struct {
        const char *url;
        const char *why;
    } CASES[] = {
        {NULL, "there is none"},
        {"", "begins with http://"},
        {"registry:8081", "begins with http://"},
        {"ftp://registry", "begins with http://"},
        {"file:///etc/passwd", "begins with http://"},
        {"http:///subjects", "names no host"},
        {"http://user:s3cret@registry", "registry.user"},
        {"http://registry?x=1", "expected neither"},
        {"http://registry#x", "expected neither"},
        {"http://a, http://b ,", "begins with http://"},
        {"http://a,http://a b", "expected neither"},
        {"http://a,http://a,http://a,http://a,http://a,http://a,http://a,http://a,http://a,"
         "http://a,http://a,http://a,http://a,http://a,http://a,http://a,http://a",
         "more than 16"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        flinch__registry_config config = {.url = CASES[i].url, .timeout_ms = TIMEOUT_MS};
        flinch__http *http = NULL;
        flinch_error error;

        assert_int_equal(flinch__http_new(&config, &http, &error).code, FLINCH_INVALID);

        assert_null(http);
        assert_says(&error, CASES[i].why);
        assert_null(strstr(error.text, SECRET));
    }
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_SERVER(an_object_is_an_answer),
        WITH_SERVER(each_status_has_its_meaning),
        WITH_SERVER(a_404_that_is_not_a_registrys_is_no_answer),
        WITH_SERVER(a_200_without_an_object_is_no_answer),
        WITH_SERVER(a_redirect_is_not_followed),
        WITH_SERVER(an_answer_cut_short_is_no_answer),
        WITH_SERVER(an_answer_without_an_end_is_given_up),
        WITH_SERVER(an_answer_that_stays_out_is_given_up),
        cmocka_unit_test(a_server_that_is_not_there_is_named),
        WITH_SERVER(the_same_client_asks_again_after_each_failure),
        WITH_SERVER(a_user_is_sent_as_basic_auth),
        WITH_SERVER(without_a_user_no_credentials_are_sent),
        WITH_SERVER(a_body_is_posted_and_the_next_request_is_a_get_again),
        WITH_SERVER(a_path_in_the_url_is_kept_and_its_last_slash_is_not),
        WITH_SERVER(the_next_url_is_asked_if_one_gives_no_answer),
        WITH_SERVER(the_url_that_answered_is_asked_first_from_then_on),
        WITH_SERVER(a_registrys_word_is_not_asked_twice),
        WITH_SERVER(no_answer_from_any_is_try_again),
        cmocka_unit_test(a_server_of_the_ca_is_trusted),
        cmocka_unit_test(a_server_of_another_ca_is_not_trusted),
        cmocka_unit_test(a_server_that_only_signed_itself_is_not_trusted),
        cmocka_unit_test(a_server_of_another_name_is_not_trusted),
        cmocka_unit_test(a_ca_file_that_is_not_there_is_said),
        cmocka_unit_test(an_unusable_url_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
