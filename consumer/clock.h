/* The clock that deadlines are counted by. */
#ifndef FLINCH_CONSUMER_CLOCK_H
#define FLINCH_CONSUMER_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since some moment; never goes back. [any] */
static inline int64_t flinch__monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
