/* The demo: the whole pipeline of `run` in one process, on the demonstration broker. */
#ifndef FLINCH_HOST_DEMO_H
#define FLINCH_HOST_DEMO_H

#include <stdatomic.h>
#include <stdbool.h>

#include "flinch/detector.h"
#include "plugin/host/config.h"
#include "plugin/host/log.h"

typedef struct flinch__demo_options {
    bool live;      /* this machine instead of the connections */
    bool json;      /* one object at the end, nothing else on standard output */
    double rate;    /* records a second; 0: as fast as possible */
    double seconds; /* stop after so long; 0: at the end of the data */
    const flinch__config *config;
    const flinch_detector_api *detector;
    const flinch__log *log;
    const atomic_bool *stop;
} flinch__demo_options;

/* YAML of the demo, live or not: what a user could write, but for the broker. */
const char *flinch__demo_config(bool live);

/* Runs it to its end. FATAL with text if a part of it fails. [main] */
FLINCH_MUST_CHECK flinch_status flinch__demo_run(const flinch__demo_options *options,
                                                 flinch_error *error);

#endif
