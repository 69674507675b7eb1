#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/host/log.h"

/* A log into memory. */
typedef struct fixture {
    flinch__log log;
    char *text;
    size_t size;
} fixture;

static void open_log(fixture *f, flinch__log_level level, flinch__log_format format) {
    *f = (fixture){{NULL, level, format}, NULL, 0};
    f->log.out = open_memstream(&f->text, &f->size);
    assert_non_null(f->log.out);
}

static void close_log(fixture *f) {
    fclose(f->log.out);
    free(f->text);
}

static void logfmt_line_has_time_level_event_and_text(void **state) {
    (void)state;
    fixture f;
    open_log(&f, FLINCH_LOG_INFO, FLINCH_LOG_LOGFMT);

    flinch__log_write(&f.log, FLINCH_NOTE_WARNING, "broker.down", "address=%s", "a:1");

    assert_memory_equal(f.text, "ts=20", 5);
    assert_non_null(strstr(f.text, "Z level=warning event=broker.down address=a:1\n"));
    close_log(&f);
}

static void json_line_escapes_its_text(void **state) {
    (void)state;
    fixture f;
    open_log(&f, FLINCH_LOG_INFO, FLINCH_LOG_JSON);

    flinch__log_note(&f.log, FLINCH_NOTE_INFO, "x", "a=\"b\"\nc");

    assert_non_null(
        strstr(f.text, "\"level\":\"info\",\"event\":\"x\",\"text\":\"a=\\\"b\\\"\\nc\"}\n"));
    close_log(&f);
}

static void level_silences_lighter_lines(void **state) {
    (void)state;
    fixture f;
    open_log(&f, FLINCH_LOG_WARNING, FLINCH_LOG_LOGFMT);

    flinch__log_note(&f.log, FLINCH_NOTE_INFO, "x", "");
    fflush(f.log.out);
    assert_int_equal(f.size, 0);
    flinch__log_note(&f.log, FLINCH_NOTE_ERROR, "x", "");

    assert_true(f.size > 0);
    close_log(&f);
}

static void line_break_cannot_forge_an_event(void **state) {
    (void)state;
    fixture f;
    open_log(&f, FLINCH_LOG_INFO, FLINCH_LOG_LOGFMT);

    flinch__log_note(&f.log, FLINCH_NOTE_INFO, "x", "key=a\nts=0 level=error event=y");

    assert_ptr_equal(strchr(f.text, '\n'), f.text + f.size - 1);
    close_log(&f);
}

static void long_text_is_cut_and_the_line_still_ends(void **state) {
    (void)state;
    static char text[10000];
    memset(text, '"', sizeof text - 1);
    fixture f;
    open_log(&f, FLINCH_LOG_INFO, FLINCH_LOG_JSON);

    flinch__log_note(&f.log, FLINCH_NOTE_INFO, "x", text);

    assert_true(f.size < 4096);
    assert_string_equal(f.text + f.size - 3, "\"}\n");
    close_log(&f);
}

static void value_is_quoted_when_it_must_be(void **state) {
    (void)state;
    char out[32];

    assert_string_equal(flinch__log_value("plain", out, sizeof out), "plain");
    assert_string_equal(flinch__log_value("", out, sizeof out), "\"\"");
    assert_string_equal(flinch__log_value("a b=\"c\"", out, sizeof out), "\"a b=\\\"c\\\"\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logfmt_line_has_time_level_event_and_text),
        cmocka_unit_test(json_line_escapes_its_text),
        cmocka_unit_test(level_silences_lighter_lines),
        cmocka_unit_test(line_break_cannot_forge_an_event),
        cmocka_unit_test(long_text_is_cut_and_the_line_still_ends),
        cmocka_unit_test(value_is_quoted_when_it_must_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
