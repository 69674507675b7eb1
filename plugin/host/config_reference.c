/* What the table says, in words. */
#include <stdio.h>

#include "plugin/host/config_kafka.h"
#include "plugin/host/config_table.h"
#include "plugin/host/config_value.h"

static const char *write_choices(const char *choices, char *text, size_t size) {
    size_t used = 0;
    for (; *choices != '\0' && used + 4 < size; choices++) {
        if (*choices != '|') {
            text[used++] = *choices;
            continue;
        }
        int written = snprintf(text + used, size - used, " or ");
        used += written < 0 ? 0 : (size_t)written;
    }
    text[used < size ? used : size - 1] = '\0';
    return text;
}

static const char *write_range(const flinch__setting *setting, char *text, size_t size) {
    char low[32];
    char high[32];
    if (setting->kind == FLINCH_KIND_DURATION) {
        flinch__write_duration((uint64_t)setting->low, low, sizeof low);
        flinch__write_duration((uint64_t)setting->high, high, sizeof high);
        snprintf(text, size, "a duration from %s to %s, like 10s", low, high);
    } else if (setting->kind == FLINCH_KIND_SIZE) {
        flinch__write_size((uint64_t)setting->low, low, sizeof low);
        flinch__write_size((uint64_t)setting->high, high, sizeof high);
        snprintf(text, size, "a size from %s to %s, like 64MiB", low, high);
    } else {
        bool whole = setting->kind != FLINCH_KIND_REAL;
        snprintf(text, size, "a %snumber from %.16g to %.16g", whole ? "whole " : "", setting->low,
                 setting->high);
    }
    return text;
}

const char *flinch__setting_expected(const flinch__setting *setting,
                                     char text[FLINCH__MAX_EXPECTED]) {
    switch (setting->kind) {
    case FLINCH_KIND_TEXT:
    case FLINCH_KIND_SECRET:
        return "text";
    case FLINCH_KIND_TOPIC:
        return "a topic name: 1 to 249 letters, digits, dots, underscores and hyphens";
    case FLINCH_KIND_URL:
        return "a URL like http://host:8081, without name and password";
    case FLINCH_KIND_ADDRESS:
        return "HOST:PORT, or none";
    case FLINCH_KIND_PATH:
        return "an absolute path";
    case FLINCH_KIND_CHOICE:
        return write_choices(setting->choices, text, FLINCH__MAX_EXPECTED);
    case FLINCH_KIND_WHOLE:
    case FLINCH_KIND_WIDE:
    case FLINCH_KIND_REAL:
    case FLINCH_KIND_DURATION:
    case FLINCH_KIND_SIZE:
        return write_range(setting, text, FLINCH__MAX_EXPECTED);
    case FLINCH_KIND_STREAM:
        return "partition, key, or the path of a field (.key for a field called key)";
    case FLINCH_KIND_START:
        return "-DURATION like -24h, earliest, latest, or a time like 2026-01-31T12:00:00Z";
    case FLINCH_KIND_FEATURES:
        return "auto, or a list of fields";
    case FLINCH_KIND_KAFKA:
        return "librdkafka properties, or embedded";
    }
    return "text";
}

static void print_setting(FILE *out, const flinch__setting *setting) {
    char expected[FLINCH__MAX_EXPECTED];
    fprintf(out, "%s\n    %s\n    %s\n", setting->name, setting->doc,
            flinch__setting_expected(setting, expected));
    if (setting->fallback != NULL)
        fprintf(out, "    default: %s\n", setting->fallback);
    else if (setting->computed != NULL)
        fprintf(out, "    default: %s\n", setting->computed);
}

void flinch__settings_print_reference(FILE *out) {
    uint32_t count;
    const flinch__setting *settings = flinch__settings(&count);
    for (uint32_t i = 0; i < count; i++)
        print_setting(out, &settings[i]);
    settings = flinch__detector_settings(&count);
    for (uint32_t i = 0; i < count; i++)
        print_setting(out, &settings[i]);
    flinch__kafka_print_reference(out);
}
