#include "plugin/host/demo_board.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const flinch__demo_record *record_of(const flinch__board *board,
                                            const flinch__score_record *score) {
    const flinch__demo_table *table = board->table;
    if (table == NULL || score->partition < 0 || score->partition >= FLINCH__DEMO_PARTITIONS)
        return NULL;
    if (score->offset < 0 || score->offset >= table->partition_count[score->partition])
        return NULL;
    return &table->records[table->of_partition[score->partition][score->offset]];
}

/* "src_bytes 54540 (expected 241), dst_bytes 8314 (expected 1450)": as many as fit whole. */
static void describe(const flinch__score_record *record, char *out, size_t size, size_t width) {
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < record->score.reason_count; i++) {
        const flinch_reason *reason = &record->score.reasons[i];
        char one[96];
        int length = snprintf(one, sizeof one, "%s%.*s %.4g (expected %.4g)", used > 0 ? ", " : "",
                              (int)record->feature_sizes[i], record->features[i],
                              (double)reason->value, (double)reason->expected);
        if (length < 0 || (used > 0 && used + (size_t)length > width) ||
            used + (size_t)length >= size)
            return;
        memcpy(out + used, one, (size_t)length + 1);
        used += (size_t)length;
    }
}

static void add_line(flinch__board *board, const flinch__score_record *record,
                     const flinch__demo_record *truth) {
    memmove(&board->newest[1], &board->newest[0],
            (FLINCH__BOARD_LINES - 1) * sizeof board->newest[0]);
    flinch__board_line *line = &board->newest[0];
    *line = (flinch__board_line){.offset = record->offset, .score = record->score.score};
    const char *name = truth != NULL ? truth->key : "this-machine";
    snprintf(line->stream, sizeof line->stream, "%s", name);
    describe(record, line->why, sizeof line->why, board->table != NULL ? 44 : 56);
    if (truth != NULL) {
        snprintf(line->truth, sizeof line->truth, "%.*s", (int)truth->truth_size, truth->truth);
        line->label = truth->label;
    }
}

flinch_status flinch__board_add(flinch__board *board, const flinch__score_record *record) {
    const flinch__demo_record *truth = record_of(board, record);
    board->received++;
    if (record->score.status == FLINCH_SCORE_WARMUP) {
        board->warmup++;
        return flinch_status_of(FLINCH_OK);
    }
    if (record->score.is_anomaly) {
        board->anomalies++;
        add_line(board, record, truth);
    }
    flinch__verdict verdict = {.score = record->score.score,
                               .is_anomaly = record->score.is_anomaly,
                               .label = truth != NULL && truth->label};
    return flinch__evaluation_add(&board->evaluation, &verdict);
}

void flinch__board_fini(flinch__board *board) {
    flinch__evaluation_fini(&board->evaluation);
}

/* 12345 → "12,345". */
static const char *grouped(uint64_t n, char out[32]) {
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, n);
    char *at = out;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return out;
}

static void draw_line(const flinch__board *board, const flinch__board_line *line, FILE *out) {
    const char *colour = !board->colour ? "" : line->label ? "\033[1;31m" : "\033[33m";
    const char *plain = board->colour ? "\033[0m" : "";
    if (line->why[0] == '\0' && line->score == 0)
        fprintf(out, "\033[K\n");
    else if (board->table != NULL)
        fprintf(out, "%-5.5s %7" PRId64 " %s%6.1f%s  %-44.44s %-13.13s\033[K\n", line->stream,
                line->offset, colour, line->score, plain, line->why, line->truth);
    else
        fprintf(out, "%8" PRId64 " %s%6.1f%s  %-60.60s\033[K\n", line->offset, colour, line->score,
                plain, line->why);
}

static void draw_progress(const flinch__board *board, FILE *out) {
    char received[32];
    char anomalies[32];
    char rate[32];
    double seconds = board->now - board->started_at;
    double per_second = seconds > 0 ? (double)board->received / seconds : 0;
    grouped(board->received, received);
    grouped(board->anomalies, anomalies);
    grouped((uint64_t)per_second, rate);
    if (board->expected == 0) {
        const char *state =
            board->evaluation.count == 0 ? "learning what is normal here" : "scoring";
        fprintf(out, "%s: %s samples, %s anomalies; make some load and see\033[K\n", state,
                received, anomalies);
        return;
    }
    enum { BAR = 20 };
    uint64_t full = board->received * BAR / board->expected;
    double left = per_second > 0 ? (double)(board->expected - board->received) / per_second : 0;
    for (uint64_t i = 0; i < BAR; i++)
        fputs(i < full ? "#" : ".", out);
    fprintf(out, " %3" PRIu64 " %%  %s records, %s/s, %s anomalies, %.0f s left\033[K\n",
            board->received * 100 / board->expected, received, rate, anomalies, left);
}

void flinch__board_draw(flinch__board *board, FILE *out) {
    if (board->drawn > 0)
        fprintf(out, "\033[%uA", board->drawn);
    const char *bold = board->colour ? "\033[1m" : "";
    const char *plain = board->colour ? "\033[0m" : "";
    if (board->table != NULL)
        fprintf(out, "%s%-5s %7s %6s  %-44s %-13s%s\033[K\n", bold, "serv.", "record", "score",
                "why", "truth", plain);
    else
        fprintf(out, "%s%8s %6s  %-60s%s\033[K\n", bold, "sample", "score", "why", plain);
    for (size_t i = 0; i < FLINCH__BOARD_LINES; i++)
        draw_line(board, &board->newest[i], out);
    draw_progress(board, out);
    fflush(out);
    board->drawn = FLINCH__BOARD_LINES + 2;
}

void flinch__board_print_line(const flinch__board_line *line, FILE *out) {
    fprintf(out, "%s %" PRId64 "  score %.1f  %s%s%s\n", line->stream, line->offset, line->score,
            line->why, line->truth[0] != '\0' ? "  truth: " : "", line->truth);
}

void flinch__board_summary(flinch__board *board, FILE *out) {
    char a[32];
    char b[32];
    flinch__measures m = flinch__evaluation_measure(&board->evaluation);
    double seconds = board->now - board->started_at;
    fprintf(out, "\n%s records in %.1f s; the first %s of them only learned from (warm-up)\n",
            grouped(board->received, a), seconds, grouped(board->warmup, b));
    fprintf(out,
            "%s anomalies among %s scored: %.2f %% (alarm rate stated for normal records: "
            "%.3g %%)\n",
            grouped(m.anomalies, a), grouped(m.scored, b), 100 * m.alarm_rate,
            100 * board->alarm_rate);
    if (board->table == NULL)
        return;
    fprintf(out,
            "%s of them are attacks, of %s in the data; %.2f %% of the normal records were "
            "flagged\n",
            grouped(m.hits, a), grouped(m.positives, b), 100 * m.false_rate);
    fprintf(out,
            "against the labels, which the detector never saw:\n"
            "    ROC-AUC %.4f    average precision %.4f\n",
            m.roc_auc, m.average_precision);
}

/* JSON has no NaN. */
static void json_number(FILE *out, const char *name, double value) {
    if (isnan(value))
        fprintf(out, ", \"%s\": null", name);
    else
        fprintf(out, ", \"%s\": %.6g", name, value);
}

void flinch__board_json(flinch__board *board, FILE *out) {
    flinch__measures m = flinch__evaluation_measure(&board->evaluation);
    double seconds = board->now - board->started_at;
    fprintf(out, "{\"records\": %" PRIu64 ", \"scored\": %" PRIu64 ", \"anomalies\": %" PRIu64,
            board->received, m.scored, m.anomalies);
    json_number(out, "roc_auc", board->table != NULL ? m.roc_auc : (double)NAN);
    json_number(out, "average_precision", board->table != NULL ? m.average_precision : (double)NAN);
    json_number(out, "alarm_rate", m.alarm_rate);
    json_number(out, "alarm_rate_stated", board->alarm_rate);
    json_number(out, "false_alarm_rate", board->table != NULL ? m.false_rate : (double)NAN);
    json_number(out, "records_per_second", seconds > 0 ? (double)board->received / seconds : 0);
    fputs("}\n", out);
    fflush(out);
}
