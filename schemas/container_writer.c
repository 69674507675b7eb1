#include "schemas/container_writer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

enum { BLOCK_BYTES = 256 * 1024, MARKER_BYTES = 16 };

struct flinch__container_writer {
    FILE *file;
    uint8_t marker[MARKER_BYTES];
    uint8_t *block; /* [BLOCK_BYTES] */
    size_t used;
    int64_t records;
    uint8_t *packed; /* [packed_capacity] */
    size_t packed_capacity;
};

static void write_long(FILE *file, int64_t value) {
    uint64_t bits = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
    for (; bits > 0x7F; bits >>= 7)
        fputc((int)(bits & 0x7F) | 0x80, file);
    fputc((int)bits, file);
}

static void write_text(FILE *file, const char *text) {
    size_t size = strlen(text);
    write_long(file, (int64_t)size);
    fwrite(text, 1, size, file);
}

/* 128 bits that depend on the schema: FNV-1a from two starting points. */
static void make_marker(const char *schema, uint8_t marker[MARKER_BYTES]) {
    uint64_t hash[2] = {UINT64_C(0xCBF29CE484222325), UINT64_C(0x9E3779B97F4A7C15)};
    for (; *schema != '\0'; schema++)
        for (size_t i = 0; i < 2; i++)
            hash[i] = (hash[i] ^ (uint8_t)*schema) * UINT64_C(0x100000001B3);
    memcpy(marker, hash, MARKER_BYTES);
}

flinch_status flinch__container_writer_new(FILE *file, const char *schema,
                                           flinch__container_writer **out_writer) {
    *out_writer = NULL;
    flinch__container_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return flinch_status_of(FLINCH_NO_MEMORY);
    writer->file = file;
    writer->packed_capacity = compressBound(BLOCK_BYTES) + 64;
    writer->block = malloc(BLOCK_BYTES);
    writer->packed = malloc(writer->packed_capacity);
    if (writer->block == NULL || writer->packed == NULL) {
        free(writer->block);
        free(writer->packed);
        free(writer);
        return flinch_status_of(FLINCH_NO_MEMORY);
    }
    make_marker(schema, writer->marker);
    fwrite("Obj\x01", 1, 4, file);
    write_long(file, 2);
    write_text(file, "avro.schema");
    write_text(file, schema);
    write_text(file, "avro.codec");
    write_text(file, "deflate");
    write_long(file, 0);
    fwrite(writer->marker, 1, MARKER_BYTES, file);
    *out_writer = writer;
    return flinch_status_of(FLINCH_OK);
}

/* What stdio holds back may still find no room: only what is flushed is written. */
static flinch_status flush(FILE *file) {
    bool failed = fflush(file) != 0 || ferror(file);
    return flinch_status_of(failed ? FLINCH_TRY_AGAIN : FLINCH_OK);
}

/* Avro's deflate is raw: without zlib's header. */
static flinch_status write_block(flinch__container_writer *writer) {
    if (writer->records == 0)
        return flush(writer->file);
    z_stream stream = {.next_in = writer->block,
                       .avail_in = (uInt)writer->used,
                       .next_out = writer->packed,
                       .avail_out = (uInt)writer->packed_capacity};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return flinch_status_of(FLINCH_NO_MEMORY);
    int result = deflate(&stream, Z_FINISH);
    size_t size = stream.total_out;
    deflateEnd(&stream);
    if (result != Z_STREAM_END)
        return flinch_status_of(FLINCH_TOO_LARGE);
    write_long(writer->file, writer->records);
    write_long(writer->file, (int64_t)size);
    fwrite(writer->packed, 1, size, writer->file);
    fwrite(writer->marker, 1, MARKER_BYTES, writer->file);
    writer->used = 0;
    writer->records = 0;
    return flush(writer->file);
}

flinch_status flinch__container_writer_add(flinch__container_writer *writer, const uint8_t *record,
                                           size_t size) {
    if (size > BLOCK_BYTES)
        return flinch_status_of(FLINCH_TOO_LARGE);
    if (size > BLOCK_BYTES - writer->used)
        FLINCH_TRY(write_block(writer));
    memcpy(writer->block + writer->used, record, size);
    writer->used += size;
    writer->records++;
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__container_writer_close(flinch__container_writer *writer) {
    if (writer == NULL)
        return flinch_status_of(FLINCH_OK);
    flinch_status status = write_block(writer);
    free(writer->block);
    free(writer->packed);
    free(writer);
    return status;
}
