#include "plugin/host/log.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

enum { MAX_TEXT = 1024, MAX_LINE = 2 * MAX_TEXT, MAX_END = 8 };

/* A line under construction; what does not fit is cut. */
typedef struct line {
    char *text;
    size_t size;
    size_t capacity;
} line;

static void put(line *out, const char *text, size_t size) {
    size_t room = out->capacity - 1 - out->size;
    size_t used = size < room ? size : room;
    memcpy(out->text + out->size, text, used);
    out->size += used;
    out->text[out->size] = '\0';
}

static void put_text(line *out, const char *text) {
    put(out, text, strlen(text));
}

/* The end of a line always fits: room was kept for it. */
static void put_end(line *out, const char *end) {
    out->capacity += MAX_END;
    put_text(out, end);
}

/* Escapes as JSON does; logfmt readers take the same. A character is put whole or not at all. */
static void put_escaped(line *out, const char *text) {
    for (; *text != '\0' && out->capacity - out->size > 8; text++) {
        unsigned char c = (unsigned char)*text;
        char escaped[8];
        if (c == '"' || c == '\\')
            snprintf(escaped, sizeof escaped, "\\%c", c);
        else if (c == '\n')
            snprintf(escaped, sizeof escaped, "\\n");
        else if (c < ' ' || c == 127)
            snprintf(escaped, sizeof escaped, "\\u%04x", c);
        else
            snprintf(escaped, sizeof escaped, "%c", c);
        put_text(out, escaped);
    }
}

const char *flinch__log_value(const char *value, char *out, size_t size) {
    line quoted = {out, 0, size};
    out[0] = '\0';
    bool is_bare = *value != '\0';
    for (const char *c = value; *c != '\0'; c++)
        is_bare =
            is_bare && (unsigned char)*c > ' ' && *c != '"' && *c != '=' && *c != '\\' && *c != 127;
    if (is_bare) {
        put_text(&quoted, value);
        return out;
    }
    put_text(&quoted, "\"");
    put_escaped(&quoted, value);
    put_text(&quoted, "\"");
    return out;
}

static const char *name_of(int level) {
    if (level <= FLINCH_NOTE_ERROR)
        return "error";
    if (level <= FLINCH_NOTE_WARNING)
        return "warning";
    return level <= FLINCH_NOTE_INFO ? "info" : "debug";
}

static int weight_of(flinch__log_level level) {
    switch (level) {
    case FLINCH_LOG_ERROR:
        return FLINCH_NOTE_ERROR;
    case FLINCH_LOG_WARNING:
        return FLINCH_NOTE_WARNING;
    case FLINCH_LOG_INFO:
        return FLINCH_NOTE_INFO;
    case FLINCH_LOG_DEBUG:
        return FLINCH_NOTE_DEBUG;
    }
    return FLINCH_NOTE_INFO;
}

static void write_time(char text[32]) {
    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    size_t used = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + used, 32 - used, ".%03ldZ", now.tv_nsec / 1000000);
}

/* A line break in a logfmt tail would let a record's content forge an event. */
static void put_on_one_line(line *out, const char *text) {
    for (; *text != '\0'; text++) {
        char c = (char)((unsigned char)*text < ' ' || *text == 127 ? ' ' : *text);
        put(out, &c, 1);
    }
}

static void put_logfmt(line *out, const char *level, const char *event, const char *text) {
    put_text(out, "level=");
    put_text(out, level);
    put_text(out, " event=");
    put_text(out, event);
    if (*text != '\0')
        put_text(out, " ");
    put_on_one_line(out, text);
    put_end(out, "\n");
}

static void put_json(line *out, const char *level, const char *event, const char *text) {
    put_text(out, "\",\"level\":\"");
    put_text(out, level);
    put_text(out, "\",\"event\":\"");
    put_escaped(out, event);
    put_text(out, "\",\"text\":\"");
    put_escaped(out, text);
    put_end(out, "\"}\n");
}

void flinch__log_note(void *context, int level, const char *event, const char *text) {
    const flinch__log *log = context;
    if (level > weight_of(log->level))
        return;
    char time_text[32];
    char bytes[MAX_LINE];
    line out = {bytes, 0, sizeof bytes - MAX_END};
    write_time(time_text);
    bool is_json = log->format == FLINCH_LOG_JSON;
    put_text(&out, is_json ? "{\"ts\":\"" : "ts=");
    put_text(&out, time_text);
    if (!is_json)
        put_text(&out, " ");
    if (is_json)
        put_json(&out, name_of(level), event, text);
    else
        put_logfmt(&out, name_of(level), event, text);
    fwrite(out.text, 1, out.size, log->out);
    fflush(log->out);
}

void flinch__log_write(const flinch__log *log, int level, const char *event, const char *format,
                       ...) {
    char text[MAX_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    flinch__log copy = *log;
    flinch__log_note(&copy, level, event, text);
}
