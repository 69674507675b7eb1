/* The decode plan: an Avro writer schema compiled once into a flat program that walks a record,
 * picks the wanted fields and skips the rest. Running it allocates nothing, reads no byte past the
 * end, and needs no lock. */
#ifndef FLINCH_SCHEMAS_PLAN_H
#define FLINCH_SCHEMAS_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "flinch/features.h"
#include "flinch/status.h"
#include "schemas/cause.h"

typedef struct flinch__plan flinch__plan;

/* What is wanted of a record. All borrowed for the call of compile alone. */
typedef struct flinch__want {
    flinch_input_list inputs;
    const char *const
        *captures; /* paths whose values are handed out as they are: stream key, label */
    uint32_t capture_count;
} flinch__want;

/* A captured value. Text points into the record's bytes (or, for an enum, into the plan). */
typedef struct flinch__capture {
    enum { FLINCH_CAPTURE_NONE, FLINCH_CAPTURE_NUMBER, FLINCH_CAPTURE_TEXT } kind;
    double number;
    const char *text;
    size_t text_size;
} flinch__capture;

/* Caller's storage for one decoded record. */
typedef struct flinch__row {
    double *values;            /* [inputs]; NaN = missing; see flinch_input */
    flinch__capture *captures; /* [captures] */
    uint32_t missing;          /* inputs with no value here: absent from the schema, or null */
    uint32_t non_finite;       /* inputs that were NaN or ±Inf: made missing */
    uint32_t wrong_type;       /* inputs whose value has no meaning as a number: made missing */
    uint32_t other_category;   /* one_hot inputs with a category that is not listed */
} flinch__row;

/* How one wanted field met the schema; borrowed from the plan. */
typedef struct flinch__binding {
    const char *type; /* "double", "union(null, long)", … ; NULL if the schema has no such field */
    const char *alias;   /* the schema's own name for it, if bound by alias, else NULL */
    const char *problem; /* why it will always be missing, else NULL */
} flinch__binding;

/* Compiles a writer schema (JSON text, untrusted). Inputs that the schema lacks or whose type has
 * no numbers are bound as always missing and say so in their binding; BAD_DATA with text if the
 * schema is refused, or if inputs are wanted and none of them binds. [any] */
FLINCH_MUST_CHECK flinch_status flinch__plan_compile(const char *schema, size_t schema_size,
                                                     const flinch__want *want,
                                                     flinch__plan **out_plan, flinch_error *error);
void flinch__plan_free(flinch__plan *plan);

/* Walks one record from data[0]; writes every value and capture of `row`, and the bytes used. The
 * caller decides whether more bytes may follow. CAUSE_NONE, or why the record is bad. [any] */
FLINCH_MUST_CHECK flinch__cause flinch__plan_run(const flinch__plan *plan, const uint8_t *data,
                                                 size_t size, flinch__row *row, size_t *out_used);

/* Binding of input i. [any] */
flinch__binding flinch__plan_binding(const flinch__plan *plan, uint32_t input);

/* All numeric leaves (int, long, float, double, boolean, and unions of one of these with null)
 * under nested records, as paths in schema order, without logical dates and times and without
 * `except`. Free with flinch__paths_free. [any] */
typedef struct flinch__paths {
    char **items;
    uint32_t count;
} flinch__paths;
FLINCH_MUST_CHECK flinch_status flinch__schema_numeric_paths(const char *schema, size_t schema_size,
                                                             const char *const *except,
                                                             uint32_t except_count,
                                                             flinch__paths *out_paths,
                                                             flinch_error *error);
void flinch__paths_free(flinch__paths *paths);

#endif
