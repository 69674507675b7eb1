#include "schemas/schema_names.h"

#include <stdio.h>
#include <string.h>

enum { SCALE_MAX = 300 }; /* 10³⁰⁰ is still a double */

typedef struct word {
    const char *text;
    flinch__kind kind;
} word;

static bool find_word(const word *words, size_t count, const char *text, flinch__kind *out_kind) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i].text, text) == 0) {
            *out_kind = words[i].kind;
            return true;
        }
    }
    return false;
}

bool flinch__primitive(const char *text, flinch__kind *out_kind) {
    static const word WORDS[] = {
        {"null", FLINCH_KIND_NULL},   {"boolean", FLINCH_KIND_BOOLEAN},
        {"int", FLINCH_KIND_INT},     {"long", FLINCH_KIND_LONG},
        {"float", FLINCH_KIND_FLOAT}, {"double", FLINCH_KIND_DOUBLE},
        {"bytes", FLINCH_KIND_BYTES}, {"string", FLINCH_KIND_STRING},
    };
    return find_word(WORDS, sizeof WORDS / sizeof WORDS[0], text, out_kind);
}

bool flinch__complex(const char *text, flinch__kind *out_kind) {
    static const word WORDS[] = {
        {"record", FLINCH_KIND_RECORD}, {"enum", FLINCH_KIND_ENUM}, {"fixed", FLINCH_KIND_FIXED},
        {"array", FLINCH_KIND_ARRAY},   {"map", FLINCH_KIND_MAP},
    };
    return find_word(WORDS, sizeof WORDS / sizeof WORDS[0], text, out_kind);
}

static bool is_start(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_dotted(const char *text, bool may_have_dots) {
    bool at_start = true;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '.' && may_have_dots && !at_start)
            at_start = true;
        else if (is_start(*c) || (!at_start && *c >= '0' && *c <= '9'))
            at_start = false;
        else
            return false;
    }
    return !at_start;
}

bool flinch__is_name(const char *text) {
    return is_dotted(text, false);
}

bool flinch__full_name(const char *name, json_t *space, const char *enclosing,
                       char out_full[FLINCH__NAME_BYTES]) {
    if (name == NULL || !is_dotted(name, true))
        return false;
    const char *prefix = json_is_string(space) ? json_string_value(space) : enclosing;
    if (strchr(name, '.') != NULL)
        prefix = "";
    if (prefix[0] != '\0' && !is_dotted(prefix, true))
        return false;
    flinch__kind ignored = FLINCH_KIND_NULL;
    if (flinch__primitive(name, &ignored))
        return false;
    int size = snprintf(out_full, FLINCH__NAME_BYTES, "%s%s%s", prefix,
                        prefix[0] == '\0' ? "" : ".", name);
    return size > 0 && size < FLINCH__NAME_BYTES;
}

void flinch__name_space(const char *full, char out_space[FLINCH__NAME_BYTES]) {
    const char *dot = strrchr(full, '.');
    size_t size = dot == NULL ? 0 : (size_t)(dot - full);
    memcpy(out_space, full, size);
    out_space[size] = '\0';
}

static void set_decimal(json_t *json, flinch__type *type) {
    json_int_t precision = json_integer_value(json_object_get(json, "precision"));
    json_int_t scale = json_integer_value(json_object_get(json, "scale")); /* absent is 0 */
    if (precision < 1 || scale < 0 || scale > precision || scale > SCALE_MAX)
        return;
    type->logical = FLINCH_LOGICAL_DECIMAL;
    type->scale = (uint32_t)scale;
}

void flinch__set_logical(json_t *json, flinch__type *type) {
    const char *logical = json_string_value(json_object_get(json, "logicalType"));
    if (logical == NULL)
        return;
    bool is_integer = type->kind == FLINCH_KIND_INT || type->kind == FLINCH_KIND_LONG;
    if (strcmp(logical, "decimal") == 0 &&
        (type->kind == FLINCH_KIND_BYTES || type->kind == FLINCH_KIND_FIXED))
        set_decimal(json, type);
    else if (is_integer && (strcmp(logical, "date") == 0 || strncmp(logical, "time", 4) == 0 ||
                            strncmp(logical, "local-timestamp", 15) == 0))
        type->logical = FLINCH_LOGICAL_TIME;
}
