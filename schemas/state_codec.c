#include "schemas/state_codec.h"

#include <string.h>
#include <zlib.h>

#include "schemas/avro_io.h"
#include "schemas/checksum.h"

enum { VERSION = 1, MAX_CHUNKS = 1 << 16 };

uint32_t flinch__checksum(const void *bytes, size_t size) {
    return (uint32_t)crc32_z(crc32_z(0, NULL, 0), bytes, size);
}

size_t flinch__state_encoded_bytes(const flinch__state_record *record) {
    return 10 * sizeof(int64_t) + 2 * sizeof(int64_t) + record->stream_size + record->size;
}

flinch_status flinch__state_encode(const flinch__state_record *record, uint8_t *bytes,
                                   size_t capacity, size_t *out_size) {
    *out_size = 0;
    uint8_t *const end = bytes + capacity;
    flinch__avro_writer w = {.at = bytes, .end = end};
    flinch__put_long(&w, VERSION);
    flinch__put_long(&w, (int64_t)record->kind);
    flinch__put_long(&w, (int64_t)record->fingerprint);
    flinch__put_long(&w, record->offset);
    flinch__put_long(&w, record->chunk);
    flinch__put_long(&w, record->chunks);
    flinch__put_text(&w, record->stream, record->stream_size);
    flinch__put_text(&w, record->bytes, record->size);
    if (!w.full)
        flinch__put_long(&w, flinch__checksum(bytes, (size_t)(w.at - bytes)));
    if (w.full)
        return flinch_status_of(FLINCH_TOO_LARGE);
    *out_size = (size_t)(w.at - bytes);
    return flinch_status_of(FLINCH_OK);
}

static bool is_sane(const flinch__state_record *record, int32_t kind, int32_t chunk,
                    int32_t chunks) {
    return kind >= FLINCH_STATE_MARKER && kind <= FLINCH_STATE_SKIPS && record->offset >= 0 &&
           chunk >= 0 && chunks >= 1 && chunks <= MAX_CHUNKS && chunk < chunks;
}

flinch_status flinch__state_decode(const uint8_t *bytes, size_t size,
                                   flinch__state_record *out_record, flinch_error *error) {
    flinch__avro_reader r = {.at = bytes, .end = bytes + size};
    *out_record = (flinch__state_record){0};
    int32_t version = flinch__get_int(&r);
    if (!r.bad && version != VERSION)
        return flinch_fail(error, FLINCH_MISMATCH, "version %d of the state, %d is known",
                           (int)version, VERSION);
    int32_t kind = flinch__get_int(&r);
    out_record->fingerprint = (uint64_t)flinch__get_long(&r);
    out_record->offset = flinch__get_long(&r);
    int32_t chunk = flinch__get_int(&r);
    int32_t chunks = flinch__get_int(&r);
    out_record->stream = flinch__get_text(&r, &out_record->stream_size);
    out_record->bytes = (const uint8_t *)flinch__get_text(&r, &out_record->size);
    size_t covered = (size_t)(r.at - bytes);
    int64_t crc = flinch__get_long(&r);
    if (r.bad || r.at != r.end)
        return flinch_fail(error, FLINCH_BAD_DATA, "cut short, or not a state record");
    if (crc != (int64_t)flinch__checksum(bytes, covered))
        return flinch_fail(error, FLINCH_BAD_DATA, "its checksum does not fit");
    if (!is_sane(out_record, kind, chunk, chunks))
        return flinch_fail(error, FLINCH_BAD_DATA, "its numbers are out of range");
    out_record->kind = (flinch__state_kind)kind;
    out_record->chunk = (uint32_t)chunk;
    out_record->chunks = (uint32_t)chunks;
    return flinch_status_of(FLINCH_OK);
}
