#include "schemas/inflate.h"

#include <stdlib.h>
#include <zlib.h>

enum { RAW_DEFLATE = -15, FIRST_CAPACITY = 64 * 1024 };

static flinch_code grow(flinch__buffer *out, size_t max) {
    if (out->capacity >= max)
        return FLINCH_TOO_LARGE;
    size_t capacity = out->capacity == 0 ? FIRST_CAPACITY : 2 * out->capacity;
    if (capacity > max)
        capacity = max;
    uint8_t *bytes = realloc(out->bytes, capacity);
    if (bytes == NULL)
        return FLINCH_NO_MEMORY;
    out->bytes = bytes;
    out->capacity = capacity;
    return FLINCH_OK;
}

static flinch_code inflate_all(z_stream *stream, size_t max, flinch__buffer *out) {
    int result = Z_OK;
    while (result != Z_STREAM_END) {
        if (out->size == out->capacity) {
            flinch_code code = grow(out, max);
            if (code != FLINCH_OK)
                return code;
        }
        stream->next_out = out->bytes + out->size;
        stream->avail_out = (uInt)(out->capacity - out->size);
        result = inflate(stream, Z_NO_FLUSH);
        out->size = out->capacity - stream->avail_out;
        if (result == Z_BUF_ERROR || (result == Z_OK && stream->avail_out > 0))
            return FLINCH_BAD_DATA; /* the input ended first */
        if (result != Z_OK && result != Z_STREAM_END)
            return result == Z_MEM_ERROR ? FLINCH_NO_MEMORY : FLINCH_BAD_DATA;
    }
    return stream->avail_in == 0 ? FLINCH_OK : FLINCH_BAD_DATA;
}

flinch_code flinch__inflate(const uint8_t *data, size_t size, size_t max, flinch__buffer *out) {
    z_stream stream = {.next_in = (z_const Bytef *)data, .avail_in = (uInt)size};
    out->size = 0;
    if (size > UINT32_MAX)
        return FLINCH_TOO_LARGE;
    if (inflateInit2(&stream, RAW_DEFLATE) != Z_OK)
        return FLINCH_NO_MEMORY;
    flinch_code code = inflate_all(&stream, max, out);
    inflateEnd(&stream);
    return code;
}
