/* libflinch: the detector of `flinch run` inside another program, without Kafka and Avro.
 *
 *     static const char FEATURES[] = "features: [{field: cpu}, {field: net, transform: rate}]";
 *     double row[] = {0.42, 10233};
 *     flinch_engine *engine = NULL;
 *     flinch_score score;
 *     flinch_error error;
 *
 *     if (!flinch_is_ok(flinch_engine_open(FEATURES, &engine, &error)))
 *         puts(error.text);
 *     else if (flinch_is_ok(flinch_engine_push(engine, row, now_ms, &score, &error)))
 *         printf("%g\n", score.score);
 *     flinch_engine_close(engine);
 *
 * An engine is one stream. It is not locked: one thread at a time; two engines share nothing. The
 * first engine sets OpenBLAS to one thread in the whole process, so that results do not depend on
 * the number of processors. */
#ifndef FLINCH_FLINCH_H
#define FLINCH_FLINCH_H

#include <stddef.h>
#include <stdint.h>

#include "flinch/score.h"
#include "flinch/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct flinch_engine flinch_engine;

/* A stream from the text of a flinch YAML config, of which features (a list), detector, window,
 * alarm_rate, seed and output.reasons count. INVALID with every mistake and its place, as far as
 * the error's text holds them. [any] */
FLINCH_EXPORT FLINCH_MUST_CHECK flinch_status flinch_engine_open(const char *yaml,
                                                                 flinch_engine **out_engine,
                                                                 flinch_error *error);

/* Takes NULL. [owner] */
FLINCH_EXPORT void flinch_engine_close(flinch_engine *engine);

/* Scores one row, then learns from it once its tile is full. `inputs` holds one double for each
 * entry of `features`, in that order: the number, NaN for missing, for one_hot the category's
 * index. [owner] */
FLINCH_EXPORT FLINCH_MUST_CHECK flinch_status flinch_engine_push(flinch_engine *engine,
                                                                 const double *inputs,
                                                                 int64_t timestamp_ms,
                                                                 flinch_score *out_score,
                                                                 flinch_error *error);

/* Doubles that push reads. [owner] */
FLINCH_EXPORT uint32_t flinch_engine_inputs(const flinch_engine *engine);

/* Name of a feature, by the index in a flinch_reason; NULL past the last. [owner] */
FLINCH_EXPORT const char *flinch_engine_feature(const flinch_engine *engine, uint32_t feature);

#ifdef __cplusplus
}
#endif
#endif
