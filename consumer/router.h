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
    flinch__stream *stream; /* NULL: it is in the state topic, and fetched when a record needs it */
    size_t bytes;           /* that it takes in memory */
    uint64_t id;            /* of this route alone, from 1 on */
    uint64_t used;          /* by the router's clock, to know the one not used for longest */
    int64_t kept_at;        /* offset in the state topic of its newest state; −1: none */
    bool leaving;           /* with the commit that is under way */
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
    uint32_t held;  /* of them with a stream in memory */
    uint64_t bytes; /* of all streams in memory */
    uint64_t clock; /* of finds */
    uint64_t ids;   /* given out */
} flinch__router;

/* The route of a name in a partition, made with a new stream if it is new. A name that is not UTF-8
 * goes by its hexadecimal digits. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__router_find(flinch__router *router, int32_t partition,
                                                    const void *name, size_t name_size,
                                                    flinch__route **out_route, flinch_error *error);

/* The route of a name that is text, made without a stream if it is new. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__router_place(flinch__router *router, int32_t partition,
                                                     const void *name, size_t name_size,
                                                     flinch__route **out_route,
                                                     flinch_error *error);
/* The route of a name, or NULL. */
flinch__route *flinch__router_look(const flinch__router *router, int32_t partition,
                                   const void *name, size_t name_size);

/* Gives a route its stream, taking it over, or takes it away and frees it (NULL). [worker] */
void flinch__router_set(flinch__router *router, flinch__route *route, flinch__stream *stream);

/* The next route behind *cursor, which begins as 0; NULL behind the last. [worker] */
flinch__route *flinch__router_next(const flinch__router *router, uint32_t *cursor);

/* Forgets all streams of a partition; of every partition for −1. [worker] */
void flinch__router_drop(flinch__router *router, int32_t partition);
void flinch__router_fini(flinch__router *router);

#endif
