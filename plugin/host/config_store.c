/* Values of the plain kinds, checked and stored. */
#include <string.h>

#include "plugin/host/config_reader.h"
#include "plugin/host/config_value.h"

typedef const char *store_fn(const flinch__setting *setting, const char *text, void *field);

static const char *out_of_range(const flinch__setting *setting, double value) {
    return value < setting->low || value > setting->high ? "is out of range" : NULL;
}

static const char *store_whole(const flinch__setting *setting, const char *text, void *field) {
    uint64_t value;
    if (!flinch__parse_whole(text, &value))
        return "is not a whole number";
    const char *problem = out_of_range(setting, (double)value);
    uint32_t narrow = (uint32_t)value;
    if (problem == NULL)
        memcpy(field, &narrow, sizeof narrow);
    return problem;
}

static const char *store_wide(const flinch__setting *setting, const char *text, void *field) {
    uint64_t value;
    if (!flinch__parse_whole(text, &value))
        return "is not a whole number";
    const char *problem = out_of_range(setting, (double)value);
    if (problem == NULL)
        memcpy(field, &value, sizeof value);
    return problem;
}

static const char *store_real(const flinch__setting *setting, const char *text, void *field) {
    double value;
    if (!flinch__parse_real(text, &value))
        return "is not a number";
    const char *problem = out_of_range(setting, value);
    if (problem == NULL)
        memcpy(field, &value, sizeof value);
    return problem;
}

static const char *store_duration(const flinch__setting *setting, const char *text, void *field) {
    uint64_t ms;
    if (!flinch__parse_duration(text, &ms))
        return "is not a duration: a whole number with ms, s, m, h or d";
    const char *problem = out_of_range(setting, (double)ms);
    uint32_t narrow = (uint32_t)ms;
    if (problem == NULL)
        memcpy(field, &narrow, sizeof narrow);
    return problem;
}

static const char *store_size(const flinch__setting *setting, const char *text, void *field) {
    uint64_t bytes;
    if (!flinch__parse_size(text, &bytes))
        return "is not a size: a whole number with B, KiB, MiB or GiB";
    const char *problem = out_of_range(setting, (double)bytes);
    if (problem == NULL)
        memcpy(field, &bytes, sizeof bytes);
    return problem;
}

static const char *store_choice(const flinch__setting *setting, const char *text, void *field) {
    int index = flinch__parse_choice(text, setting->choices);
    if (index < 0)
        return "is none of the choices";
    memcpy(field, &index, sizeof index); /* enums are as wide as int in the ABIs we build for */
    return NULL;
}
_Static_assert(sizeof(flinch__log_level) == sizeof(int), "an enum is stored as an int");

static const char *store_text(const flinch__setting *setting, const char *text, void *field) {
    (void)setting;
    if (*text == '\0')
        return "is empty";
    memcpy(field, &text, sizeof text);
    return NULL;
}

static const char *store_topic(const flinch__setting *setting, const char *text, void *field) {
    size_t size = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    bool legal = text[size] == '\0' && size >= 1 && size <= 249 && strcmp(text, ".") != 0 &&
                 strcmp(text, "..") != 0;
    return legal ? store_text(setting, text, field) : "is not a topic name";
}

static bool is_url(const char *text, size_t size) {
    size_t scheme = strncmp(text, "http://", 7) == 0    ? 7
                    : strncmp(text, "https://", 8) == 0 ? 8
                                                        : 0;
    return scheme > 0 && size > scheme && memchr(text, '@', size) == NULL &&
           memchr(text, ' ', size) == NULL;
}

static const char *store_url(const flinch__setting *setting, const char *text, void *field) {
    const char *at = text;
    while (true) {
        size_t size = strcspn(at, ",");
        if (!is_url(at, size))
            return "is not a usable URL";
        if (at[size] == '\0')
            return store_text(setting, text, field);
        at += size + 1;
    }
}

static const char *store_address(const flinch__setting *setting, const char *text, void *field) {
    if (strcmp(text, "none") == 0)
        return NULL;
    uint64_t port;
    const char *colon = strrchr(text, ':');
    bool legal =
        colon != NULL && colon != text && flinch__parse_whole(colon + 1, &port) && port <= 65535;
    return legal ? store_text(setting, text, field) : "is not an address";
}

static const char *store_path(const flinch__setting *setting, const char *text, void *field) {
    return text[0] == '/' ? store_text(setting, text, field) : "is not an absolute path";
}

static store_fn *store_of(flinch__kind kind) {
    switch (kind) {
    case FLINCH_KIND_TEXT:
    case FLINCH_KIND_SECRET:
        return store_text;
    case FLINCH_KIND_TOPIC:
        return store_topic;
    case FLINCH_KIND_URL:
        return store_url;
    case FLINCH_KIND_ADDRESS:
        return store_address;
    case FLINCH_KIND_PATH:
        return store_path;
    case FLINCH_KIND_WHOLE:
        return store_whole;
    case FLINCH_KIND_WIDE:
        return store_wide;
    case FLINCH_KIND_REAL:
        return store_real;
    case FLINCH_KIND_DURATION:
        return store_duration;
    case FLINCH_KIND_SIZE:
        return store_size;
    case FLINCH_KIND_CHOICE:
        return store_choice;
    case FLINCH_KIND_STREAM:
    case FLINCH_KIND_START:
    case FLINCH_KIND_FEATURES:
    case FLINCH_KIND_KAFKA:
        return NULL;
    }
    return NULL;
}

const char *flinch__setting_store(const flinch__setting *setting, const char *text, void *field) {
    return store_of(setting->kind)(setting, text, field);
}
