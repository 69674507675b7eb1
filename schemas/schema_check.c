#include "schemas/schema_json.h"

#include <avro.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const KIND_NAMES[] = {"null",   "boolean", "int",    "long",  "float",
                                         "double", "bytes",   "string", "fixed", "enum",
                                         "record", "array",   "map",    "union"};

static flinch_status measure(flinch__type *type, flinch_error *error);

static flinch_status measure_record(flinch__type *record, flinch_error *error) {
    int64_t width = 0;
    for (uint32_t i = 0; i < record->count; i++) {
        flinch__type *type = record->fields[i].type;
        FLINCH_TRY(measure(type, error));
        if (type->width < 0 || width < 0)
            width = FLINCH__WIDTH_VARIES;
        else
            width += type->width;
        if (width > FLINCH__WIDTH_MAX)
            width = FLINCH__WIDTH_VARIES;
    }
    record->width = (int32_t)width;
    return flinch_status_of(FLINCH_OK);
}

static int32_t leaf_width(const flinch__type *type) {
    switch (type->kind) {
    case FLINCH_KIND_NULL:
        return 0;
    case FLINCH_KIND_FLOAT:
        return 4;
    case FLINCH_KIND_DOUBLE:
        return 8;
    case FLINCH_KIND_FIXED:
        return (int32_t)type->size;
    case FLINCH_KIND_BOOLEAN:
    case FLINCH_KIND_INT:
    case FLINCH_KIND_LONG:
    case FLINCH_KIND_BYTES:
    case FLINCH_KIND_STRING:
    case FLINCH_KIND_ENUM:
    case FLINCH_KIND_RECORD:
    case FLINCH_KIND_ARRAY:
    case FLINCH_KIND_MAP:
    case FLINCH_KIND_UNION:
        break;
    }
    return FLINCH__WIDTH_VARIES;
}

/* Follows records in records alone: a union, array or map between ends a recursion. */
static flinch_status measure(flinch__type *type, flinch_error *error) {
    if (type->measuring == 2)
        return flinch_status_of(FLINCH_OK);
    if (type->measuring == 1)
        return flinch_fail(error, FLINCH_BAD_DATA, "schema: record %.80s holds itself: endless",
                           type->name);
    type->measuring = 1;
    if (type->kind == FLINCH_KIND_RECORD)
        FLINCH_TRY(measure_record(type, error));
    else
        type->width = leaf_width(type);
    type->measuring = 2;
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__schema_measure(flinch__schema *schema, flinch_error *error) {
    for (uint32_t i = 0; i < schema->type_count; i++)
        FLINCH_TRY(measure(schema->types[i], error));
    for (uint32_t i = 0; i < schema->type_count; i++) {
        const flinch__type *type = schema->types[i];
        if (type->kind == FLINCH_KIND_ARRAY && type->branches[0]->width == 0)
            return flinch_fail(error, FLINCH_BAD_DATA,
                               "schema: an array's items take no bytes: no bound on their number");
    }
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__schema_second_opinion(const char *text, size_t size, flinch_error *error) {
    /* Avro C keeps its error text in a global: one thread at a time. */
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    avro_schema_t schema = NULL;
    bool agreed = avro_schema_from_json_length(text, size, &schema) == 0;
    if (agreed)
        avro_schema_decref(schema);
    pthread_mutex_unlock(&lock);
    if (!agreed)
        return flinch_fail(error, FLINCH_BAD_DATA, "schema: Avro C does not accept it");
    return flinch_status_of(FLINCH_OK);
}

static void append(char *text, size_t capacity, const char *more) {
    size_t used = strlen(text);
    if (used + 1 < capacity)
        (void)snprintf(text + used, capacity - used, "%s", more);
}

void flinch__type_describe(const flinch__type *type, char *text, size_t capacity) {
    (void)snprintf(text, capacity, "%s", KIND_NAMES[type->kind]);
    if (type->kind == FLINCH_KIND_UNION) {
        for (uint32_t i = 0; i < type->count; i++) {
            append(text, capacity, i == 0 ? "(" : ", ");
            append(text, capacity, KIND_NAMES[type->branches[i]->kind]);
        }
        append(text, capacity, ")");
    } else if (type->logical == FLINCH_LOGICAL_DECIMAL) {
        append(text, capacity, "(decimal)");
    } else if (type->kind == FLINCH_KIND_RECORD) {
        append(text, capacity, "(");
        append(text, capacity, type->name);
        append(text, capacity, ")");
    }
}
