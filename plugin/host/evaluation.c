#include "plugin/host/evaluation.h"

#include <math.h>
#include <stdlib.h>

flinch_status flinch__evaluation_add(flinch__evaluation *evaluation,
                                     const flinch__verdict *verdict) {
    if (evaluation->count == evaluation->capacity) {
        uint64_t capacity = evaluation->capacity == 0 ? 4096 : 2 * evaluation->capacity;
        flinch__verdict *items = realloc(evaluation->items, capacity * sizeof *items);
        if (items == NULL)
            return flinch_status_of(FLINCH_NO_MEMORY);
        evaluation->items = items;
        evaluation->capacity = capacity;
    }
    evaluation->items[evaluation->count++] = *verdict;
    return flinch_status_of(FLINCH_OK);
}

void flinch__evaluation_fini(flinch__evaluation *evaluation) {
    free(evaluation->items);
    *evaluation = (flinch__evaluation){0};
}

static int by_score_descending(const void *a, const void *b) {
    double x = ((const flinch__verdict *)a)->score;
    double y = ((const flinch__verdict *)b)->score;
    return (x < y) - (x > y);
}

static void count(const flinch__evaluation *evaluation, flinch__measures *measures) {
    measures->scored = evaluation->count;
    for (uint64_t i = 0; i < evaluation->count; i++) {
        const flinch__verdict *verdict = &evaluation->items[i];
        measures->positives += verdict->label;
        measures->anomalies += verdict->is_anomaly;
        measures->hits += verdict->is_anomaly && verdict->label;
    }
}

/* Walks the scores from the highest down, a group of equal ones at a time: each pair of a positive
 * and a negative counts 1 if the positive stands higher, ½ if they are level. */
static void rank(const flinch__evaluation *evaluation, flinch__measures *measures) {
    double positives = (double)measures->positives;
    double negatives = (double)(measures->scored - measures->positives);
    double true_above = 0;
    double all_above = 0;
    double pairs = 0;
    double precision_sum = 0;
    for (uint64_t i = 0; i < evaluation->count;) {
        double true_here = 0;
        double all_here = 0;
        uint64_t k = i;
        for (; k < evaluation->count && evaluation->items[k].score == evaluation->items[i].score;
             k++) {
            true_here += evaluation->items[k].label;
            all_here++;
        }
        pairs += (all_here - true_here) * (true_above + true_here / 2);
        true_above += true_here;
        all_above += all_here;
        precision_sum += true_here * true_above / all_above;
        double f1 = 2 * true_above / (all_above + positives);
        if (f1 > measures->best_f1) {
            measures->best_f1 = f1;
            measures->best_f1_score = evaluation->items[i].score;
        }
        i = k;
    }
    measures->roc_auc =
        positives > 0 && negatives > 0 ? pairs / (positives * negatives) : (double)NAN;
    measures->average_precision = positives > 0 ? precision_sum / positives : (double)NAN;
    if (!(positives > 0)) {
        measures->best_f1 = (double)NAN;
        measures->best_f1_score = (double)NAN;
    }
}

flinch__measures flinch__evaluation_measure(flinch__evaluation *evaluation) {
    flinch__measures measures = {0};
    if (evaluation->count > 0)
        qsort(evaluation->items, evaluation->count, sizeof *evaluation->items, by_score_descending);
    count(evaluation, &measures);
    rank(evaluation, &measures);
    uint64_t negatives = measures.scored - measures.positives;
    uint64_t false_alarms = measures.anomalies - measures.hits;
    measures.alarm_rate =
        measures.scored > 0 ? (double)measures.anomalies / (double)measures.scored : 0;
    measures.false_rate = negatives > 0 ? (double)false_alarms / (double)negatives : 0;
    return measures;
}
