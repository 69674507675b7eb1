/* The table of verbs; each is in a file of its own. */
#include "plugin/host/verbs.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const flinch__cli_option CHECK_OPTIONS[] = {
    {"online", NULL, NULL, "asks the broker and the schema registry, too"},
    {"reference", NULL, NULL, "prints every setting of the configuration, and ends"},
};

static const flinch__cli_option DEMO_OPTIONS[] = {
    {"live", NULL, NULL, "watches this machine instead of recorded connections"},
    {"rate", "N", NULL, "records a second; 0: as fast as possible"},
    {"seconds", "N", NULL, "ends after so long"},
};

static const flinch__cli_option EVAL_OPTIONS[] = {
    {"label", "FIELD", NULL, "the field that says what is an anomaly: not 0, or true"},
    {"features", "LIST", "features", "auto, or fields separated by commas"},
    {"seed", "N", "seed", "another start of the model"},
    {"stream", "NAME", NULL, "name of the stream that the records are; else the file's"},
    {"time", "FIELD", NULL, "the records' time, in milliseconds since 1970"},
};

static const flinch__cli_option SCORE_OPTIONS[] = {
    {"output", "FILE", NULL, "where to: .csv, .jsonl or .avro; else CSV on standard output"},
    {"stream", "NAME", NULL, "name of the stream that the records are; else the file's"},
    {"time", "FIELD", NULL, "the records' time, in milliseconds since 1970"},
};

static const flinch__verb VERBS[] = {
    {.name = "run",
     .summary = "the service: scores the records of a topic until it is told to stop",
     .operands = "",
     .example = "flinch run --config config.yaml",
     .run = flinch__verb_run},
    {.name = "check",
     .summary = "validates a configuration and shows what it means",
     .operands = "CONFIG",
     .example = "flinch check --online config.yaml",
     .options = CHECK_OPTIONS,
     .option_count = COUNT_OF(CHECK_OPTIONS),
     .max_operands = 1,
     .run = flinch__verb_check},
    {.name = "demo",
     .summary = "shows the whole pipeline on real data, or on this machine",
     .operands = "",
     .example = "flinch demo --live",
     .options = DEMO_OPTIONS,
     .option_count = COUNT_OF(DEMO_OPTIONS),
     .own_config = true,
     .run = flinch__verb_demo},
    {.name = "score",
     .summary = "scores the records of an .avro or .csv file",
     .operands = "FILE",
     .example = "flinch score telemetry.avro --output scores.csv --set input.stream=host",
     .options = SCORE_OPTIONS,
     .option_count = COUNT_OF(SCORE_OPTIONS),
     .max_operands = 1,
     .run = flinch__verb_score},
    {.name = "eval",
     .summary = "measures the detector on a labeled .avro or .csv file",
     .operands = "FILE",
     .example = "flinch eval labeled.csv.gz --label is_attack --set detector.lambda=1",
     .options = EVAL_OPTIONS,
     .option_count = COUNT_OF(EVAL_OPTIONS),
     .max_operands = 1,
     .run = flinch__verb_eval},
    {.name = "version",
     .summary = "prints the versions of flinch and what it stands on",
     .operands = "",
     .example = "flinch version --json",
     .own_config = true,
     .run = flinch__verb_version},
};

int main(int argc, char **argv) {
    const flinch__program program = {
        .verbs = VERBS, .verb_count = COUNT_OF(VERBS), .out = stdout, .err = stderr};
    return flinch__cli_run(&program, argc, argv);
}
