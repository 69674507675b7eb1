/* What the demo shows, read as a terminal of 80 columns would show it. */
#include "plugin/host/demo_view.h"

#include <stdio.h>

#include "tests/support/unit.h"

static const flinch__demo_record ATTACK = {
    .key = "http", .truth = "neptune", .truth_size = 7, .label = true};
static const flinch__demo_record NORMAL = {
    .key = "smtp", .truth = "normal", .truth_size = 6, .label = false};

/* A table of two records, one in each partition. */
typedef struct fixture {
    flinch__demo_record records[2];
    uint32_t of[2];
    flinch__demo_table table;
    flinch__board board;
    flinch__view view;
    char *text;
    size_t size;
} fixture;

static void setup(fixture *f, bool live) {
    *f = (fixture){.records = {ATTACK, NORMAL}, .of = {0, 1}};
    f->table = (flinch__demo_table){.records = f->records,
                                    .count = 2,
                                    .of_partition = {&f->of[0], &f->of[1]},
                                    .partition_count = {1, 1}};
    f->board = (flinch__board){.table = live ? NULL : &f->table,
                               .expected = live ? 0 : 4,
                               .alarm_rate = 0.001,
                               .started_at = 10,
                               .now = 12};
    f->view.out = open_memstream(&f->text, &f->size);
}

static void teardown(fixture *f) {
    flinch__board_fini(&f->board);
    free(f->text);
}

static void add(fixture *f, int32_t partition, double score, const char *feature) {
    flinch__score_record record = {.partition = partition, .offset = 0};
    record.score = (flinch_score){.status = FLINCH_SCORE_OK,
                                  .is_anomaly = score >= 3,
                                  .score = score,
                                  .reason_count = 1,
                                  .reasons = {{.value = 54540, .expected = 0.0183F}}};
    record.features[0] = feature;
    record.feature_sizes[0] = strlen(feature);
    assert_ok(flinch__board_add(&f->board, &record));
}

static void expect_lines_within_79(const char *text) {
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        if (length > 79)
            fail_msg("%zu columns: %.*s", length, (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static void an_anomaly_shows_what_was_seen_expected_and_true(void **state) {
    (void)state;
    fixture f;
    setup(&f, false);
    add(&f, 0, 4.25, "src_bytes");

    flinch__view_draw(&f.view, &f.board);
    fclose(f.view.out);

    assert_non_null(strstr(f.text, "http        0   4.2  src_bytes"));
    assert_non_null(strstr(f.text, "54540    0.0183  neptune"));
    expect_lines_within_79(f.text);
    teardown(&f);
}

static void long_names_are_cut_and_lines_stay_within_79_columns(void **state) {
    (void)state;
    fixture f;
    setup(&f, false);
    add(&f, 0, 1234.5, "a_feature_with_a_name_that_is_much_longer_than_any_screen_is_wide");

    flinch__view_draw(&f.view, &f.board);
    flinch__view_summary(&f.view, &f.board);
    fclose(f.view.out);

    expect_lines_within_79(f.text);
    teardown(&f);
}

static void what_is_not_printable_in_a_name_is_not_printed(void **state) {
    (void)state;
    fixture f;
    setup(&f, true);
    add(&f, 0, 4, "\033[2Jcpu\xff");

    flinch__view_draw(&f.view, &f.board);
    fclose(f.view.out);

    assert_null(strchr(f.text, '\033'));
    assert_non_null(strstr(f.text, "?[2Jcpu?"));
    teardown(&f);
}

static void the_summary_counts_what_was_flagged_of_each_truth(void **state) {
    (void)state;
    fixture f;
    setup(&f, false);
    add(&f, 0, 4, "a");
    add(&f, 0, 2, "a");
    add(&f, 0, 5, "a");
    add(&f, 1, 1, "a");

    flinch__view_summary(&f.view, &f.board);
    fclose(f.view.out);

    assert_non_null(strstr(f.text, "neptune                    3         2   66.67 %\n"));
    assert_non_null(
        strstr(f.text, "normal                     1         0    0.00 %   false alarms\n"));
    assert_non_null(strstr(f.text, "ROC-AUC 1.0000, average precision 1.0000"));
    teardown(&f);
}

static void without_a_score_there_is_no_measure(void **state) {
    (void)state;
    fixture f;
    setup(&f, false);

    flinch__view_summary(&f.view, &f.board);
    flinch__view_json(&f.view, &f.board);
    fclose(f.view.out);

    assert_non_null(strstr(f.text, "before the first record"));
    assert_non_null(strstr(f.text, "\"roc_auc\": null"));
    assert_null(strstr(f.text, "nan"));
    teardown(&f);
}

static void records_of_the_warm_up_are_counted_apart(void **state) {
    (void)state;
    fixture f;
    setup(&f, false);
    flinch__score_record record = {.score = {.status = FLINCH_SCORE_WARMUP}};
    assert_ok(flinch__board_add(&f.board, &record));
    add(&f, 1, 1, "a");

    flinch__view_summary(&f.view, &f.board);
    fclose(f.view.out);

    assert_non_null(strstr(f.text, "2 records in 2.0 s, 1 a second"));
    assert_non_null(strstr(f.text, "the first 1 of them it only learned from"));
    teardown(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_anomaly_shows_what_was_seen_expected_and_true),
        cmocka_unit_test(long_names_are_cut_and_lines_stay_within_79_columns),
        cmocka_unit_test(what_is_not_printable_in_a_name_is_not_printed),
        cmocka_unit_test(the_summary_counts_what_was_flagged_of_each_truth),
        cmocka_unit_test(without_a_score_there_is_no_measure),
        cmocka_unit_test(records_of_the_warm_up_are_counted_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
