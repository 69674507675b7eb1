#include "plugin/host/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT = 1024 };

void flinch__problems_init(flinch__problems *problems) {
    *problems = (flinch__problems){0};
}

void flinch__problems_fini(flinch__problems *problems) {
    for (uint32_t i = 0; i < problems->count; i++)
        free(problems->items[i].text);
    free(problems->items);
    flinch__problems_init(problems);
}

static int write_place(char *text, size_t size, const char *file, flinch__place place) {
    if (place.is_override)
        return snprintf(text, size, "--set ");
    if (place.line == 0)
        return snprintf(text, size, "%.300s: ", file);
    return snprintf(text, size, "%.300s:%u:%u: ", file, place.line, place.column);
}

static char *write_text(const char *file, flinch__place place, const char *format, va_list args)
    FLINCH_PRINTF(3, 0);
static char *write_text(const char *file, flinch__place place, const char *format, va_list args) {
    char text[MAX_TEXT];
    int used = write_place(text, sizeof text, file, place);
    size_t start = used < 0 ? 0 : (size_t)used;
    vsnprintf(text + start, sizeof text - start, format, args);
    return strdup(text);
}

void flinch__problems_add(flinch__problems *problems, const char *file, flinch__place place,
                          const char *format, ...) {
    if (problems->items == NULL)
        problems->items = calloc(FLINCH__MAX_PROBLEMS, sizeof *problems->items);
    if (problems->items == NULL || problems->count == FLINCH__MAX_PROBLEMS) {
        problems->dropped++;
        return;
    }
    va_list args;
    va_start(args, format);
    char *text = write_text(file, place, format, args);
    va_end(args);
    if (text == NULL)
        problems->dropped++;
    else
        problems->items[problems->count++] = (flinch__problem){place, text};
}

static bool comes_before(flinch__place left, flinch__place right) {
    if (left.is_override != right.is_override)
        return right.is_override;
    if (left.line != right.line)
        return left.line < right.line;
    return left.column < right.column;
}

/* Insertion sort: stable, and the list is short and nearly in order. */
void flinch__problems_sort(flinch__problems *problems) {
    for (uint32_t i = 1; i < problems->count; i++) {
        flinch__problem moving = problems->items[i];
        uint32_t at = i;
        for (; at > 0 && comes_before(moving.place, problems->items[at - 1].place); at--)
            problems->items[at] = problems->items[at - 1];
        problems->items[at] = moving;
    }
}

void flinch__problems_join(const flinch__problems *problems, flinch_error *error) {
    size_t used = 0;
    error->text[0] = '\0';
    for (uint32_t i = 0; i < problems->count && used < sizeof error->text; i++) {
        int written = snprintf(error->text + used, sizeof error->text - used, "%s%s",
                               i == 0 ? "" : "\n", problems->items[i].text);
        used += written < 0 ? 0 : (size_t)written;
    }
}
