/* The configuration: what is read, and that every mistake has its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/host/config.h"
#include "plugin/host/kafka_judge.h"

/* A load of one text, and what came of it. */
typedef struct fixture {
    flinch__config *config;
    flinch__problems problems;
    flinch_status status;
} fixture;

static fixture load(const flinch__config_source *source) {
    fixture f = {0};
    flinch__problems_init(&f.problems);
    f.status = flinch__config_load(source, &f.config, &f.problems);
    assert_int_equal(f.config == NULL, f.problems.count > 0);
    assert_int_equal(f.status.code, f.config == NULL ? FLINCH_INVALID : FLINCH_OK);
    return f;
}

static fixture load_text(const char *text) {
    return load(&(flinch__config_source){.text = text,
                                         .name = "test.yaml",
                                         .profile = FLINCH_PROFILE_OFFLINE,
                                         .accepts = flinch__kafka_accepts});
}

static fixture load_run(const char *text) {
    return load(
        &(flinch__config_source){.text = text, .name = "test.yaml", .profile = FLINCH_PROFILE_RUN});
}

static fixture load_set(const char *text, const char *key, const char *value) {
    const flinch__override override = {key, value};
    return load(&(flinch__config_source){.text = text,
                                         .name = "test.yaml",
                                         .profile = FLINCH_PROFILE_OFFLINE,
                                         .overrides = &override,
                                         .override_count = 1});
}

static void unload(fixture *f) {
    flinch__config_free(f->config);
    flinch__problems_fini(&f->problems);
}

static void expect_problems(fixture *f, const char *const *texts, uint32_t count) {
    for (uint32_t i = 0; i < count && i < f->problems.count; i++)
        assert_string_equal(f->problems.items[i].text, texts[i]);
    assert_int_equal(f->problems.count, count);
    unload(f);
}

static void expect_problem(fixture f, const char *text) {
    expect_problems(&f, &text, 1);
}

static const char RUN[] = "kafka: {bootstrap.servers: \"broker:9092\"}\n"
                          "registry: {url: \"http://registry:8081\"}\n"
                          "input: {topic: telemetry}\n";

static void load_takes_every_default(void **state) {
    (void)state;

    fixture f = load_text("");

    const flinch__config *config = f.config;
    assert_non_null(config);
    assert_true(config->features_auto);
    assert_int_equal(config->window, 1);
    assert_int_equal(config->seed, 1);
    assert_true(config->alarm_rate > 0.0009 && config->alarm_rate < 0.0011);
    assert_string_equal(config->detector_type, "cae");
    assert_int_equal(config->commit_interval_ms, 100);
    assert_int_equal(config->checkpoint_interval_ms, 10000);
    assert_int_equal(config->streams_memory_bytes, 256u << 20);
    assert_string_equal(config->http_listen, "127.0.0.1:9464");
    assert_int_equal(config->log_level, FLINCH_LOG_INFO);
    assert_int_equal(config->delivery, FLINCH_DELIVERY_EXACTLY_ONCE);
    assert_int_equal(config->input.start, FLINCH_START_AGO);
    assert_int_equal(config->input.start_ms, 24 * 3600 * 1000);
    assert_int_equal(config->input.stream_by, FLINCH_STREAM_BY_PARTITION);
    assert_string_equal(config->input.group, "flinch");
    assert_int_equal(config->registry.timeout_ms, 10000);
    unload(&f);
}

static void load_run_names_the_output_topics(void **state) {
    (void)state;

    fixture f = load_run(RUN);

    assert_non_null(f.config);
    assert_string_equal(f.config->output.scores, "telemetry.scores");
    assert_string_equal(f.config->output.dead_letters, "telemetry.dlq");
    assert_string_equal(f.config->output.state, "telemetry.flinch");
    assert_string_equal(flinch__config_property(f.config, "bootstrap.servers"), "broker:9092");
    assert_true(f.config->input.instance[0] != '\0');
    unload(&f);
}

static void load_shows_five_mistakes_with_their_places(void **state) {
    (void)state;
    static const char TEXT[] = "kafka: {bootstrap.servers: \"broker:9092\"}\n"
                               "registry: {url: \"http://registry:8081\"}\n"
                               "input:\n"
                               "  grup: flinch\n"
                               "window: [1]\n"
                               "workers: 4x\n"
                               "alarm_rate: 0.9\n";
    static const char *const EXPECTED[] = {
        "test.yaml:3:1: input.topic: missing (expected the topic to read)",
        "test.yaml:4:3: input.grup: unknown key (expected one of `flinch check --reference`); did "
        "you mean \"input.group\"?",
        "test.yaml:5:9: window: a list (expected a whole number from 1 to 64)",
        "test.yaml:6:10: workers: \"4x\" is not a whole number (expected a whole number from 1 to "
        "256)",
        "test.yaml:7:13: alarm_rate: \"0.9\" is out of range (expected a number from 1e-07 to "
        "0.5)"};

    fixture f = load_run(TEXT);

    expect_problems(&f, EXPECTED, 5);
}

static void load_reads_features(void **state) {
    (void)state;

    fixture f = load_text("features:\n"
                          "  - cpu.user\n"
                          "  - {field: net.rx, transform: rate}\n"
                          "  - {field: state, one_hot: [UP, DOWN]}\n");

    assert_non_null(f.config);
    const flinch_input *items = f.config->inputs.items;
    assert_false(f.config->features_auto);
    assert_int_equal(f.config->inputs.count, 3);
    assert_string_equal(items[0].field, "cpu.user");
    assert_int_equal(items[0].transform, FLINCH_TRANSFORM_NONE);
    assert_int_equal(items[1].transform, FLINCH_TRANSFORM_RATE);
    assert_int_equal(items[2].transform, FLINCH_TRANSFORM_ONE_HOT);
    assert_int_equal(items[2].category_count, 2);
    assert_string_equal(items[2].categories[1], "DOWN");
    unload(&f);
}

static void load_refuses_one_hot_with_transform(void **state) {
    (void)state;

    expect_problem(load_text("features:\n  - {field: s, transform: log, one_hot: [A]}\n"),
                   "test.yaml:2:32: features.one_hot: together with transform (expected one of the "
                   "two)");
}

static void load_refuses_an_unknown_transform(void **state) {
    (void)state;

    expect_problem(load_text("features:\n  - {field: s, transform: rat}\n"),
                   "test.yaml:2:27: features.transform: \"rat\" is none of the choices (expected "
                   "none, log, delta or rate)");
}

static void load_reads_the_forms_of_stream_and_start(void **state) {
    (void)state;
    static const struct {
        const char *text;
        flinch__stream_by by;
        const char *field;
        flinch__start_kind start;
        int64_t start_ms;
    } CASES[] = {
        {"input: {stream: key, start: earliest}", FLINCH_STREAM_BY_KEY, NULL, FLINCH_START_EARLIEST,
         0},
        {"input: {stream: host.name, start: latest}", FLINCH_STREAM_BY_FIELD, "host.name",
         FLINCH_START_LATEST, 0},
        {"input: {stream: .key, start: 1970-01-02T00:00:00Z}", FLINCH_STREAM_BY_FIELD, "key",
         FLINCH_START_AT, 86400000},
        {"input: {start: -5m}", FLINCH_STREAM_BY_PARTITION, NULL, FLINCH_START_AGO, 300000},
    };

    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        fixture f = load_text(CASES[i].text);

        assert_non_null(f.config);
        assert_int_equal(f.config->input.stream_by, CASES[i].by);
        assert_int_equal(f.config->input.start, CASES[i].start);
        if (CASES[i].field == NULL)
            assert_null(f.config->input.stream_field);
        else
            assert_string_equal(f.config->input.stream_field, CASES[i].field);
        if (CASES[i].start >= FLINCH_START_AGO)
            assert_int_equal(f.config->input.start_ms, CASES[i].start_ms);
        unload(&f);
    }
}

static void load_passes_detector_options_on(void **state) {
    (void)state;

    fixture f = load_text("detector: {type: cae, hidden: 64, optimizer: momentum}");

    assert_non_null(f.config);
    assert_int_equal(f.config->option_count, 2);
    assert_string_equal(f.config->options[0].name, "hidden");
    assert_string_equal(f.config->options[0].value, "64");
    assert_string_equal(f.config->options[1].name, "optimizer");
    unload(&f);
}

static void load_names_a_wrong_detector_option(void **state) {
    (void)state;

    expect_problem(load_text("detector:\n  lamda: 1\n"),
                   "test.yaml:2:3: detector.lamda: unknown key (expected a setting of detector "
                   "cae); did you mean \"detector.lambda\"?");
}

static void override_wins_over_the_text(void **state) {
    (void)state;

    fixture f = load_set("detector: {hidden: 32}", "detector.hidden", "64");

    assert_non_null(f.config);
    assert_int_equal(f.config->option_count, 1);
    assert_string_equal(f.config->options[0].value, "64");
    unload(&f);
}

static void override_takes_features_by_comma(void **state) {
    (void)state;

    fixture f = load_set("", "features", "a,b.c");

    assert_non_null(f.config);
    assert_int_equal(f.config->inputs.count, 2);
    assert_string_equal(f.config->inputs.items[1].field, "b.c");
    unload(&f);
}

static void override_reaches_a_kafka_property(void **state) {
    (void)state;

    fixture f = load_set("kafka: embedded", "kafka.bootstrap.servers", "a:1");

    assert_non_null(f.config);
    assert_false(f.config->kafka_embedded);
    assert_string_equal(flinch__config_property(f.config, "bootstrap.servers"), "a:1");
    unload(&f);
}

static void override_shows_its_key_as_the_place(void **state) {
    (void)state;

    expect_problem(load_set("", "window", "0"),
                   "--set window: \"0\" is out of range (expected a whole number from 1 to "
                   "64)");
}

static void load_expands_environment_and_dollar(void **state) {
    (void)state;
    setenv("FLINCH_TEST_NAME", "from-env", 1);

    fixture f = load_text("input: {group: \"a-${FLINCH_TEST_NAME}-$$x\"}");

    assert_non_null(f.config);
    assert_string_equal(f.config->input.group, "a-from-env-$x");
    unload(&f);
}

static void load_expands_a_file_without_its_newline(void **state) {
    (void)state;
    char path[] = "/tmp/flinch-config-XXXXXX";
    int file = mkstemp(path);
    assert_int_equal(write(file, "secret\n", 7), 7);
    close(file);
    char text[128];
    snprintf(text, sizeof text, "registry: {user: u, password: \"${file:%s}\"}", path);

    fixture f = load_text(text);

    unlink(path);
    assert_non_null(f.config);
    assert_string_equal(f.config->registry.password, "secret");
    unload(&f);
}

static void load_names_an_unset_variable(void **state) {
    (void)state;
    unsetenv("FLINCH_TEST_UNSET");

    expect_problem(load_text("input: {group: \"${FLINCH_TEST_UNSET}\"}"),
                   "test.yaml:1:16: input.group: environment variable FLINCH_TEST_UNSET is not set "
                   "(expected by ${FLINCH_TEST_UNSET})");
}

static void load_never_shows_a_secret(void **state) {
    (void)state;
    setenv("FLINCH_TEST_NAME", "canary", 1);
    static const char *const TEXTS[] = {
        "window: \"${FLINCH_TEST_NAME}\"",
        "registry: {password: [canary]}",
        "kafka: {security.protocol: \"${FLINCH_TEST_NAME}\"}",
        "kafka: {sasl.password: \"\", sasl.mechanism: \"${FLINCH_TEST_NAME}\", ssl.key.pem: ''}",
        "detector: {hidden: \"${FLINCH_TEST_NAME}\"}",
        "registry: {url: \"http://u:canary@${FLINCH_TEST_NAME}\"}",
        "registry: {url: \"http://u:canary@host:8081\"}",
        "features: [{field: a, transform: \"${FLINCH_TEST_NAME}\"}]",
    };

    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        fixture f = load_text(TEXTS[i]);

        assert_true(f.problems.count > 0);
        for (uint32_t k = 0; k < f.problems.count; k++)
            assert_null(strstr(f.problems.items[k].text, "canary"));
        unload(&f);
    }
}

static void load_refuses_a_property_with_its_reason(void **state) {
    (void)state;

    expect_problem(load_text("kafka:\n  group.id: x\n"),
                   "test.yaml:2:3: kafka.group.id: not allowed: use input.group");
}

static void load_suggests_a_property(void **state) {
    (void)state;

    expect_problem(load_text("kafka:\n  bootstrap.server: x\n"),
                   "test.yaml:2:3: kafka.bootstrap.server: unknown key (expected a librdkafka "
                   "property that flinch passes on); did you mean \"kafka.bootstrap.servers\"?");
}

static void load_asks_librdkafka_about_values(void **state) {
    (void)state;

    expect_problem(load_text("kafka:\n  session.timeout.ms: soon\n"),
                   "test.yaml:2:23: kafka.session.timeout.ms: \"soon\" is refused by librdkafka "
                   "(expected what its documentation says)");
}

static void load_refuses_hostile_or_broken_yaml(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *problem;
    } CASES[] = {
        {"seed: 1\nseed: 2\n", "test.yaml:2:1: seed: duplicate key (first at line 1)"},
        {"seed: 1\n---\nseed: 2\n",
         "test.yaml:2:1: a second document (expected one, without a second \"---\")"},
        {"a: &a [1, 1]\nb: &b [*a, *a]\n",
         "test.yaml:1:7: anchors (&) and tags (!) are not supported"},
        {"seed: *a\n", "test.yaml:1:7: aliases (*) are not supported (expected the value itself)"},
        {"seed: !!int 3\n", "test.yaml:1:13: anchors (&) and tags (!) are not supported"},
        {"[1]: 2\n", "test.yaml:1:1: a list or section cannot be a key (expected a name)"},
        {"seed: [1\n", "test.yaml:2:1: not YAML: flow sequence without a closing bracket"},
        {"just text\n",
         "test.yaml:1:1: not a configuration (expected keys like input: {topic: NAME})"},
        {"seed:\n", "test.yaml:1:1: seed: no value (expected a whole number from 0 to "
                    "9007199254740991)"},
        {"output: 3\n", "test.yaml:1:9: output: not a section (expected keys below it)"},
        {"input.group: a\ninput: {group: b}\n",
         "test.yaml:2:9: input.group: given twice (first at line 1)"},
    };

    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        expect_problem(load_text(CASES[i].text), CASES[i].problem);
}

static void load_bounds_depth(void **state) {
    (void)state;
    enum { DEPTH = 200000 };
    char *text = malloc(DEPTH + 1);
    assert_non_null(text);
    memset(text, '[', DEPTH);
    text[DEPTH] = '\0';

    expect_problem(load_text(text),
                   "test.yaml:1:33: nested too deeply (expected at most 32 levels)");
    free(text);
}

static void load_bounds_the_size(void **state) {
    (void)state;
    enum { SIZE = 300 * 1024 };
    char *text = malloc(SIZE + 1);
    assert_non_null(text);
    memset(text, '#', SIZE);
    text[SIZE] = '\0';

    expect_problem(load_text(text), "test.yaml: too large (expected at most 256 KiB)");
    free(text);
}

static void load_names_a_file_that_is_not_there(void **state) {
    (void)state;

    expect_problem(load(&(flinch__config_source){.path = "/nonexistent/config.yaml"}),
                   "/nonexistent/config.yaml: No such file or directory");
}

static void run_checks_what_must_agree(void **state) {
    (void)state;
    static const struct {
        const char *more;
        const char *problem;
    } CASES[] = {
        {"output: {scores: telemetry}\n",
         "test.yaml:4:18: output.scores: the same topic as input.topic (expected another)"},
        {"commit: {interval: 20s}\n",
         "test.yaml:4:20: commit.interval: 20000ms is too long (expected less than a third of "
         "kafka.transaction.timeout.ms, which is 60000ms)"},
        {"input.framing: none\n", "test.yaml:4:16: input.framing: none without a schema (expected "
                                  "input.schema with a file)"},
        {"input.schema: a.avsc\n", "test.yaml:4:15: input.schema: together with registry.url "
                                   "(expected one of the two)"},
        {"registry.user: me\n", "test.yaml:2:1: registry.password: missing (expected it together "
                                "with the one that is there)"},
    };

    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s%s", RUN, CASES[i].more);

        expect_problem(load_run(text), CASES[i].problem);
    }
}

static void embed_needs_a_list_of_features(void **state) {
    (void)state;

    fixture f =
        load(&(flinch__config_source){.text = "features: auto", .profile = FLINCH_PROFILE_EMBED});

    expect_problem(f, "config:1:11: features: missing (expected a list of fields; auto needs a "
                      "schema)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(load_takes_every_default),
        cmocka_unit_test(load_run_names_the_output_topics),
        cmocka_unit_test(load_shows_five_mistakes_with_their_places),
        cmocka_unit_test(load_reads_features),
        cmocka_unit_test(load_refuses_one_hot_with_transform),
        cmocka_unit_test(load_refuses_an_unknown_transform),
        cmocka_unit_test(load_reads_the_forms_of_stream_and_start),
        cmocka_unit_test(load_passes_detector_options_on),
        cmocka_unit_test(load_names_a_wrong_detector_option),
        cmocka_unit_test(override_wins_over_the_text),
        cmocka_unit_test(override_takes_features_by_comma),
        cmocka_unit_test(override_reaches_a_kafka_property),
        cmocka_unit_test(override_shows_its_key_as_the_place),
        cmocka_unit_test(load_expands_environment_and_dollar),
        cmocka_unit_test(load_expands_a_file_without_its_newline),
        cmocka_unit_test(load_names_an_unset_variable),
        cmocka_unit_test(load_never_shows_a_secret),
        cmocka_unit_test(load_refuses_a_property_with_its_reason),
        cmocka_unit_test(load_suggests_a_property),
        cmocka_unit_test(load_asks_librdkafka_about_values),
        cmocka_unit_test(load_refuses_hostile_or_broken_yaml),
        cmocka_unit_test(load_bounds_depth),
        cmocka_unit_test(load_bounds_the_size),
        cmocka_unit_test(load_names_a_file_that_is_not_there),
        cmocka_unit_test(run_checks_what_must_agree),
        cmocka_unit_test(embed_needs_a_list_of_features),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
