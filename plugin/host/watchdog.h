/* Ends the process where librdkafka does not come back: what was not committed is done again by the
 * next one, so that nothing is lost, and a service that stands still is the worse outcome. */
#ifndef FLINCH_HOST_WATCHDOG_H
#define FLINCH_HOST_WATCHDOG_H

#include <pthread.h>

#include "consumer/watch.h"
#include "flinch/status.h"
#include "plugin/host/log.h"

typedef struct flinch__watchdog {
    const flinch__log *log;
    const atomic_bool *stop;
    flinch__watch *const *watches; /* of the workers */
    uint32_t count;
    int64_t tell_after_ms; /* that a call lasts */
    int64_t call_limit_ms; /* a call that lasts longer ends the process: EX_TEMPFAIL */
    int64_t stop_limit_ms; /* so does a stop: EX_OK */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ends;
    bool ended; /* by lock */
} flinch__watchdog;

/* Begins to watch; the fields up to the limits are the caller's. FATAL without a thread. [main] */
FLINCH_MUST_CHECK flinch_status flinch__watchdog_start(flinch__watchdog *dog, flinch_error *error);

/* After all is closed. [main] */
void flinch__watchdog_end(flinch__watchdog *dog);

#endif
