/* The service behind `flinch run`: workers on threads, with what they share. */
#ifndef FLINCH_HOST_SERVICE_H
#define FLINCH_HOST_SERVICE_H

#include <stdatomic.h>

#include "plugin/host/config.h"
#include "plugin/host/log.h"

/* Runs until *stop; a worker that cannot go on sets it, too. OK, or the first worker's failure with
 * text. [main] */
FLINCH_MUST_CHECK flinch_status flinch__service_run(const flinch__config *config,
                                                    const flinch__log *log, atomic_bool *stop,
                                                    flinch_error *error);

#endif
