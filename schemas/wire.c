#include "schemas/wire.h"

flinch__cause flinch__wire_read(const uint8_t *data, size_t size, int32_t *out_id) {
    *out_id = -1;
    if (size < FLINCH__WIRE_BYTES)
        return FLINCH_CAUSE_TOO_SHORT;
    if (data[0] != 0)
        return FLINCH_CAUSE_BAD_MAGIC;
    uint32_t id = (uint32_t)data[1] << 24 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 8 |
                  (uint32_t)data[4];
    *out_id = (int32_t)id;
    return FLINCH_CAUSE_NONE;
}

void flinch__wire_write(int32_t id, uint8_t out[FLINCH__WIRE_BYTES]) {
    uint32_t bits = (uint32_t)id;
    out[0] = 0;
    out[1] = (uint8_t)(bits >> 24);
    out[2] = (uint8_t)(bits >> 16);
    out[3] = (uint8_t)(bits >> 8);
    out[4] = (uint8_t)bits;
}
