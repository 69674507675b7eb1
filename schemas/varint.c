#include "schemas/varint.h"

flinch__cause flinch__varint_read(const uint8_t **at, const uint8_t *end, int64_t *out_value) {
    const uint8_t *byte = *at;
    uint64_t bits = 0;
    for (unsigned shift = 0; shift < 70; shift += 7, byte++) {
        if (byte == end)
            return FLINCH_CAUSE_TRUNCATED;
        if (shift == 63 && *byte > 1) /* the tenth byte holds the last bit */
            return FLINCH_CAUSE_MALFORMED;
        bits |= (uint64_t)(*byte & 0x7f) << shift;
        if (*byte < 0x80)
            break;
    }
    *at = byte + 1;
    *out_value = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
    return FLINCH_CAUSE_NONE;
}
