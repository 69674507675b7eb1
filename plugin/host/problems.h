/* The mistakes found in a configuration: all of them, in the order of the file. */
#ifndef FLINCH_HOST_PROBLEMS_H
#define FLINCH_HOST_PROBLEMS_H

#include <stdbool.h>
#include <stdint.h>

#include "flinch/status.h"

/* Enough for any honest file; a hostile one shows no more than these. */
enum { FLINCH__MAX_PROBLEMS = 100 };

/* A place in a file, both from 1; line 0: none. */
typedef struct flinch__place {
    uint32_t line;
    uint32_t column;
    bool is_override; /* not in the file, but on the command line: --set */
} flinch__place;

typedef struct flinch__problem {
    flinch__place place;
    char *text; /* "config.yaml:14:7: input.topic: …" */
} flinch__problem;

typedef struct flinch__problems {
    flinch__problem *items;
    uint32_t count;
    uint32_t dropped; /* found after the list was full, or without memory */
} flinch__problems;

void flinch__problems_init(flinch__problems *problems);
void flinch__problems_fini(flinch__problems *problems);

/* Adds "FILE:LINE:COLUMN: …", or "--set …" for an override; the text begins with the key.
 */
void flinch__problems_add(flinch__problems *problems, const char *file, flinch__place place,
                          const char *format, ...) FLINCH_PRINTF(4, 5);

/* Puts them in the order of the file; overrides come last. */
void flinch__problems_sort(flinch__problems *problems);

/* All texts, one a line, as far as they fit: for an API that has one error text. */
void flinch__problems_join(const flinch__problems *problems, flinch_error *error);

#endif
