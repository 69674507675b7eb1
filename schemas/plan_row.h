/* The state of a walk, and how a value that it met gets into the row. */
#ifndef FLINCH_SCHEMAS_PLAN_ROW_H
#define FLINCH_SCHEMAS_PLAN_ROW_H

#include <math.h>

#include "schemas/plan_code.h"

typedef struct flinch__walk {
    const flinch__plan *plan;
    const uint8_t *at;
    const uint8_t *end;
    flinch__row *row;
    size_t work_left;
    uint32_t depth; /* calls within calls */
    flinch__cause cause;
} flinch__walk;

typedef struct flinch__value {
    bool is_number;
    double number;
    const char *text; /* its name as a category, if it has one */
    size_t size;
} flinch__value;

/* While walking, a value of +Inf stands for "not finite" and -Inf for "wrong type": neither can
 * come from a record. The tally at the end counts them, once each, and makes them NaN. */
static inline double flinch__finite_or_mark(double value) {
    return isfinite(value) ? value : (double)INFINITY;
}

void flinch__row_clear(const flinch__plan *plan, flinch__row *row);
void flinch__row_tally(const flinch__plan *plan, flinch__row *row);

/* Gives a value to the sinks of an instruction; nothing once the walk has failed. */
void flinch__deliver(flinch__walk *w, const flinch__ins *ins, const flinch__value *v);
void flinch__deliver_number(flinch__walk *w, const flinch__ins *ins, double number);
void flinch__deliver_text(flinch__walk *w, const flinch__ins *ins, const char *text, size_t size);
/* Also as decimal text, for a category such as a port number. */
void flinch__deliver_integer(flinch__walk *w, const flinch__ins *ins, int64_t number);

/* A big-endian number in two's complement, divided by 10^scale; exact up to 53 bits and 10²². */
double flinch__decimal(const uint8_t *bytes, size_t size, uint32_t scale);

#endif
