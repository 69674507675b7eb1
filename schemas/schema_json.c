#include "schemas/schema_json.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/schema_names.h"

typedef struct parser {
    flinch__schema *schema;
    json_t *names;      /* full name → id of the type */
    json_int_t bundled; /* ids below were defined by earlier entries of a top-level list */
    bool refers_back;   /* a name below `bundled` was used */
    flinch_error *error;
} parser;

/* Every failure of the parser ends here, so that it always names the schema as the culprit. */
#define REFUSE(parser_, ...) flinch_fail((parser_)->error, FLINCH_BAD_DATA, "schema: " __VA_ARGS__)

static flinch_status no_memory(const parser *p) {
    return flinch_fail(p->error, FLINCH_NO_MEMORY, "no memory for a schema");
}

static flinch_status parse_type(parser *p, json_t *json, const char *space,
                                flinch__type **out_type);

/* NULL for want of memory. */
static flinch__type *add_type(parser *p, flinch__kind kind) {
    flinch__schema *schema = p->schema;
    if (schema->type_count == schema->type_capacity) {
        uint32_t capacity = schema->type_capacity == 0 ? 64 : 2 * schema->type_capacity;
        flinch__type **types = realloc(schema->types, capacity * sizeof(flinch__type *));
        if (types == NULL)
            return NULL;
        schema->types = types;
        schema->type_capacity = capacity;
    }
    flinch__type *type = flinch__arena_alloc(&schema->arena, 1, sizeof *type);
    if (type == NULL)
        return NULL;
    type->kind = kind;
    type->id = schema->type_count;
    schema->types[schema->type_count++] = type;
    return type;
}

static flinch_status copy_text(parser *p, const char *text, const char **out_copy) {
    *out_copy = flinch__arena_text(&p->schema->arena, text, strlen(text));
    return *out_copy == NULL ? no_memory(p) : flinch_status_of(FLINCH_OK);
}

/* A set of texts: jansson's hash is seeded, so that a hostile list cannot make it slow. */
static flinch_status add_unique(parser *p, json_t *set, const char *text, const char *what) {
    if (json_object_get(set, text) != NULL)
        return REFUSE(p, "two %s are called %.80s", what, text);
    return json_object_set_new(set, text, json_true()) == 0 ? flinch_status_of(FLINCH_OK)
                                                            : no_memory(p);
}

static flinch_status define_name(parser *p, json_t *json, const char *space, flinch__type *type) {
    char full[FLINCH__NAME_BYTES];
    if (!flinch__full_name(json_string_value(json_object_get(json, "name")),
                           json_object_get(json, "namespace"), space, full))
        return REFUSE(p, "a record, enum or fixed has no valid name");
    if (json_object_get(p->names, full) != NULL)
        return REFUSE(p, "two types are called %.80s", full);
    if (json_object_set_new(p->names, full, json_integer(type->id)) != 0)
        return no_memory(p);
    return copy_text(p, full, &type->name);
}

static flinch_status parse_aliases(parser *p, json_t *json, flinch__field *field) {
    json_t *aliases = json_object_get(json, "aliases");
    if (aliases == NULL)
        return flinch_status_of(FLINCH_OK);
    if (!json_is_array(aliases))
        return REFUSE(p, "aliases of field %.80s are not a list", field->name);
    size_t count = json_array_size(aliases);
    field->aliases = flinch__arena_alloc(&p->schema->arena, count, sizeof *field->aliases);
    if (field->aliases == NULL)
        return no_memory(p);
    for (size_t i = 0; i < count; i++) {
        const char *alias = json_string_value(json_array_get(aliases, i));
        if (alias == NULL)
            return REFUSE(p, "an alias of field %.80s is not text", field->name);
        FLINCH_TRY(copy_text(p, alias, &field->aliases[i]));
    }
    field->alias_count = (uint32_t)count;
    return flinch_status_of(FLINCH_OK);
}

static flinch_status parse_field(parser *p, json_t *json, const char *space, flinch__field *field) {
    const char *name = json_string_value(json_object_get(json, "name"));
    if (name == NULL || !flinch__is_name(name))
        return REFUSE(p, "a field has no valid name");
    FLINCH_TRY(copy_text(p, name, &field->name));
    FLINCH_TRY(parse_aliases(p, json, field));
    json_t *type = json_object_get(json, "type");
    if (type == NULL)
        return REFUSE(p, "field %.80s has no type", field->name);
    return parse_type(p, type, space, &field->type);
}

static flinch_status parse_fields(parser *p, json_t *fields, flinch__type *record, json_t *seen) {
    char space[FLINCH__NAME_BYTES];
    flinch__name_space(record->name, space);
    for (uint32_t i = 0; i < record->count; i++) {
        FLINCH_TRY(parse_field(p, json_array_get(fields, i), space, &record->fields[i]));
        FLINCH_TRY(add_unique(p, seen, record->fields[i].name, "fields of one record"));
    }
    return flinch_status_of(FLINCH_OK);
}

static flinch_status parse_record(parser *p, json_t *json, const char *space, flinch__type *type) {
    FLINCH_TRY(define_name(p, json, space, type));
    json_t *fields = json_object_get(json, "fields");
    size_t count = json_array_size(fields);
    if (!json_is_array(fields))
        return REFUSE(p, "record %.80s has no list of fields", type->name);
    if (count > FLINCH__SCHEMA_FIELDS - p->schema->field_count)
        return REFUSE(p, "more than %d fields", FLINCH__SCHEMA_FIELDS);
    p->schema->field_count += (uint32_t)count;
    type->fields = flinch__arena_alloc(&p->schema->arena, count, sizeof *type->fields);
    json_t *seen = json_object();
    if (type->fields == NULL || seen == NULL) {
        json_decref(seen);
        return no_memory(p);
    }
    type->count = (uint32_t)count;
    flinch_status status = parse_fields(p, fields, type, seen);
    json_decref(seen);
    return status;
}

static flinch_status parse_symbols(parser *p, json_t *symbols, flinch__type *type, json_t *seen) {
    for (uint32_t i = 0; i < type->count; i++) {
        const char *symbol = json_string_value(json_array_get(symbols, i));
        if (symbol == NULL || !flinch__is_name(symbol))
            return REFUSE(p, "enum %.80s has a symbol that is no name", type->name);
        FLINCH_TRY(add_unique(p, seen, symbol, "symbols of one enum"));
        FLINCH_TRY(copy_text(p, symbol, &type->symbols[i]));
    }
    return flinch_status_of(FLINCH_OK);
}

static flinch_status parse_enum(parser *p, json_t *json, const char *space, flinch__type *type) {
    FLINCH_TRY(define_name(p, json, space, type));
    json_t *symbols = json_object_get(json, "symbols");
    size_t count = json_array_size(symbols);
    if (count == 0 || count > FLINCH__SCHEMA_SYMBOLS)
        return REFUSE(p, "enum %.80s has not 1 to %d symbols", type->name, FLINCH__SCHEMA_SYMBOLS);
    type->symbols = flinch__arena_alloc(&p->schema->arena, count, sizeof *type->symbols);
    json_t *seen = json_object();
    if (type->symbols == NULL || seen == NULL) {
        json_decref(seen);
        return no_memory(p);
    }
    type->count = (uint32_t)count;
    flinch_status status = parse_symbols(p, symbols, type, seen);
    json_decref(seen);
    return status;
}

static flinch_status parse_fixed(parser *p, json_t *json, const char *space, flinch__type *type) {
    FLINCH_TRY(define_name(p, json, space, type));
    json_t *size = json_object_get(json, "size");
    json_int_t bytes = json_integer_value(size); /* 0 if it is no integer */
    if (bytes < 1 || bytes > FLINCH__SCHEMA_FIXED_BYTES)
        return REFUSE(p, "fixed %.80s has not 1 to %d bytes", type->name,
                      FLINCH__SCHEMA_FIXED_BYTES);
    type->size = (uint32_t)bytes;
    return flinch_status_of(FLINCH_OK);
}

static flinch_status parse_holder(parser *p, json_t *json, const char *space, flinch__type *type) {
    bool is_array = type->kind == FLINCH_KIND_ARRAY;
    json_t *items = json_object_get(json, is_array ? "items" : "values");
    if (items == NULL)
        return REFUSE(p, "%s", is_array ? "an array has no items" : "a map has no values");
    type->branches = flinch__arena_alloc(&p->schema->arena, 1, sizeof(flinch__type *));
    if (type->branches == NULL)
        return no_memory(p);
    FLINCH_TRY(parse_type(p, items, space, &type->branches[0]));
    type->count = 1;
    return flinch_status_of(FLINCH_OK);
}

/* Two branches clash if a writer could not tell them apart: one name, or one unnamed kind. */
static bool clash(const flinch__type *a, const flinch__type *b) {
    if (a->name != NULL || b->name != NULL)
        return a == b;
    return a->kind == b->kind;
}

static flinch_status parse_union(parser *p, json_t *json, const char *space,
                                 flinch__type **out_type) {
    size_t count = json_array_size(json);
    if (count == 0 || count > FLINCH__SCHEMA_BRANCHES)
        return REFUSE(p, "a union has not 1 to %d branches", FLINCH__SCHEMA_BRANCHES);
    flinch__type *type = add_type(p, FLINCH_KIND_UNION);
    if (type == NULL)
        return no_memory(p);
    type->branches = flinch__arena_alloc(&p->schema->arena, count, sizeof(flinch__type *));
    if (type->branches == NULL)
        return no_memory(p);
    for (uint32_t i = 0; i < count; i++) {
        flinch__type *branch = NULL;
        FLINCH_TRY(parse_type(p, json_array_get(json, i), space, &branch));
        if (branch->kind == FLINCH_KIND_UNION)
            return REFUSE(p, "a union directly in a union");
        for (uint32_t k = 0; k < i; k++) {
            if (clash(branch, type->branches[k]))
                return REFUSE(p, "two branches of a union have the same type");
        }
        type->branches[i] = branch;
    }
    type->count = (uint32_t)count;
    *out_type = type;
    return flinch_status_of(FLINCH_OK);
}

static flinch_status parse_reference(parser *p, const char *name, const char *space,
                                     flinch__type **out_type) {
    flinch__kind kind = FLINCH_KIND_NULL;
    if (flinch__primitive(name, &kind)) {
        *out_type = add_type(p, kind);
        return *out_type == NULL ? no_memory(p) : flinch_status_of(FLINCH_OK);
    }
    char full[FLINCH__NAME_BYTES];
    json_t *id = NULL;
    if (flinch__full_name(name, NULL, space, full))
        id = json_object_get(p->names, full);
    if (id == NULL && flinch__full_name(name, NULL, "", full))
        id = json_object_get(p->names, full);
    if (id == NULL || p->schema->types == NULL)
        return REFUSE(p, "a type is named that it does not define");
    if (json_integer_value(id) < p->bundled)
        p->refers_back = true;
    *out_type = p->schema->types[json_integer_value(id)];
    return flinch_status_of(FLINCH_OK);
}

static flinch_status parse_complex(parser *p, json_t *json, flinch__kind kind, const char *space,
                                   flinch__type **out_type) {
    flinch__type *type = add_type(p, kind);
    if (type == NULL)
        return no_memory(p);
    *out_type = type;
    if (kind == FLINCH_KIND_RECORD)
        return parse_record(p, json, space, type);
    if (kind == FLINCH_KIND_ENUM)
        return parse_enum(p, json, space, type);
    if (kind == FLINCH_KIND_FIXED)
        FLINCH_TRY(parse_fixed(p, json, space, type));
    else if (kind == FLINCH_KIND_ARRAY || kind == FLINCH_KIND_MAP)
        FLINCH_TRY(parse_holder(p, json, space, type));
    flinch__set_logical(json, type);
    return flinch_status_of(FLINCH_OK);
}

static flinch_status parse_type(parser *p, json_t *json, const char *space,
                                flinch__type **out_type) {
    if (json_is_array(json))
        return parse_union(p, json, space, out_type);
    if (json_is_string(json))
        return parse_reference(p, json_string_value(json), space, out_type);
    json_t *inner = json_object_get(json, "type");
    if (inner == NULL)
        return REFUSE(p, "something that should be a type is none");
    flinch__kind kind = FLINCH_KIND_NULL;
    if (json_is_string(inner) && (flinch__primitive(json_string_value(inner), &kind) ||
                                  flinch__complex(json_string_value(inner), &kind)))
        return parse_complex(p, json, kind, space, out_type);
    return parse_type(p, inner, space, out_type);
}

/* A top-level list is a union, or a bundle: the definitions that a schema refers to, then the
 * schema. Only the latter refers back; its last entry may itself be a union. */
static flinch_status parse_list(parser *p, json_t *list) {
    size_t count = json_array_size(list);
    size_t definitions = 0;
    while (definitions < count && json_is_object(json_array_get(list, definitions)))
        definitions++;
    json_t *last = count == 0 ? NULL : json_array_get(list, count - 1);
    if (definitions + 1 < count || last == NULL)
        return parse_type(p, list, "", &p->schema->root);
    for (size_t i = 0; i < count; i++) {
        p->bundled = p->schema->type_count;
        FLINCH_TRY(parse_type(p, json_array_get(list, i), "", &p->schema->root));
    }
    if (p->refers_back || json_is_array(last))
        return flinch_status_of(FLINCH_OK);
    json_object_clear(p->names);
    p->schema->type_count = 0; /* what was read so far stays in the arena, unused */
    p->schema->field_count = 0;
    p->bundled = 0;
    return parse_type(p, list, "", &p->schema->root);
}

static bool shallow(json_t *json, int depth) {
    if (depth > FLINCH__SCHEMA_DEPTH)
        return false;
    size_t index;
    const char *key;
    json_t *value;
    if (json_is_array(json)) {
        json_array_foreach(json, index, value) {
            if (!shallow(value, depth + 1))
                return false;
        }
    } else if (json_is_object(json)) {
        json_object_foreach(json, key, value) {
            if (!shallow(value, depth + 1))
                return false;
        }
    }
    return true;
}

static flinch_status parse_root(parser *p, json_t *json) {
    if (!shallow(json, 0))
        return REFUSE(p, "nested deeper than %d", FLINCH__SCHEMA_DEPTH);
    if (json_is_array(json))
        return parse_list(p, json);
    return parse_type(p, json, "", &p->schema->root);
}

static flinch_status parse_text(parser *p, const char *text, size_t size) {
    if (size > FLINCH__SCHEMA_BYTES)
        return REFUSE(p, "%zu bytes, over the bound of %d", size, FLINCH__SCHEMA_BYTES);
    json_error_t where;
    json_t *json = json_loadb(text, size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &where);
    if (json == NULL)
        return REFUSE(p, "not JSON at line %d, column %d", where.line, where.column);
    flinch_status status = parse_root(p, json);
    json_decref(json);
    FLINCH_TRY(status);
    FLINCH_TRY(flinch__schema_measure(p->schema, p->error));
    return flinch__schema_second_opinion(text, size, p->error);
}

flinch_status flinch__schema_parse(const char *text, size_t size, flinch__schema **out_schema,
                                   flinch_error *error) {
    *out_schema = NULL;
    parser p = {.schema = calloc(1, sizeof *p.schema), .names = json_object(), .error = error};
    flinch_status status =
        p.schema == NULL || p.names == NULL ? no_memory(&p) : parse_text(&p, text, size);
    json_decref(p.names);
    if (flinch_is_ok(status))
        *out_schema = p.schema;
    else
        flinch__schema_free(p.schema);
    return status;
}

void flinch__schema_free(flinch__schema *schema) {
    if (schema == NULL)
        return;
    free(schema->types);
    flinch__arena_fini(&schema->arena);
    free(schema);
}
