/* Why a record goes to the dead letters: one stable name for each cause. */
#ifndef FLINCH_SCHEMAS_CAUSE_H
#define FLINCH_SCHEMAS_CAUSE_H

typedef enum flinch__cause {
    FLINCH_CAUSE_NONE = 0,
    FLINCH_CAUSE_TOO_SHORT,        /* fewer bytes than the wire header */
    FLINCH_CAUSE_BAD_MAGIC,        /* first byte is not 0 */
    FLINCH_CAUSE_SCHEMA_NOT_FOUND, /* the registry does not know the id */
    FLINCH_CAUSE_SCHEMA_REJECTED,  /* the schema is malformed, hostile, or binds no feature */
    FLINCH_CAUSE_TRUNCATED,        /* the record ends within a value */
    FLINCH_CAUSE_TRAILING_BYTES,   /* bytes after the record's end */
    FLINCH_CAUSE_MALFORMED,     /* bad varint, union branch, enum index, boolean, length or count */
    FLINCH_CAUSE_TOO_DEEP,      /* recursion over the bound */
    FLINCH_CAUSE_TOO_MUCH_WORK, /* more items than the record's size can justify */
    FLINCH_CAUSE_TOO_LARGE,     /* the broker would never take its score or copy */
    FLINCH_CAUSE_COUNT
} flinch__cause;

/* "TRUNCATED"; "NONE" for anything else. [any] */
const char *flinch__cause_name(flinch__cause cause);

#endif
