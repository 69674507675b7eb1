/* From a record to its stream: the streams in memory, by partition and name. */
#ifndef FLINCH_CONSUMER_ROUTER_H
#define FLINCH_CONSUMER_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flinch/tile.h"
#include "model/stream.h"

/* A stream and which rows sit in its open tile. */
typedef struct flinch__route {
    flinch__stream *stream;
    int32_t partition;
    char *name; /* UTF-8; not NUL-terminated */
    size_t name_size;
    uint64_t hash;
    int64_t known_to; /* offset from which on it has not learned; 0 for a new stream */
    bool changed;     /* since it was last kept in the state topic */
    uint32_t scored;  /* slots of the open tile that have their score */
    uint32_t index_of[FLINCH_TILE_ROWS]; /* what the caller calls the row in each slot */
} flinch__route;

typedef struct flinch__router {
    const flinch__blueprint *blueprint;
    flinch__route **slots; /* open addressing, power of two */
    uint32_t capacity;
    uint32_t count;
} flinch__router;

/* The route of a name in a partition, made if it is new. A name that is not UTF-8 goes by its
 * hexadecimal digits. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__router_find(flinch__router *router, int32_t partition,
                                                    const void *name, size_t name_size,
                                                    flinch__route **out_route, flinch_error *error);

/* Puts a stream in the place of the one that the name has, if any, and takes it over. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__router_put(flinch__router *router, int32_t partition,
                                                   const void *name, size_t name_size,
                                                   flinch__stream *stream,
                                                   flinch__route **out_route, flinch_error *error);

/* The next route behind *cursor, which begins as 0; NULL behind the last. [worker] */
flinch__route *flinch__router_next(const flinch__router *router, uint32_t *cursor);

/* Forgets all streams of a partition; of every partition for −1. [worker] */
void flinch__router_drop(flinch__router *router, int32_t partition);
void flinch__router_fini(flinch__router *router);

#endif
