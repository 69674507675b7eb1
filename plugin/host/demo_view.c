#include "plugin/host/demo_view.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Room for any number in the forms below. */
typedef struct number_text {
    char text[32];
} number_text;

/* 12345 as "12,345". */
static number_text grouped(uint64_t n) {
    number_text out;
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, n);
    char *at = out.text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return out;
}

/* At most nine characters: whole numbers whole, others with four digits. */
static number_text plain(double value) {
    number_text out;
    bool whole = fabs(value) >= 1000 && fabs(value) < 1e8;
    snprintf(out.text, sizeof out.text, whole ? "%.0f" : "%.4g", value);
    return out;
}

/* Texts come from field names: what is not printable is not printed. */
static const char *clean(const char *text, number_text *room) {
    size_t n = 0;
    for (; text[n] != '\0' && n + 1 < sizeof room->text; n++)
        room->text[n] = (char)(text[n] >= ' ' && text[n] <= '~' ? text[n] : '?');
    room->text[n] = '\0';
    return room->text;
}

static void draw_head(const flinch__view *view, const flinch__board *board) {
    const char *bold = view->colour ? "\033[1m" : "";
    const char *off = view->colour ? "\033[0m" : "";
    if (board->table != NULL)
        fprintf(view->out, "%s%-5s %7s %5s  %-27s %9s %9s  %-9s%s\n", bold, "key", "offset",
                "score", "feature", "seen", "expected", "truth", off);
    else
        fprintf(view->out, "%s%7s %5s  %-22s %9s %9s  %-20s%s\n", bold, "sample", "score",
                "feature", "seen", "expected", "also", off);
}

static void draw_line(const flinch__view *view, const flinch__board *board,
                      const flinch__board_line *line) {
    const char *colour = !view->colour ? "" : line->label ? "\033[1;31m" : "\033[33m";
    const char *off = view->colour ? "\033[0m" : "";
    int digits = line->score < 100 ? 1 : 0;
    number_text feature;
    number_text other;
    clean(line->feature, &feature);
    if (board->table != NULL)
        fprintf(view->out, "%-5.5s %7" PRId64 " %s%5.*f%s  %-27.27s %9s %9s  %s%-9.9s%s",
                line->stream, line->offset, colour, digits, line->score, off, feature.text,
                plain(line->seen).text, plain(line->expected).text, line->label ? colour : "",
                clean(line->truth, &other), line->label ? off : "");
    else
        fprintf(view->out, "%7" PRId64 " %s%5.*f%s  %-22.22s %9s %9s  %-20.20s", line->offset,
                colour, digits, line->score, off, feature.text, plain(line->seen).text,
                plain(line->expected).text, clean(line->also, &other));
    fputs(view->terminal ? "\033[K\n" : "\n", view->out);
}

static void draw_bar(const flinch__view *view, const flinch__board *board) {
    enum { BAR = 20 };
    double seconds = board->now - board->started_at;
    double rate = seconds > 0 ? (double)board->received / seconds : 0;
    for (uint64_t i = 0; i < BAR; i++)
        fputs(i < board->received * BAR / board->expected ? "#" : ".", view->out);
    fprintf(view->out, " %3" PRIu64 " %%  %s records, %s/s, %s anomalies",
            board->received * 100 / board->expected, grouped(board->received).text,
            grouped((uint64_t)rate).text, grouped(board->anomalies).text);
    if (seconds > 1 && board->received < board->expected)
        fprintf(view->out, ", %.0f s left", (double)(board->expected - board->received) / rate);
}

static void draw_progress(const flinch__view *view, const flinch__board *board) {
    if (board->received == 0)
        fputs("starting: the consumer group forms, which takes about 3 seconds", view->out);
    else if (board->expected > 0)
        draw_bar(view, board);
    else if (board->evaluation.count == 0)
        fprintf(view->out, "learning what is normal here: %s samples",
                grouped(board->received).text);
    else
        fprintf(view->out, "%s samples, %s anomalies; make some load and see; Ctrl-C ends it",
                grouped(board->received).text, grouped(board->anomalies).text);
    fputs(view->terminal ? "\033[K\n" : "\n", view->out);
}

void flinch__view_draw(flinch__view *view, const flinch__board *board) {
    if (view->terminal && view->drawn > 0)
        fprintf(view->out, "\033[%uA", view->drawn);
    draw_head(view, board);
    for (uint32_t i = 0; i < board->line_count; i++)
        draw_line(view, board, &board->newest[i]);
    for (uint32_t i = board->line_count; view->terminal && i < FLINCH__BOARD_LINES; i++)
        fputs("\033[K\n", view->out);
    draw_progress(view, board);
    fflush(view->out);
    view->drawn = FLINCH__BOARD_LINES + 2;
}

void flinch__view_print_newest(const flinch__view *view, const flinch__board *board) {
    draw_line(view, board, &board->newest[0]);
    fflush(view->out);
}

static int by_scored(const void *a, const void *b) {
    uint64_t x = ((const flinch__board_kind *)a)->scored;
    uint64_t y = ((const flinch__board_kind *)b)->scored;
    return (x < y) - (x > y);
}

/* What was flagged of each truth. */
static void print_kinds(const flinch__view *view, flinch__board *board) {
    qsort(board->kinds, board->kind_count, sizeof board->kinds[0], by_scored);
    fprintf(view->out, "\n%-18s %9s %9s\n", "truth", "scored", "flagged");
    for (uint32_t i = 0; i < board->kind_count; i++) {
        const flinch__board_kind *kind = &board->kinds[i];
        fprintf(view->out, "%-18s %9s %9s  %6.2f %%%s\n", kind->name, grouped(kind->scored).text,
                grouped(kind->flagged).text, 100 * (double)kind->flagged / (double)kind->scored,
                kind->label ? "" : "   false alarms");
    }
}

void flinch__view_summary(const flinch__view *view, flinch__board *board) {
    flinch__measures m = flinch__evaluation_measure(&board->evaluation);
    double seconds = board->now - board->started_at;
    if (board->received == 0) {
        fputs("\nended before the first record was scored\n", view->out);
        return;
    }
    fprintf(view->out, "\n%s records in %.1f s, ", grouped(board->received).text, seconds);
    if (board->rate > 0)
        fprintf(view->out, "sent at %s a second (--rate 0: all at once)\n",
                grouped((uint64_t)board->rate).text);
    else
        fprintf(view->out, "%s a second\n",
                grouped((uint64_t)((double)board->received / fmax(seconds, 1e-3))).text);
    fprintf(view->out, "the first %s of them it only learned from\n", grouped(board->warmup).text);
    if (m.scored == 0)
        return;
    fprintf(view->out, "%s of %s flagged: %.2f %%, at an alarm_rate of %.3g %%\n",
            grouped(m.anomalies).text, grouped(m.scored).text, 100 * m.alarm_rate,
            100 * board->alarm_rate);
    if (board->table == NULL)
        return;
    print_kinds(view, board);
    if (m.positives > 0 && m.positives < m.scored)
        fprintf(view->out,
                "\nROC-AUC %.4f, average precision %.4f, against labels that it never saw\n",
                m.roc_auc, m.average_precision);
}

/* JSON has no NaN. */
static void json_number(const flinch__view *view, const char *name, double value) {
    if (isnan(value))
        fprintf(view->out, ", \"%s\": null", name);
    else
        fprintf(view->out, ", \"%s\": %.6g", name, value);
}

void flinch__view_json(const flinch__view *view, flinch__board *board) {
    flinch__measures m = flinch__evaluation_measure(&board->evaluation);
    double seconds = board->now - board->started_at;
    double none = (double)NAN;
    bool judged = board->table != NULL;
    fprintf(view->out,
            "{\"records\": %" PRIu64 ", \"scored\": %" PRIu64 ", \"anomalies\": %" PRIu64,
            board->received, m.scored, m.anomalies);
    json_number(view, "roc_auc", judged ? m.roc_auc : none);
    json_number(view, "average_precision", judged ? m.average_precision : none);
    json_number(view, "alarm_rate", m.scored > 0 ? m.alarm_rate : none);
    json_number(view, "alarm_rate_stated", board->alarm_rate);
    json_number(view, "false_alarm_rate", judged ? m.false_rate : none);
    json_number(view, "records_per_second", seconds > 0 ? (double)board->received / seconds : none);
    fputs("}\n", view->out);
    fflush(view->out);
}
