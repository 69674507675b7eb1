#include "plugin/host/demo_board.h"

#include <stdio.h>
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

static void copy_feature(const flinch__score_record *record, uint32_t reason, char *out,
                         size_t size) {
    if (reason < record->score.reason_count)
        snprintf(out, size, "%.*s", (int)record->feature_sizes[reason], record->features[reason]);
}

static void add_line(flinch__board *board, const flinch__score_record *record,
                     const flinch__demo_record *truth) {
    memmove(&board->newest[1], &board->newest[0],
            (FLINCH__BOARD_LINES - 1) * sizeof board->newest[0]);
    if (board->line_count < FLINCH__BOARD_LINES)
        board->line_count++;
    flinch__board_line *line = &board->newest[0];
    *line = (flinch__board_line){.offset = record->offset, .score = record->score.score};
    copy_feature(record, 0, line->feature, sizeof line->feature);
    copy_feature(record, 1, line->also, sizeof line->also);
    if (record->score.reason_count > 0) {
        line->seen = (double)record->score.reasons[0].value;
        line->expected = (double)record->score.reasons[0].expected;
    }
    if (truth != NULL) {
        snprintf(line->stream, sizeof line->stream, "%s", truth->key);
        snprintf(line->truth, sizeof line->truth, "%.*s", (int)truth->truth_size, truth->truth);
        line->label = truth->label;
    }
}

/* The entry of a truth; the last one stands for all that no longer fit. */
static flinch__board_kind *kind_of(flinch__board *board, const flinch__demo_record *truth) {
    char name[sizeof board->kinds[0].name];
    snprintf(name, sizeof name, "%.*s", (int)truth->truth_size, truth->truth);
    for (uint32_t i = 0; i < board->kind_count; i++)
        if (strcmp(board->kinds[i].name, name) == 0)
            return &board->kinds[i];
    if (board->kind_count == FLINCH__BOARD_KINDS) {
        flinch__board_kind *rest = &board->kinds[FLINCH__BOARD_KINDS - 1];
        snprintf(rest->name, sizeof rest->name, "others");
        return rest;
    }
    flinch__board_kind *kind = &board->kinds[board->kind_count++];
    memcpy(kind->name, name, sizeof name);
    kind->label = truth->label;
    return kind;
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
    if (truth != NULL) {
        flinch__board_kind *kind = kind_of(board, truth);
        kind->scored++;
        kind->flagged += record->score.is_anomaly;
    }
    flinch__verdict verdict = {.score = record->score.score,
                               .is_anomaly = record->score.is_anomaly,
                               .label = truth != NULL && truth->label};
    return flinch__evaluation_add(&board->evaluation, &verdict);
}

void flinch__board_fini(flinch__board *board) {
    flinch__evaluation_fini(&board->evaluation);
}
