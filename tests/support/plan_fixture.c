#include "tests/support/plan_fixture.h"

#include <stdlib.h>
#include <string.h>

typedef struct words {
    char *copy;
    char *items[FIXTURE_MAX];
    uint32_t count;
} words;

static void split_words(words *w, const char *text, const char *between) {
    *w = (words){.copy = strdup(text)};
    char *rest = NULL;
    char *word = strtok_r(w->copy, between, &rest);
    for (; word != NULL && w->count < FIXTURE_MAX; word = strtok_r(NULL, between, &rest))
        w->items[w->count++] = word;
}

void plan_fixture_init(plan_fixture *fixture, const char *schema, const char *inputs,
                       const char *captures) {
    *fixture = (plan_fixture){0};
    words fields;
    words captured;
    words categories[FIXTURE_MAX];
    flinch_input items[FIXTURE_MAX] = {{0}};
    split_words(&fields, inputs, " ");
    split_words(&captured, captures, " ");
    for (uint32_t i = 0; i < fields.count; i++) {
        items[i].field = fields.items[i];
        char *list = strchr(fields.items[i], '=');
        if (list != NULL) {
            *list++ = '\0';
            items[i].transform = FLINCH_TRANSFORM_ONE_HOT;
        }
        split_words(&categories[i], list == NULL ? "" : list, "|");
        items[i].categories = (const char *const *)categories[i].items;
        items[i].category_count = categories[i].count;
    }
    flinch__want want = {.inputs = {.items = items, .count = fields.count},
                         .captures = (const char *const *)captured.items,
                         .capture_count = captured.count};
    fixture->status =
        flinch__plan_compile(schema, strlen(schema), &want, &fixture->plan, &fixture->error);
    for (uint32_t i = 0; i < fields.count; i++)
        free(categories[i].copy);
    free(fields.copy);
    free(captured.copy);
    fixture->row = (flinch__row){.values = fixture->values, .captures = fixture->captures};
}

flinch__cause plan_fixture_run(plan_fixture *fixture, test_bytes *bytes) {
    flinch__cause cause =
        flinch__plan_run(fixture->plan, bytes->data, bytes->size, &fixture->row, &fixture->used);
    test_bytes_free(bytes);
    return cause;
}

void plan_fixture_fini(plan_fixture *fixture) {
    flinch__plan_free(fixture->plan);
}
