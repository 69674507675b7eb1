/* The result for one record. */
#ifndef FLINCH_SCORE_H
#define FLINCH_SCORE_H

#include <stdbool.h>
#include <stdint.h>

#define FLINCH_MAX_REASONS 5

typedef enum flinch_score_status {
    FLINCH_SCORE_WARMUP,  /* the model of this stream is not fitted yet: score 0, p-value 1 */
    FLINCH_SCORE_OK,      /* every feature was there */
    FLINCH_SCORE_DEGRADED /* scored, but at least one feature was missing */
} flinch_score_status;

/* Why: one feature's part in the score. */
typedef struct flinch_reason {
    uint32_t feature;        /* index in the feature list */
    float value;             /* seen, in the feature's units */
    float expected;          /* what the model would have expected, same units */
    float error_share;       /* of the reconstruction error, 0 … 1 */
    float sensitivity_share; /* of ‖J‖²_F, 0 … 1 */
} flinch_reason;

typedef struct flinch_score {
    flinch_score_status status;
    bool is_anomaly;            /* p_value ≤ alarm_rate */
    uint32_t reason_count;      /* filled entries of reasons, largest share first */
    double score;               /* −log10(p_value): 3 is one in a thousand */
    double p_value;             /* probability of a score as high among the stream's normal rows */
    float reconstruction_error; /* mean squared residual, in units of the scaled features */
    float sensitivity;   /* ‖J‖²_F of the encoder; it is low values that are anomalous */
    uint64_t generation; /* tiles that the detector had learned from */
    flinch_reason reasons[FLINCH_MAX_REASONS];
} flinch_score;

#endif
