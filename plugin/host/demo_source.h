/* What the demo streams: a file of labelled records, or this machine. */
#ifndef FLINCH_HOST_DEMO_SOURCE_H
#define FLINCH_HOST_DEMO_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flinch/status.h"

enum { FLINCH__DEMO_PARTITIONS = 2 };

/* A record of the file; its bytes are Avro binary without a header. */
typedef struct flinch__demo_record {
    const uint8_t *bytes;
    uint32_t size;
    int32_t partition;
    const char *key;   /* a service's name */
    const char *truth; /* the attack's name, or "normal" */
    uint32_t truth_at; /* where in the bytes it stands */
    uint32_t truth_size;
    bool label;
} flinch__demo_record;

/* The whole file in memory. `of_partition[p][n]` is the record at offset n of partition p. */
typedef struct flinch__demo_table {
    char *schema;
    uint8_t *bytes;
    flinch__demo_record *records;
    uint32_t count;
    uint32_t *of_partition[FLINCH__DEMO_PARTITIONS];
    uint32_t partition_count[FLINCH__DEMO_PARTITIONS];
} flinch__demo_table;

/* Loads the connections that the program carries: web in partition 0, mail in partition 1. [main]
 */
FLINCH_MUST_CHECK flinch_status flinch__demo_table_load(flinch__demo_table *table,
                                                        flinch_error *error);
void flinch__demo_table_free(flinch__demo_table *table);

/* Schema of a sample of this machine's counters. */
const char *flinch__sampler_schema(void);

/* Reads /proc; what is not there is NaN. Bytes written, at most `capacity`. [any] */
size_t flinch__sampler_read(uint8_t *bytes, size_t capacity);

#endif
