/* The one table of settings: it parses, validates and documents. */
#ifndef FLINCH_HOST_CONFIG_TABLE_H
#define FLINCH_HOST_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What a value looks like, and the type of its field in flinch__config. */
typedef enum flinch__kind {
    FLINCH_KIND_TEXT,     /* const char * */
    FLINCH_KIND_SECRET,   /* const char *, never shown */
    FLINCH_KIND_TOPIC,    /* const char *, a legal topic name */
    FLINCH_KIND_URL,      /* const char * */
    FLINCH_KIND_ADDRESS,  /* const char *, NULL for none */
    FLINCH_KIND_PATH,     /* const char *, absolute */
    FLINCH_KIND_WHOLE,    /* uint32_t */
    FLINCH_KIND_WIDE,     /* uint64_t */
    FLINCH_KIND_REAL,     /* double */
    FLINCH_KIND_DURATION, /* uint32_t, ms */
    FLINCH_KIND_SIZE,     /* uint64_t, bytes */
    FLINCH_KIND_CHOICE,   /* an enum, by index in `choices` */
    FLINCH_KIND_STREAM,   /* the others have readers of their own */
    FLINCH_KIND_START,
    FLINCH_KIND_FEATURES,
    FLINCH_KIND_KAFKA
} flinch__kind;

typedef struct flinch__setting {
    const char *name; /* with dots: section and key */
    flinch__kind kind;
    size_t offset; /* in flinch__config */
    double low;    /* of numbers, inclusive; ms or bytes for those with units */
    double high;
    const char *choices;  /* "learn|score" */
    const char *fallback; /* the default, as it would be written; NULL: none */
    const char *computed; /* the default in words, where it depends on others */
    const char *doc;
} flinch__setting;

enum { FLINCH__MAX_SETTINGS = 64, FLINCH__MAX_EXPECTED = 160 };

const flinch__setting *flinch__settings(uint32_t *out_count);

/* Settings of the built-in detector, without a field: they are handed on as options. */
const flinch__setting *flinch__detector_settings(uint32_t *out_count);

/* The setting of a dotted name, or NULL. */
const flinch__setting *flinch__setting_find(const char *name);

/* Is there a setting in this section? */
bool flinch__setting_is_section(const char *name);

/* Index in the table. */
uint32_t flinch__setting_index(const flinch__setting *setting);

/* "a whole number from 1 to 64": what a value must be. */
const char *flinch__setting_expected(const flinch__setting *setting,
                                     char text[FLINCH__MAX_EXPECTED]);

/* Every setting with type, range, default and meaning, and every librdkafka property with whether
 * it is allowed, and if not, why. */
void flinch__settings_print_reference(FILE *out);

#endif
