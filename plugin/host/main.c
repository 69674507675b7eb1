/* The table of verbs; each is in a file of its own. */
#include "plugin/host/verbs.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const flinch__cli_option CHECK_OPTIONS[] = {
    {"online", NULL, NULL, "asks the broker and the schema registry, too"},
    {"reference", NULL, NULL, "prints every setting of the configuration, and ends"},
};

static const flinch__verb VERBS[] = {
    {.name = "check",
     .summary = "validates a configuration and shows what it means",
     .operands = "CONFIG",
     .example = "flinch check --online config.yaml",
     .options = CHECK_OPTIONS,
     .option_count = COUNT_OF(CHECK_OPTIONS),
     .max_operands = 1,
     .run = flinch__verb_check},
    {.name = "version",
     .summary = "prints the versions of flinch and what it stands on",
     .operands = "",
     .example = "flinch version --json",
     .run = flinch__verb_version},
};

int main(int argc, char **argv) {
    const flinch__program program = {
        .verbs = VERBS, .verb_count = COUNT_OF(VERBS), .out = stdout, .err = stderr};
    return flinch__cli_run(&program, argc, argv);
}
