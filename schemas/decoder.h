/* From a message's bytes to a row: wire header, schema by id (cached), decode plan. */
#ifndef FLINCH_SCHEMAS_DECODER_H
#define FLINCH_SCHEMAS_DECODER_H

#include <stddef.h>
#include <stdint.h>

#include "flinch/status.h"
#include "schemas/cause.h"
#include "schemas/plan.h"
#include "schemas/registry.h"

typedef struct flinch__decoder flinch__decoder;

/* How the values of a topic are framed. */
typedef enum flinch__framing {
    FLINCH_FRAMING_CONFLUENT, /* magic 0, schema id (4 bytes, big-endian), Avro */
    FLINCH_FRAMING_NONE       /* Avro alone; needs a fixed schema */
} flinch__framing;

/* Told once for each schema id, when its plan was compiled; `plan` lists the bindings. */
typedef void flinch__schema_seen_fn(void *context, int32_t id, const flinch__plan *plan);

typedef struct flinch__decoder_config {
    flinch__want want;
    flinch__framing framing;
    const char *schema;                  /* fixed schema for every id, or NULL: ask the registry */
    flinch__registry *registry;          /* borrowed; may be NULL with a fixed schema */
    uint32_t missing_ms;                 /* how long an id that the registry lacks is waited for;
                                            then it is asked again each so often */
    flinch__schema_seen_fn *schema_seen; /* or NULL */
    void *context;
} flinch__decoder_config;

FLINCH_MUST_CHECK flinch_status flinch__decoder_new(const flinch__decoder_config *config,
                                                    flinch__decoder **out_decoder,
                                                    flinch_error *error);
void flinch__decoder_free(flinch__decoder *decoder);

/* Decodes one message. OK: row is filled. BAD_DATA: *out_cause says why it is a dead letter,
 * `error` says it for people. TRY_AGAIN or DENIED: the registry's fault, not the record's: ask
 * again later with the same bytes. `now_ms` is any monotonic clock, for the negative cache.
 * [worker] */
FLINCH_MUST_CHECK flinch_status flinch__decoder_decode(flinch__decoder *decoder,
                                                       const uint8_t *data, size_t size,
                                                       int64_t now_ms, flinch__row *row,
                                                       flinch__cause *out_cause,
                                                       flinch_error *error);

#endif
