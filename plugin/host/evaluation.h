/* How good scores are against labels. */
#ifndef FLINCH_HOST_EVALUATION_H
#define FLINCH_HOST_EVALUATION_H

#include <stdbool.h>
#include <stdint.h>

#include "flinch/status.h"

typedef struct flinch__verdict {
    double score;
    bool is_anomaly; /* what the detector said */
    bool label;      /* what is true */
} flinch__verdict;

/* All records scored, in any order; grows. */
typedef struct flinch__evaluation {
    flinch__verdict *items;
    uint64_t count;
    uint64_t capacity;
} flinch__evaluation;

typedef struct flinch__measures {
    uint64_t scored;
    uint64_t positives;   /* labelled */
    uint64_t anomalies;   /* flagged */
    uint64_t hits;        /* flagged and labelled */
    double alarm_rate;    /* flagged of all */
    double false_rate;    /* flagged of those not labelled */
    double best_f1;       /* the highest over all thresholds; NaN without positives */
    double best_f1_score; /* the threshold: scores from it on */
    double roc_auc;       /* NaN without both classes */
    double
        average_precision; /* Σ (R_n − R_{n−1})·P_n over distinct scores; NaN without positives */
} flinch__measures;

FLINCH_MUST_CHECK flinch_status flinch__evaluation_add(flinch__evaluation *evaluation,
                                                       const flinch__verdict *verdict);
void flinch__evaluation_fini(flinch__evaluation *evaluation);

/* Sorts the items. [main] */
flinch__measures flinch__evaluation_measure(flinch__evaluation *evaluation);

#endif
