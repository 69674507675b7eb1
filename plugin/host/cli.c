#include "plugin/host/cli.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "plugin/host/kafka_judge.h"
#include "plugin/host/suggest.h"

/* Common options, behind those of the verb in the table for getopt_long. */
enum { COMMON_CONFIG, COMMON_SET, COMMON_JSON, COMMON_HELP, COMMON_COUNT };
static const struct option COMMON[COMMON_COUNT] = {
    [COMMON_CONFIG] = {"config", required_argument, NULL, 'c'},
    [COMMON_SET] = {"set", required_argument, NULL, 's'},
    [COMMON_JSON] = {"json", no_argument, NULL, 'j'},
    [COMMON_HELP] = {"help", no_argument, NULL, 'h'},
};
enum { VERB_OPTION = 1000, MAX_LONG = FLINCH__CLI_MAX_OPTIONS + COMMON_COUNT + 1 };

static const flinch__verb *find_verb(const flinch__program *program, const char *name) {
    for (uint32_t i = 0; i < program->verb_count; i++)
        if (strcmp(program->verbs[i].name, name) == 0)
            return &program->verbs[i];
    return NULL;
}

static void print_verbs(const flinch__program *program, FILE *out) {
    fprintf(out, "flinch: streaming anomaly detection for Kafka\n\n"
                 "usage: flinch VERB [OPTION…]\n\n");
    for (uint32_t i = 0; i < program->verb_count; i++)
        fprintf(out, "    %-10s %s\n", program->verbs[i].name, program->verbs[i].summary);
    fprintf(out, "    %-10s %s\n\n", "help", "what a verb does and takes: flinch help VERB");
}

static void print_option(FILE *out, const char *name, const char *argument, const char *doc) {
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", name, argument == NULL ? "" : " ",
             argument == NULL ? "" : argument);
    fprintf(out, "    %-22s %s\n", left, doc);
}

static void print_help(const flinch__verb *verb, FILE *out) {
    fprintf(out, "flinch %s: %s\n\nusage: flinch %s [OPTION…]%s%s\n\n", verb->name, verb->summary,
            verb->name, *verb->operands == '\0' ? "" : " ", verb->operands);
    for (uint32_t i = 0; i < verb->option_count; i++)
        print_option(out, verb->options[i].name, verb->options[i].argument, verb->options[i].doc);
    if (!verb->own_config)
        print_option(out, "config", "FILE", "configuration (YAML); also -c");
    print_option(out, "set", "KEY=VALUE", "overrides a key of the configuration; may be repeated");
    print_option(out, "json", NULL, "one JSON object as the last line of standard output");
    print_option(out, "help", NULL, "this text");
    fprintf(out, "\nexample: %s\n", verb->example);
}

static int usage_error(const flinch__cli *cli) {
    fprintf(cli->err, "flinch: see `flinch help %s`\n", cli->verb->name);
    return EX_USAGE;
}

static void fill_options(const flinch__verb *verb, struct option table[MAX_LONG]) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < verb->option_count && i < FLINCH__CLI_MAX_OPTIONS; i++)
        table[at++] =
            (struct option){verb->options[i].name,
                            verb->options[i].argument == NULL ? no_argument : required_argument,
                            NULL, VERB_OPTION + (int)i};
    for (uint32_t i = 0; i < COMMON_COUNT; i++)
        table[at++] = COMMON[i];
    table[at] = (struct option){0};
}

/* Splits KEY=VALUE in place. */
static bool take_set(flinch__cli *cli, flinch__override *overrides, char *text) {
    char *equals = strchr(text, '=');
    if (equals == NULL || equals == text) {
        fprintf(cli->err, "flinch: --set %s: expected KEY=VALUE\n", text);
        return false;
    }
    *equals = '\0';
    overrides[cli->override_count++] = (flinch__override){text, equals + 1};
    return true;
}

static void take_verb_option(flinch__cli *cli, flinch__override *overrides, int index) {
    const flinch__cli_option *option = &cli->verb->options[index];
    cli->values[index] = optarg == NULL ? "" : optarg;
    if (option->setting != NULL)
        overrides[cli->override_count++] =
            (flinch__override){option->setting, optarg == NULL ? "true" : optarg};
}

static void suggest_option(const flinch__cli *cli, const struct option *table, const char *word) {
    char text[96];
    flinch__suggestion suggestion = flinch__suggest(word);
    for (; table->name != NULL; table++)
        flinch__suggest_offer(&suggestion, table->name);
    fprintf(cli->err, "flinch: --%s is not an option of %s%s\n", word, cli->verb->name,
            flinch__suggest_text(&suggestion, text, sizeof text));
}

static void explain_bad_option(const flinch__cli *cli, const struct option *table, char **argv,
                               int result) {
    const char *word = optind > 0 ? argv[optind - 1] : "";
    if (result == ':')
        fprintf(cli->err, "flinch: %s needs a value\n", word);
    else if (strncmp(word, "--", 2) == 0)
        suggest_option(cli, table, word + 2);
    else
        fprintf(cli->err, "flinch: -%c is not an option of %s\n", optopt, cli->verb->name);
}

/* True to go on; else *out_code is the end. */
static bool take_option(flinch__cli *cli, flinch__override *overrides, int result, int *out_code) {
    if (result >= VERB_OPTION) {
        take_verb_option(cli, overrides, result - VERB_OPTION);
    } else if (result == 'c') {
        cli->config_path = optarg;
    } else if (result == 'j') {
        cli->json = true;
    } else if (result == 's') {
        *out_code = EX_USAGE;
        return take_set(cli, overrides, optarg);
    } else {
        print_help(cli->verb, cli->out);
        *out_code = EX_OK;
        return false;
    }
    return true;
}

static bool take_operands(flinch__cli *cli, int argc, char **argv, int *out_code) {
    *out_code = EX_USAGE;
    for (int i = optind; i < argc; i++) {
        if (cli->operand_count == cli->verb->max_operands ||
            cli->operand_count == FLINCH__CLI_MAX_OPERANDS) {
            fprintf(cli->err, "flinch: %s is one operand too many\n", argv[i]);
            *out_code = usage_error(cli);
            return false;
        }
        cli->operands[cli->operand_count++] = argv[i];
    }
    return true;
}

/* argv[0] is the verb. */
static bool parse(flinch__cli *cli, flinch__override *overrides, int argc, char **argv,
                  int *out_code) {
    struct option table[MAX_LONG];
    fill_options(cli->verb, table);
    optind = 0; /* starts getopt anew, glibc's way */
    opterr = 0;
    int result;
    while ((result = getopt_long(argc, argv, ":c:h", table, NULL)) != -1) {
        if (result == '?' || result == ':') {
            explain_bad_option(cli, table, argv, result);
            *out_code = usage_error(cli);
            return false;
        }
        if (!take_option(cli, overrides, result, out_code))
            return false;
    }
    if (cli->config_path != NULL && cli->verb->own_config) {
        fprintf(cli->err, "flinch: %s reads no --config; --set KEY=VALUE changes single keys\n",
                cli->verb->name);
        *out_code = usage_error(cli);
        return false;
    }
    return take_operands(cli, argc, argv, out_code);
}

static int run_verb(const flinch__program *program, const flinch__verb *verb, int argc,
                    char **argv) {
    flinch__override *overrides = calloc((size_t)argc + 1, sizeof *overrides);
    if (overrides == NULL)
        return EX_OSERR;
    flinch__cli cli = {
        .verb = verb, .overrides = overrides, .out = program->out, .err = program->err};
    int code = EX_OK;
    if (parse(&cli, overrides, argc, argv, &code))
        code = verb->run(&cli);
    free(overrides);
    return code;
}

static int unknown_verb(const flinch__program *program, const char *word) {
    char text[96];
    flinch__suggestion suggestion = flinch__suggest(word);
    for (uint32_t i = 0; i < program->verb_count; i++)
        flinch__suggest_offer(&suggestion, program->verbs[i].name);
    fprintf(program->err, "flinch: \"%s\" is not a verb%s\nflinch: see `flinch help`\n", word,
            flinch__suggest_text(&suggestion, text, sizeof text));
    return EX_USAGE;
}

static int help(const flinch__program *program, int argc, char **argv) {
    const flinch__verb *verb = argc > 2 ? find_verb(program, argv[2]) : NULL;
    if (argc > 2 && verb == NULL)
        return unknown_verb(program, argv[2]);
    if (verb == NULL)
        print_verbs(program, program->out);
    else
        print_help(verb, program->out);
    return EX_OK;
}

int flinch__cli_run(const flinch__program *program, int argc, char **argv) {
    if (argc < 2) {
        print_verbs(program, program->err);
        return EX_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return help(program, argc, argv);
    if (strcmp(word, "--version") == 0)
        word = "version";
    const flinch__verb *verb = find_verb(program, word);
    return verb == NULL ? unknown_verb(program, word) : run_verb(program, verb, argc - 1, argv + 1);
}

const char *flinch__cli_value(const flinch__cli *cli, const char *option) {
    for (uint32_t i = 0; i < cli->verb->option_count; i++)
        if (strcmp(cli->verb->options[i].name, option) == 0)
            return cli->values[i];
    return NULL;
}

flinch_status flinch__cli_config(const flinch__cli *cli, const char *path, flinch__profile profile,
                                 flinch__config **out_config) {
    flinch__problems problems;
    flinch__problems_init(&problems);
    const flinch__config_source source = {.path = path != NULL ? path : cli->config_path,
                                          .profile = profile,
                                          .overrides = cli->overrides,
                                          .override_count = cli->override_count,
                                          .accepts = flinch__kafka_accepts};
    flinch_status status = flinch__config_load(&source, out_config, &problems);
    for (uint32_t i = 0; i < problems.count; i++)
        fprintf(cli->err, "%s\n", problems.items[i].text);
    if (problems.dropped > 0)
        fprintf(cli->err, "… and %u more\n", problems.dropped);
    flinch__problems_fini(&problems);
    return status;
}

int flinch__exit_code(flinch_status status) {
    switch (status.code) {
    case FLINCH_OK:
    case FLINCH_STOPPED:
        return EX_OK;
    case FLINCH_INVALID:
    case FLINCH_MISMATCH:
        return EX_CONFIG;
    case FLINCH_BAD_DATA:
    case FLINCH_TOO_LARGE:
        return EX_DATAERR;
    case FLINCH_NOT_FOUND:
        return EX_NOINPUT;
    case FLINCH_TRY_AGAIN:
    case FLINCH_DENIED:
        return EX_UNAVAILABLE;
    case FLINCH_NO_MEMORY:
        return EX_OSERR;
    case FLINCH_FATAL:
        return EX_TEMPFAIL;
    }
    return EX_SOFTWARE;
}
