/* Rows to their streams' tiles, and scores back: the one way into the model, for a topic's records
 * as for a file's. */
#ifndef FLINCH_CONSUMER_FEEDER_H
#define FLINCH_CONSUMER_FEEDER_H

#include "consumer/router.h"
#include "flinch/score.h"
#include "schemas/plan.h"

/* Rows that may wait for their scores at once. */
enum { FLINCH__FEEDER_ROWS = 1024 };

/* Gives a route the stream that the state topic holds. TRY_AGAIN or FATAL with text. */
typedef flinch_status flinch__fetch_fn(void *context, flinch__route *route, flinch_error *error);

typedef struct flinch__feeder {
    flinch__router router;
    flinch__fetch_fn *fetch; /* or NULL: every stream is in memory */
    void *fetch_context;
    flinch_score *scores;    /* [FEEDER_ROWS] by the index that the row was fed with */
    flinch__route **touched; /* [FEEDER_ROWS] routes with slots that have no score yet */
    uint32_t touched_count;
    void *scratch; /* of the detectors */
} flinch__feeder;

/* Of a stream's name in the record; in a score it may take twice as many (output.c). */
enum { FLINCH__STREAM_NAME_BYTES = 1024 };

/* One decoded record. */
typedef struct flinch__feed {
    int32_t partition;
    const void *name; /* of its stream */
    size_t name_size;
    const double *inputs;
    int64_t timestamp_ms;
    int64_t offset;   /* in its partition */
    bool unpublished; /* nobody asks for its score */
    uint32_t index;   /* where its score goes: 0 … FEEDER_ROWS - 1, each once until settle */
} flinch__feed;

FLINCH_MUST_CHECK flinch_status flinch__feeder_init(flinch__feeder *feeder,
                                                    const flinch__blueprint *blueprint,
                                                    flinch_error *error);
void flinch__feeder_fini(flinch__feeder *feeder);

/* Puts a row into its stream's tile; a tile that it fills is scored to its end and then learned
 * from: the one moment at which state changes. FATAL with text if the detector fails; what fetch
 * says if the stream is to be fetched and cannot be: the row is then not taken. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__feeder_feed(flinch__feeder *feeder,
                                                    const flinch__feed *feed,
                                                    flinch__route **out_route, flinch_error *error);

/* Scores what has no score yet: after it scores[index] is there for every row fed. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__feeder_settle(flinch__feeder *feeder, flinch_error *error);

/* Forgets the streams of a partition, of all for −1, and every row that waits. [worker] */
void flinch__feeder_drop(flinch__feeder *feeder, int32_t partition);

/* A captured value as a stream's name: its text, or its number written into `text`. */
void flinch__capture_name(const flinch__capture *capture, char *text, size_t size,
                          const void **out_name, size_t *out_size);

#endif
