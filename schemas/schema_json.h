/* A writer schema as a tree of our own: read from JSON text that nobody vouches for, checked until
 * walking it, and walking records by it, is safe. */
#ifndef FLINCH_SCHEMAS_SCHEMA_JSON_H
#define FLINCH_SCHEMAS_SCHEMA_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "flinch/status.h"
#include "schemas/arena.h"

/* Bounds on a schema; over one of them it is refused. */
enum {
    FLINCH__SCHEMA_BYTES = 1 << 20,
    FLINCH__SCHEMA_DEPTH = 64,
    FLINCH__SCHEMA_FIELDS = 4096, /* of all records together */
    FLINCH__SCHEMA_SYMBOLS = 65536,
    FLINCH__SCHEMA_BRANCHES = 1024,
    FLINCH__SCHEMA_FIXED_BYTES = 1 << 20
};

typedef enum flinch__kind {
    FLINCH_KIND_NULL,
    FLINCH_KIND_BOOLEAN,
    FLINCH_KIND_INT,
    FLINCH_KIND_LONG,
    FLINCH_KIND_FLOAT,
    FLINCH_KIND_DOUBLE,
    FLINCH_KIND_BYTES,
    FLINCH_KIND_STRING,
    FLINCH_KIND_FIXED,
    FLINCH_KIND_ENUM,
    FLINCH_KIND_RECORD,
    FLINCH_KIND_ARRAY,
    FLINCH_KIND_MAP,
    FLINCH_KIND_UNION
} flinch__kind;

typedef enum flinch__logical {
    FLINCH_LOGICAL_NONE,
    FLINCH_LOGICAL_DECIMAL,
    FLINCH_LOGICAL_TIME /* date, time-…, timestamp-…, local-timestamp-… */
} flinch__logical;

/* A type whose bytes can be stepped over without a look has a width; others vary. Booleans vary
 * too: a skipped one is still checked to be 0 or 1. */
enum { FLINCH__WIDTH_VARIES = -1, FLINCH__WIDTH_MAX = 1 << 30 };

typedef struct flinch__type flinch__type;

typedef struct flinch__field {
    const char *name;
    const char **aliases;
    uint32_t alias_count;
    flinch__type *type;
} flinch__field;

struct flinch__type {
    flinch__kind kind;
    flinch__logical logical;
    uint32_t id;    /* index in flinch__schema.types */
    uint32_t scale; /* of a decimal */
    uint32_t size;  /* of a fixed */
    int32_t width;
    uint32_t measuring; /* 0 not yet, 1 at it, 2 done */
    uint32_t count;     /* of fields, symbols or branches; 1 for array and map */
    const char *name;   /* full name of record, enum and fixed */
    flinch__field *fields;
    const char **symbols;
    flinch__type **branches; /* of a union; [0] is what an array or a map holds */
};

typedef struct flinch__schema {
    flinch__arena arena;
    flinch__type *root;
    flinch__type **types; /* every node once */
    uint32_t type_count;
    uint32_t type_capacity;
    uint32_t field_count;
} flinch__schema;

/* Reads and vets a schema. A list whose earlier entries are definitions that a later entry refers
 * to is a bundle: its last entry is the schema. BAD_DATA with text. [any] */
FLINCH_MUST_CHECK flinch_status flinch__schema_parse(const char *text, size_t size,
                                                     flinch__schema **out_schema,
                                                     flinch_error *error);
void flinch__schema_free(flinch__schema *schema);

/* "double", "union(null, long)", "record(a.b.C)": cut to `capacity`. */
void flinch__type_describe(const flinch__type *type, char *text, size_t capacity);

/* Finds the width of every type; BAD_DATA for a record that holds itself, or an array whose items
 * take no bytes (a few bytes could claim any number of them). */
FLINCH_MUST_CHECK flinch_status flinch__schema_measure(flinch__schema *schema, flinch_error *error);

/* The second opinion: BAD_DATA if Avro C does not read the text as a schema. [any] */
FLINCH_MUST_CHECK flinch_status flinch__schema_second_opinion(const char *text, size_t size,
                                                              flinch_error *error);

#endif
