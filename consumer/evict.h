/* Streams that are not needed now leave memory: what they learned is in the state topic. */
#ifndef FLINCH_CONSUMER_EVICT_H
#define FLINCH_CONSUMER_EVICT_H

#include <stdbool.h>

#include "consumer/router.h"

/* If the streams take more than `budget` bytes, those not used for longest are to leave, until a
 * tenth of it is free. *out_changed: one of them has to be kept first. False without memory.
 * [worker] */
bool flinch__evict_choose(flinch__router *router, uint64_t budget, bool *out_changed);

/* Takes those out of memory that are leaving and kept; returns how many. [worker] */
uint32_t flinch__evict_leaving(flinch__router *router);

#endif
