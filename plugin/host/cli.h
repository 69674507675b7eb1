/* The command line: verbs and their options, from one table. */
#ifndef FLINCH_HOST_CLI_H
#define FLINCH_HOST_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "flinch/status.h"
#include "plugin/host/config.h"

enum { FLINCH__CLI_MAX_OPTIONS = 16, FLINCH__CLI_MAX_OPERANDS = 4 };

/* An option of one verb. --config, --set, --json and --help are everywhere. */
typedef struct flinch__cli_option {
    const char *name;     /* "output" for --output */
    const char *argument; /* "FILE"; NULL: takes none */
    const char *setting;  /* short for --set SETTING=…; else NULL */
    const char *doc;
} flinch__cli_option;

typedef struct flinch__verb flinch__verb;

/* A parsed command line, borrowed from argv. */
typedef struct flinch__cli {
    const flinch__verb *verb;
    const char *config_path; /* --config, or NULL */
    const flinch__override *overrides;
    uint32_t override_count;
    bool json;
    const char *values[FLINCH__CLI_MAX_OPTIONS]; /* of the verb's options; "" for a flag */
    const char *operands[FLINCH__CLI_MAX_OPERANDS];
    uint32_t operand_count;
    FILE *out; /* results */
    FILE *err; /* messages */
} flinch__cli;

struct flinch__verb {
    const char *name;
    const char *summary;  /* one line */
    const char *operands; /* "FILE", or "" */
    const char *example;  /* of the whole command */
    const flinch__cli_option *options;
    uint32_t option_count;
    uint32_t max_operands;
    bool own_config;                    /* takes no --config */
    int (*run)(const flinch__cli *cli); /* gives an exit code of sysexits.h */
};

typedef struct flinch__program {
    const flinch__verb *verbs;
    uint32_t verb_count;
    FILE *out;
    FILE *err;
} flinch__program;

/* Finds the verb, parses its options, runs it. EX_USAGE, with what to do, for a wrong command line.
 * [main] */
int flinch__cli_run(const flinch__program *program, int argc, char **argv);

/* The value of one of the verb's options; NULL if it was not given. */
const char *flinch__cli_value(const flinch__cli *cli, const char *option);

/* Loads --config (or `path` if that is not NULL) with the overrides of the command line. Prints
 * every problem to cli->err. */
FLINCH_MUST_CHECK flinch_status flinch__cli_config(const flinch__cli *cli, const char *path,
                                                   flinch__profile profile,
                                                   flinch__config **out_config);

/* What a process says of a status when it ends. */
int flinch__exit_code(flinch_status status);

#endif
