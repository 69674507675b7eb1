#include "tests/support/unit.h"

#include <stdio.h>

#include "consumer/note.h"

typedef struct heard {
    int notes;
    int level;
    char event[64];
    char text[2048];
} heard;

static void hear(void *context, int level, const char *event, const char *text) {
    heard *h = context;
    h->notes++;
    h->level = level;
    snprintf(h->event, sizeof h->event, "%s", event);
    snprintf(h->text, sizeof h->text, "%s", text);
}

static void a_note_reaches_the_listener_formatted(void **state) {
    heard h = {0};
    const flinch__notes notes = {hear, &h};

    flinch__note(&notes, FLINCH_NOTE_WARNING, "waiting", "partition=%d reason=\"%s\"", 3, "away");

    assert_int_equal(h.notes, 1);
    assert_int_equal(h.level, FLINCH_NOTE_WARNING);
    assert_string_equal(h.event, "waiting");
    assert_string_equal(h.text, "partition=3 reason=\"away\"");
}

static void a_note_that_is_too_long_is_cut(void **state) {
    heard h = {0};
    const flinch__notes notes = {hear, &h};
    char lot[2000];
    memset(lot, 'x', sizeof lot - 1);
    lot[sizeof lot - 1] = '\0';

    flinch__note(&notes, FLINCH_NOTE_INFO, "long", "%s", lot);

    assert_int_equal(strlen(h.text), 1023);
}

static void nobody_has_to_listen(void **state) {
    const flinch__notes notes = {0};

    flinch__note(&notes, FLINCH_NOTE_ERROR, "event", "n=%d", 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_reaches_the_listener_formatted),
        cmocka_unit_test(a_note_that_is_too_long_is_cut),
        cmocka_unit_test(nobody_has_to_listen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
