/* The output record: schemas/score.avsc to bytes and back. */
#ifndef FLINCH_SCHEMAS_SCORE_CODEC_H
#define FLINCH_SCHEMAS_SCORE_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "flinch/score.h"
#include "flinch/status.h"

/* Text of score.avsc, compiled in. */
const char *flinch__score_schema(void);

/* A reason with its feature's name; strings borrowed. */
typedef struct flinch__score_record {
    const char *topic;
    size_t topic_size;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;
    const char *stream; /* its name; not NUL-terminated */
    size_t stream_size;
    flinch_score score;
    const char *features[FLINCH_MAX_REASONS]; /* names of score.reasons[i].feature */
    size_t feature_sizes[FLINCH_MAX_REASONS];
    const char *model_id;
    size_t model_id_size;
} flinch__score_record;

/* An upper bound of the encoded size. [any] */
size_t flinch__score_encoded_bytes(const flinch__score_record *record);

/* Writes Avro binary; with schema_id >= 0 behind a Confluent wire header. TOO_LARGE if it does not
 * fit. [any] */
FLINCH_MUST_CHECK flinch_status flinch__score_encode(const flinch__score_record *record,
                                                     int32_t schema_id, uint8_t *bytes,
                                                     size_t capacity, size_t *out_size);

/* Reads what encode wrote (without the wire header); strings point into `bytes`; reason feature
 * indexes are not kept in the record and become 0 … reason_count - 1. BAD_DATA. [any] */
FLINCH_MUST_CHECK flinch_status flinch__score_decode(const uint8_t *bytes, size_t size,
                                                     flinch__score_record *out_record);

#endif
