/* What the demo knows of the scores that came back, and how it shows it. */
#ifndef FLINCH_HOST_DEMO_BOARD_H
#define FLINCH_HOST_DEMO_BOARD_H

#include <stdio.h>

#include "plugin/host/demo_source.h"
#include "plugin/host/evaluation.h"
#include "schemas/score_codec.h"

enum { FLINCH__BOARD_LINES = 12 };

/* One anomaly, ready to be shown. */
typedef struct flinch__board_line {
    char stream[16];
    int64_t offset;
    double score;
    char why[128];
    char truth[24];
    bool label;
} flinch__board_line;

typedef struct flinch__board {
    const flinch__demo_table *table; /* or NULL: live, without truth */
    flinch__board_line newest[FLINCH__BOARD_LINES];
    uint64_t anomalies;
    uint64_t received;
    uint64_t warmup;
    uint64_t expected; /* records in all; 0: no end */
    double alarm_rate; /* stated */
    double started_at; /* seconds, monotonic */
    double now;
    flinch__evaluation evaluation;
    bool colour;
    uint32_t drawn; /* lines on the screen, to be drawn over */
} flinch__board;

/* Takes in one score of the output topic. */
FLINCH_MUST_CHECK flinch_status flinch__board_add(flinch__board *board,
                                                  const flinch__score_record *record);
void flinch__board_fini(flinch__board *board);

/* Draws table and progress over what was drawn before; 79 columns. */
void flinch__board_draw(flinch__board *board, FILE *out);

/* One anomaly as a plain line, for a log. */
void flinch__board_print_line(const flinch__board_line *line, FILE *out);

/* The result, for people. */
void flinch__board_summary(flinch__board *board, FILE *out);

/* The same as one JSON object on a line. */
void flinch__board_json(flinch__board *board, FILE *out);

#endif
