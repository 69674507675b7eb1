#include "consumer/note.h"

#include <stdarg.h>
#include <stdio.h>

void flinch__note(const flinch__notes *notes, int level, const char *event, const char *format,
                  ...) {
    if (notes->note == NULL)
        return;
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    notes->note(notes->context, level, event, text);
}
