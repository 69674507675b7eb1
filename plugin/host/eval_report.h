/* What flinch eval prints. */
#ifndef FLINCH_HOST_EVAL_REPORT_H
#define FLINCH_HOST_EVAL_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "plugin/host/evaluation.h"

typedef struct flinch__eval_report {
    uint64_t records;
    uint64_t start;     /* records that start the model, and are not judged */
    uint64_t unlabeled; /* behind them, without a label */
    uint64_t seed;
    double alarm_rate; /* stated */
    double records_per_second;
    flinch__measures measures;
} flinch__eval_report;

/* One line of JSON, or text for a person. */
void flinch__eval_report_print(const flinch__eval_report *report, bool json, FILE *out);

#endif
