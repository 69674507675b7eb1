/* What was learned, to the state topic. Its records are keyed by what they are, so that compaction
 * keeps the newest of each; partition p holds what was learned from partition p of the input. */
#ifndef FLINCH_CONSUMER_CHECKPOINT_H
#define FLINCH_CONSUMER_CHECKPOINT_H

#include <librdkafka/rdkafka.h>

#include "consumer/commit.h"
#include "consumer/partitions.h"
#include "consumer/router.h"
#include "consumer/worker.h"

/* A stream's state is cut into records of at most so many bytes: brokers refuse those over 1 MB. */
enum { FLINCH__STATE_CHUNK_BYTES = 512 * 1024 };

/* Has something been learned that the state topic does not hold? [worker] */
bool flinch__checkpoint_differs(const flinch__partitions *partitions);

/* Produces every changed stream of each partition, and the partition's marker, into the open
 * transaction. Nothing of it counts before that is committed: then call _written and
 * _done. TRY_AGAIN with text
 * if the producer does not take it. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__checkpoint_write(rd_kafka_t *producer,
                                                         const flinch__worker_config *config,
                                                         const flinch__partitions *partitions,
                                                         const flinch__router *router,
                                                         flinch_error *error);
/* After the commit: the partitions' markers are what was written. */
void flinch__checkpoint_done(const flinch__worker_config *config, flinch__partitions *partitions);

/* Produces the streams that are leaving and have changed, without a marker. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__checkpoint_leaving(rd_kafka_t *producer,
                                                           const flinch__worker_config *config,
                                                           const flinch__partitions *partitions,
                                                           const flinch__router *router,
                                                           flinch_error *error);

/* After the commit of either: where in the state topic each stream stands now. Sorts `told`. */
void flinch__checkpoint_written(const flinch__partitions *partitions, const flinch__router *router,
                                flinch__delivery *told, uint32_t told_count);

/* Produces the skips of partitions that have new ones since the last call or checkpoint. [worker]
 */
FLINCH_MUST_CHECK flinch_status flinch__checkpoint_skips(rd_kafka_t *producer,
                                                         const flinch__worker_config *config,
                                                         flinch__partitions *partitions,
                                                         flinch_error *error);

/* What the keys of this group and configuration begin with, to be freed: group, NUL, fingerprint,
 * NUL, what makes a stream, NUL. NULL without memory. */
char *flinch__state_prefix(const flinch__worker_config *config, size_t *out_size);

#endif
