/* A program of somebody else: scores two features of its own, and says how the last row scored. */
#include "flinch/flinch.h"

#include <stdio.h>

enum { USUAL_ROWS = 2000 };

static const char FEATURES[] = "features: [{field: cpu}, {field: net}]";

static flinch_status score_rows(flinch_engine *engine, flinch_score *out_last,
                                flinch_error *error) {
    for (int i = 0; i < USUAL_ROWS; i++) {
        const double wave = (double)(i % 10);
        const double usual[] = {0.1 + 0.01 * wave, 1000 + 10 * wave};
        FLINCH_TRY(flinch_engine_push(engine, usual, 1000 * (int64_t)i, out_last, error));
    }
    const double strange[] = {0.99, -5000};
    return flinch_engine_push(engine, strange, 1000 * (int64_t)USUAL_ROWS, out_last, error);
}

int main(void) {
    flinch_engine *engine = NULL;
    flinch_score score;
    flinch_error error;

    if (!flinch_is_ok(flinch_engine_open(FEATURES, &engine, &error)) ||
        !flinch_is_ok(score_rows(engine, &score, &error))) {
        fprintf(stderr, "%s\n", error.text);
        flinch_engine_close(engine);
        return 1;
    }
    printf("score %.2f anomaly %d\n", score.score, score.is_anomaly);
    flinch_engine_close(engine);
    return 0;
}
