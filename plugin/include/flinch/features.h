/* Which fields of a record are read, and what features are made of them. */
#ifndef FLINCH_FEATURES_H
#define FLINCH_FEATURES_H

#include <stdint.h>

typedef enum flinch_transform {
    FLINCH_TRANSFORM_NONE,
    FLINCH_TRANSFORM_LOG,    /* sign(x)·ln(1 + |x|) */
    FLINCH_TRANSFORM_DELTA,  /* x − previous x of the stream; missing at first */
    FLINCH_TRANSFORM_RATE,   /* counter → per second of record time; a falling counter was reset:
                                missing for that record */
    FLINCH_TRANSFORM_ONE_HOT /* category → one feature for each listed category, 0 or 1 */
} flinch_transform;

/* One field of the input record. A decoder gives one double for each input: the number; for ONE_HOT
 * the index in `categories`, −1 for another category; NaN for missing. */
typedef struct flinch_input {
    const char *field; /* path with dots: records by name, maps by key, arrays by index */
    flinch_transform transform;
    const char *const *categories; /* of ONE_HOT alone */
    uint32_t category_count;
} flinch_input;

typedef struct flinch_input_list {
    const flinch_input *items;
    uint32_t count;
} flinch_input_list;

#endif
