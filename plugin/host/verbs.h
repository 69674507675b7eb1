/* The verbs of the program. Each takes a parsed command line and gives an exit code. */
#ifndef FLINCH_HOST_VERBS_H
#define FLINCH_HOST_VERBS_H

#include "plugin/host/cli.h"

int flinch__verb_check(const flinch__cli *cli);
int flinch__verb_demo(const flinch__cli *cli);
int flinch__verb_eval(const flinch__cli *cli);
int flinch__verb_run(const flinch__cli *cli);
int flinch__verb_score(const flinch__cli *cli);
int flinch__verb_version(const flinch__cli *cli);

#endif
