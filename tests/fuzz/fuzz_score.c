/* Bytes off the topic of scores, as the demo's view reads them; and what was read, written anew,
 * must read the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/score_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *encode(const flinch__score_record *record, size_t *out_size) {
    size_t capacity = flinch__score_encoded_bytes(record);
    uint8_t *bytes = malloc(capacity);
    if (bytes == NULL || !flinch_is_ok(flinch__score_encode(record, -1, bytes, capacity, out_size)))
        abort();
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    flinch__score_record record;
    flinch__score_record back;
    size_t once_size = 0;
    size_t twice_size = 0;
    if (!flinch_is_ok(flinch__score_decode(data, size, &record)))
        return 0;
    if (record.score.reason_count > FLINCH_MAX_REASONS)
        abort();
    uint8_t *once = encode(&record, &once_size);
    if (!flinch_is_ok(flinch__score_decode(once, once_size, &back)))
        abort();
    uint8_t *twice = encode(&back, &twice_size);
    if (once_size != twice_size || memcmp(once, twice, once_size) != 0)
        abort();
    free(once);
    free(twice);
    return 0;
}
