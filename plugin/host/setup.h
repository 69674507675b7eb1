/* From a configuration to what runs: features, blueprint, the settings of a worker. The one way for
 * run, demo, score and libflinch. */
#ifndef FLINCH_HOST_SETUP_H
#define FLINCH_HOST_SETUP_H

#include "consumer/worker.h"
#include "flinch/detector.h"
#include "model/stream.h"
#include "plugin/host/config.h"

enum { FLINCH__SETUP_CAPTURES = 4 };

typedef struct flinch__setup {
    const flinch__config *config;                 /* borrowed, longer-lived */
    flinch_input_list inputs;                     /* as listed, or found by `auto` */
    flinch__paths paths;                          /* of auto */
    flinch_input *found;                          /* of auto */
    const char *captures[FLINCH__SETUP_CAPTURES]; /* the stream's field first, if there is one */
    uint32_t capture_count;
    flinch__blueprint *blueprint;
} flinch__setup;

/* What a verb wants beside the features. */
typedef struct flinch__setup_request {
    const flinch__config *config;
    const flinch_detector_api *detector;
    const char *schema;          /* a writer schema, for features: auto; else may be NULL */
    const char *const *captures; /* further fields to hand out, never features of auto */
    uint32_t capture_count;
} flinch__setup_request;

/* INVALID or BAD_DATA with text. [main] */
FLINCH_MUST_CHECK flinch_status flinch__setup_init(flinch__setup *setup,
                                                   const flinch__setup_request *request,
                                                   flinch_error *error);
void flinch__setup_fini(flinch__setup *setup);

/* What the plan of a schema shall find. */
flinch__want flinch__setup_want(const flinch__setup *setup);

/* Reads a whole file, NUL-terminated, to be freed. NOT_FOUND or TOO_LARGE with text. [main] */
FLINCH_MUST_CHECK flinch_status flinch__read_file(const char *path, size_t max_bytes,
                                                  char **out_text, flinch_error *error);

#endif
