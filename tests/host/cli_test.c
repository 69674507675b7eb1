#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include "plugin/host/cli.h"

/* A verb that notes what it was given. */
static int note(const flinch__cli *cli) {
    fprintf(cli->out, "config=%s json=%d", cli->config_path == NULL ? "-" : cli->config_path,
            cli->json);
    for (uint32_t i = 0; i < cli->override_count; i++)
        fprintf(cli->out, " %s=%s", cli->overrides[i].key, cli->overrides[i].value);
    const char *output = flinch__cli_value(cli, "output");
    fprintf(cli->out, " output=%s live=%d", output == NULL ? "-" : output,
            flinch__cli_value(cli, "live") != NULL);
    for (uint32_t i = 0; i < cli->operand_count; i++)
        fprintf(cli->out, " [%s]", cli->operands[i]);
    return EX_OK;
}

static const flinch__cli_option OPTIONS[] = {
    {"output", "FILE", NULL, "where to"},
    {"live", NULL, NULL, "of this machine"},
    {"seed", "N", "seed", "short for --set seed=N"},
};

static const flinch__verb VERBS[] = {
    {.name = "score",
     .summary = "scores a file",
     .operands = "FILE",
     .example = "flinch score a.avro",
     .options = OPTIONS,
     .option_count = 3,
     .max_operands = 1,
     .run = note},
};

/* Runs "flinch <words…>" and compares all that was printed. */
static void expect(int code, const char *out, const char *err, char *words) {
    char *argv[16] = {"flinch"};
    int argc = 1;
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    char *out_text = NULL;
    char *err_text = NULL;
    size_t size;
    flinch__program program = {.verbs = VERBS, .verb_count = 1};
    program.out = open_memstream(&out_text, &size);
    program.err = open_memstream(&err_text, &size);

    int got = flinch__cli_run(&program, argc, argv);

    fclose(program.out);
    fclose(program.err);
    assert_int_equal(got, code);
    if (out != NULL)
        assert_string_equal(out_text, out);
    if (err != NULL && strstr(err_text, err) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err_text, err);
    free(out_text);
    free(err_text);
}

static void options_reach_the_verb(void **state) {
    (void)state;
    char words[] = "score --config c.yaml --set a.b=1=2 --seed 7 --output o.csv --live --json in";

    expect(EX_OK, "config=c.yaml json=1 a.b=1=2 seed=7 output=o.csv live=1 [in]", "", words);
}

static void operands_may_stand_between_options(void **state) {
    (void)state;
    char words[] = "score in -c c.yaml";

    expect(EX_OK, "config=c.yaml json=0 output=- live=0 [in]", "", words);
}

static void unknown_verb_is_usage_with_the_nearest(void **state) {
    (void)state;
    char words[] = "scor";

    expect(EX_USAGE, "", "\"scor\" is not a verb; did you mean \"score\"?", words);
}

static void unknown_option_is_usage_with_the_nearest(void **state) {
    (void)state;
    char words[] = "score --outptu x";

    expect(EX_USAGE, "", "--outptu is not an option of score; did you mean \"output\"?", words);
}

static void missing_value_is_usage(void **state) {
    (void)state;
    char words[] = "score --output";

    expect(EX_USAGE, "", "--output needs a value", words);
}

static void set_without_equals_is_usage(void **state) {
    (void)state;
    char words[] = "score --set seed";

    expect(EX_USAGE, "", "--set seed: expected KEY=VALUE", words);
}

static void operand_too_many_is_usage(void **state) {
    (void)state;
    char words[] = "score a b";

    expect(EX_USAGE, "", "b is one operand too many", words);
}

static void no_verb_is_usage(void **state) {
    (void)state;
    char words[] = "";

    expect(EX_USAGE, "", "usage: flinch VERB", words);
}

static void help_of_a_verb_has_an_example(void **state) {
    (void)state;
    char words[] = "score --help";

    expect(EX_OK,
           "flinch score: scores a file\n\nusage: flinch score [OPTION…] FILE\n\n"
           "    --output FILE          where to\n"
           "    --live                 of this machine\n"
           "    --seed N               short for --set seed=N\n"
           "    --config FILE          configuration (YAML); also -c\n"
           "    --set KEY=VALUE        overrides a key of the configuration; may be repeated\n"
           "    --json                 one JSON object as the last line of standard output\n"
           "    --help                 this text\n"
           "\nexample: flinch score a.avro\n",
           "", words);
}

static void config_problems_are_all_printed(void **state) {
    (void)state;
    char *text = NULL;
    size_t size;
    const flinch__override overrides[] = {{"window", "0"}, {"wndow", "1"}};
    const flinch__cli cli = {.verb = VERBS,
                             .overrides = overrides,
                             .override_count = 2,
                             .err = open_memstream(&text, &size)};
    flinch__config *config;

    flinch_status status = flinch__cli_config(&cli, NULL, FLINCH_PROFILE_OFFLINE, &config);

    fclose(cli.err);
    assert_int_equal(flinch__exit_code(status), EX_CONFIG);
    assert_non_null(strstr(text, "--set window: \"0\" is out of range"));
    assert_non_null(strstr(text, "--set wndow: unknown key"));
    assert_null(config);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_reach_the_verb),
        cmocka_unit_test(operands_may_stand_between_options),
        cmocka_unit_test(unknown_verb_is_usage_with_the_nearest),
        cmocka_unit_test(unknown_option_is_usage_with_the_nearest),
        cmocka_unit_test(missing_value_is_usage),
        cmocka_unit_test(set_without_equals_is_usage),
        cmocka_unit_test(operand_too_many_is_usage),
        cmocka_unit_test(no_verb_is_usage),
        cmocka_unit_test(help_of_a_verb_has_an_example),
        cmocka_unit_test(config_problems_are_all_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
