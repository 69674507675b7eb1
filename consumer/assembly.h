/* The chunks of one stream's state, put together as they come. */
#ifndef FLINCH_CONSUMER_ASSEMBLY_H
#define FLINCH_CONSUMER_ASSEMBLY_H

#include <stdbool.h>

#include "schemas/state_codec.h"

typedef struct flinch__assembly {
    bool with_bytes; /* else only where it stands is of interest */
    char *name;
    size_t name_size;
    uint8_t *bytes;
    size_t size;
    int64_t offset; /* of the input */
    int64_t at;     /* of the first chunk, in the state topic */
    uint32_t next;  /* chunk; 0: none is open */
} flinch__assembly;

/* Takes a chunk; true when the stream is whole. Chunks of a stream stand in a row: of what
 * compaction has left of an older state, none fits. Short of memory, a stream is never whole. */
bool flinch__assembly_take(flinch__assembly *assembly, const flinch__state_record *record,
                           int64_t at);
void flinch__assembly_fini(flinch__assembly *assembly);

#endif
