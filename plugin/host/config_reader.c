#include "plugin/host/config_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void flinch__reader_refuse(flinch__reader *reader, flinch__place place, const char *key,
                           const char *format, ...) {
    char text[700];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    flinch__problems_add(reader->problems, reader->file, place, "%.100s: %s", key, text);
}

static bool is_secret(const char *key) {
    const flinch__setting *setting = flinch__setting_find(key);
    return setting != NULL && setting->kind == FLINCH_KIND_SECRET;
}

/* A URL with a user in it holds a password, too, as a rule. */
static bool is_url_with_user(const char *text) {
    const char *scheme = strstr(text, "://");
    return scheme != NULL && strchr(scheme, '@') != NULL;
}

/* For a terminal: no control characters, and not endless. */
static const char *write_shown(const char *value, char *text, size_t size) {
    size_t n = 0;
    for (; value[n] != '\0' && n + 4 < size; n++)
        text[n] = (char)((unsigned char)value[n] < ' ' || value[n] == 127 ? '?' : value[n]);
    snprintf(text + n, size - n, "%s", value[n] == '\0' ? "" : "...");
    return text;
}

void flinch__reader_refuse_value(flinch__reader *reader, const char *key, const flinch__node *node,
                                 const char *what, const char *expected) {
    char shown[80];
    if (node->is_hidden || is_secret(key) || is_url_with_user(node->text))
        flinch__reader_refuse(reader, node->place, key, "its value (not shown) %s (expected %s)",
                              what, expected);
    else
        flinch__reader_refuse(reader, node->place, key, "\"%s\" %s (expected %s)",
                              write_shown(node->text, shown, sizeof shown), what, expected);
}

const char *flinch__reader_text(flinch__reader *reader, const char *key, const flinch__node *node,
                                const char *expected) {
    if (node->problem != NULL)
        flinch__reader_refuse(reader, node->place, key, "%s", node->problem);
    else if (node->kind != FLINCH_NODE_SCALAR)
        flinch__reader_refuse(reader, node->place, key, "a %s (expected %s)",
                              node->kind == FLINCH_NODE_LIST ? "list" : "section", expected);
    else if (node->text == NULL)
        flinch__reader_refuse(reader, node->place, key, "no value (expected %s)", expected);
    else
        return node->text;
    return NULL;
}

/* "kafka: embedded"; the mapping is walked by config.c. */
static void read_kafka(flinch__reader *reader, const flinch__setting *setting,
                       const flinch__node *node) {
    char expected[FLINCH__MAX_EXPECTED];
    const char *text = flinch__reader_text(reader, setting->name, node,
                                           flinch__setting_expected(setting, expected));
    if (text == NULL)
        return;
    reader->config->kafka_embedded = strcmp(text, "embedded") == 0;
    if (!reader->config->kafka_embedded)
        flinch__reader_refuse_value(reader, setting->name, node, "is not known",
                                    flinch__setting_expected(setting, expected));
}

static void read_plain(flinch__reader *reader, const flinch__setting *setting,
                       const flinch__node *node) {
    char expected[FLINCH__MAX_EXPECTED];
    const char *text = flinch__reader_text(reader, setting->name, node,
                                           flinch__setting_expected(setting, expected));
    if (text == NULL)
        return;
    char *field = (char *)reader->config + setting->offset;
    if (setting->kind == FLINCH_KIND_ADDRESS)
        reader->config->http_listen = NULL;
    const char *problem = flinch__setting_store(setting, text, field);
    if (problem != NULL)
        flinch__reader_refuse_value(reader, setting->name, node, problem,
                                    flinch__setting_expected(setting, expected));
}

void flinch__reader_setting(flinch__reader *reader, const flinch__setting *setting,
                            const flinch__node *node) {
    const flinch__node **set = &reader->set[flinch__setting_index(setting)];
    if (*set != NULL && !reader->is_overriding) {
        flinch__reader_refuse(reader, node->key_place, setting->name,
                              "given twice (first at line %u)", (*set)->key_place.line);
        return;
    }
    *set = node;
    if (setting->kind == FLINCH_KIND_STREAM)
        flinch__reader_stream(reader, setting, node);
    else if (setting->kind == FLINCH_KIND_START)
        flinch__reader_start(reader, setting, node);
    else if (setting->kind == FLINCH_KIND_FEATURES)
        flinch__reader_features(reader, setting, node);
    else if (setting->kind == FLINCH_KIND_KAFKA)
        read_kafka(reader, setting, node);
    else
        read_plain(reader, setting, node);
}
