/* How the demo shows its board: a table that is drawn over, and the result at the end. Lines are of
 * at most 79 columns. */
#ifndef FLINCH_HOST_DEMO_VIEW_H
#define FLINCH_HOST_DEMO_VIEW_H

#include <stdio.h>

#include "plugin/host/demo_board.h"

typedef struct flinch__view {
    FILE *out;
    bool colour;
    bool terminal;
    uint32_t drawn; /* lines on the screen, to be drawn over */
} flinch__view;

/* The newest anomalies and the progress; on a terminal over what was drawn before. */
void flinch__view_draw(flinch__view *view, const flinch__board *board);

/* The newest anomaly as a plain line, for a log. */
void flinch__view_print_newest(const flinch__view *view, const flinch__board *board);

/* The result, for people. Sorts the board's evaluation. */
void flinch__view_summary(const flinch__view *view, flinch__board *board);

/* The same as one JSON object on a line. */
void flinch__view_json(const flinch__view *view, flinch__board *board);

#endif
