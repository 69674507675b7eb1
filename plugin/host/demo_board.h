/* What the demo knows of the scores that came back: the newest anomalies, and all for the end. */
#ifndef FLINCH_HOST_DEMO_BOARD_H
#define FLINCH_HOST_DEMO_BOARD_H

#include "plugin/host/demo_source.h"
#include "plugin/host/evaluation.h"
#include "schemas/score_codec.h"

enum { FLINCH__BOARD_LINES = 12, FLINCH__BOARD_KINDS = 16 };

/* One anomaly; its texts are cut to what fits. */
typedef struct flinch__board_line {
    int64_t offset;
    double score;
    char stream[16];
    char feature[32]; /* the first reason's */
    double seen;
    double expected;
    char also[32]; /* the second reason's feature, or "" */
    char truth[16];
    bool label;
} flinch__board_line;

/* Records of one truth: "normal", "neptune", … */
typedef struct flinch__board_kind {
    char name[16];
    uint64_t scored;
    uint64_t flagged;
    bool label;
} flinch__board_kind;

typedef struct flinch__board {
    const flinch__demo_table *table;                /* or NULL: live, without truth */
    flinch__board_line newest[FLINCH__BOARD_LINES]; /* the newest first */
    uint32_t line_count;
    flinch__board_kind kinds[FLINCH__BOARD_KINDS];
    uint32_t kind_count;
    uint64_t anomalies;
    uint64_t received;
    uint64_t warmup;
    uint64_t expected; /* records in all; 0: no end */
    double alarm_rate; /* stated */
    double rate;       /* records a second that are sent; 0: as fast as possible */
    double started_at; /* of the first record; seconds, monotonic */
    double now;
    flinch__evaluation evaluation;
} flinch__board;

/* Takes in one score of the output topic. */
FLINCH_MUST_CHECK flinch_status flinch__board_add(flinch__board *board,
                                                  const flinch__score_record *record);
void flinch__board_fini(flinch__board *board);

#endif
