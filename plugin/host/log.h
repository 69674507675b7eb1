/* The log: one line an event, on standard error.
 *
 *     2026-01-31T12:00:00.250Z level=info event=worker.started topic=telemetry partitions=4
 *
 * Event names are stable; text behind them is `key=value` pairs for people and logfmt parsers. */
#ifndef FLINCH_HOST_LOG_H
#define FLINCH_HOST_LOG_H

#include <stdio.h>

#include "consumer/note.h"
#include "plugin/host/config.h"

typedef struct flinch__log {
    FILE *out;
    flinch__log_level level;
    flinch__log_format format;
} flinch__log;

/* Writes one line if `level`, one of FLINCH_NOTE_…, weighs enough. [any] */
void flinch__log_write(const flinch__log *log, int level, const char *event, const char *format,
                       ...) FLINCH_PRINTF(4, 5);

/* The same as a flinch__note_fn: `context` is a flinch__log. [any] */
void flinch__log_note(void *context, int level, const char *event, const char *text);

/* A logfmt value: quoted and escaped where needed, cut to fit. Returns `out`. */
const char *flinch__log_value(const char *value, char *out, size_t size);

#endif
