/* What the consumer has to tell people: events for the host's log. Nothing is printed here. */
#ifndef FLINCH_CONSUMER_NOTE_H
#define FLINCH_CONSUMER_NOTE_H

#include "flinch/status.h"

enum {
    FLINCH_NOTE_ERROR = 3,
    FLINCH_NOTE_WARNING = 4,
    FLINCH_NOTE_INFO = 6,
    FLINCH_NOTE_DEBUG = 7
};

/* `event` is a stable name, `text` the tail of a logfmt line. Called on any thread. */
typedef void flinch__note_fn(void *context, int level, const char *event, const char *text);

typedef struct flinch__notes {
    flinch__note_fn *note; /* or NULL: nobody listens */
    void *context;
} flinch__notes;

/* [any] */
void flinch__note(const flinch__notes *notes, int level, const char *event, const char *format, ...)
    FLINCH_PRINTF(4, 5);

#endif
