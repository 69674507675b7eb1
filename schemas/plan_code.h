/* The program of a decode plan, shared by the compiler that writes it and the walk that runs it. */
#ifndef FLINCH_SCHEMAS_PLAN_CODE_H
#define FLINCH_SCHEMAS_PLAN_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "schemas/category.h"
#include "schemas/plan.h"
#include "schemas/schema_json.h"

/* Every value that is read goes to the `count` sinks from `first` on; none: it is stepped over.
 * Bodies of UNION, ARRAY, MAP and their like follow the instruction and end with RETURN; `next` is
 * where the walk goes on behind them. */
typedef enum flinch__op {
    FLINCH_OP_RETURN,
    FLINCH_OP_SKIP,    /* arg bytes */
    FLINCH_OP_DOUBLES, /* count doubles, one for each of the sinks: numbers all */
    FLINCH_OP_BOOLEAN, /* … the types of Avro */
    FLINCH_OP_INT,
    FLINCH_OP_LONG,
    FLINCH_OP_FLOAT,
    FLINCH_OP_DOUBLE,
    FLINCH_OP_TEXT,          /* string or bytes: a length, then as many bytes */
    FLINCH_OP_FIXED,         /* arg bytes */
    FLINCH_OP_DECIMAL,       /* a length, then the number; arg is the scale */
    FLINCH_OP_FIXED_DECIMAL, /* arg is the id of the type */
    FLINCH_OP_ENUM,          /* arg is the id of the type */
    FLINCH_OP_WRONG,         /* no bytes: the sinks ask a number of what has none */
    FLINCH_OP_UNION,         /* arg branches, their bodies' places in the table from `table` on */
    FLINCH_OP_ARRAY,         /* body: any item; arg pairs (index, body) in the table are wanted */
    FLINCH_OP_MAP,           /* body: any value; arg keys from `table` on are wanted */
    FLINCH_OP_SKIP_ARRAY,    /* arg is the width of an item, or 0: then with a body */
    FLINCH_OP_SKIP_MAP,      /* body: a value */
    FLINCH_OP_CALL           /* arg is the id of a record that is skipped whole */
} flinch__op;

typedef struct flinch__ins {
    flinch__op op;
    uint32_t first;
    uint32_t count;
    uint32_t arg;
    uint32_t table;
    uint32_t next;
} flinch__ins;

typedef enum flinch__sink_kind {
    FLINCH_SINK_NUMBER,
    FLINCH_SINK_CATEGORY,
    FLINCH_SINK_WRONG, /* an input whose value has no meaning as asked */
    FLINCH_SINK_CAPTURE
} flinch__sink_kind;

typedef struct flinch__sink {
    flinch__sink_kind kind;
    uint32_t index; /* of the input or the capture */
} flinch__sink;

typedef struct flinch__key {
    const char *text;
    uint32_t size;
    uint32_t body;
} flinch__key;

typedef struct flinch__code {
    flinch__ins *ins;
    uint32_t ins_count, ins_capacity;
    flinch__sink *sinks;
    uint32_t sink_count, sink_capacity;
    uint32_t *table;
    uint32_t table_count, table_capacity;
    flinch__key *keys;
    uint32_t key_count, key_capacity;
} flinch__code;

struct flinch__plan {
    flinch__schema *schema; /* keeps the texts of enum symbols */
    flinch__arena arena;
    flinch__code code;
    uint32_t *routines; /* [types] where a record's skipping begins */
    uint32_t input_count;
    uint32_t capture_count;
    flinch__category_set *categories; /* [inputs] */
    uint32_t *one_hot;                /* the inputs that are */
    uint32_t one_hot_count;
    flinch__binding *bindings; /* [inputs] */
};

/* Fills code, routines and bindings of a plan that has all else. */
FLINCH_MUST_CHECK flinch_status flinch__plan_emit(flinch__plan *plan, const flinch__want *want,
                                                  flinch_error *error);

/* Where the values of a type go that an input asks for, and into *out_problem why never as asked,
 * or NULL. */
flinch__sink_kind flinch__plan_judge(const flinch_input *input, const flinch__type *type,
                                     const char **out_problem);

/* Appends to the code; FLINCH_TOO_LARGE over a bound, FLINCH_NO_MEMORY. */
FLINCH_MUST_CHECK flinch_code flinch__code_ins(flinch__code *code, flinch__ins ins,
                                               uint32_t *out_at);
FLINCH_MUST_CHECK flinch_code flinch__code_sink(flinch__code *code, flinch__sink sink);
FLINCH_MUST_CHECK flinch_code flinch__code_table(flinch__code *code, uint32_t count,
                                                 uint32_t *out_at);
FLINCH_MUST_CHECK flinch_code flinch__code_keys(flinch__code *code, uint32_t count,
                                                uint32_t *out_at);
void flinch__code_fini(flinch__code *code);

#endif
