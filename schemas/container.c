#include "schemas/container.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schemas/inflate.h"
#include "schemas/varint.h"

enum { SYNC_BYTES = 16, BLOCK_BYTES_MAX = 64 << 20 };

typedef struct cursor {
    const uint8_t *at;
    const uint8_t *end;
} cursor;

struct flinch__container {
    const uint8_t *bytes;
    size_t size;
    void *mapped; /* to be unmapped at close, or NULL */
    cursor file;
    char *schema;
    bool is_deflate;
    uint8_t sync[SYNC_BYTES];
    size_t block_offset; /* of the open block, for messages */
    int64_t records;     /* of the open block, not yet taken */
    cursor block;
    uint8_t *inflated;
    size_t inflated_capacity;
};

static size_t left(const cursor *c) {
    return (size_t)(c->end - c->at);
}

static flinch_status bad(flinch_error *error, size_t offset, const char *what) {
    return flinch_fail(error, FLINCH_BAD_DATA, "container, byte %zu: %s", offset, what);
}

static size_t offset_of(const flinch__container *container, const cursor *c) {
    return (size_t)(c->at - container->bytes);
}

static bool read_long(cursor *c, int64_t *out_value) {
    return flinch__varint_read(&c->at, c->end, out_value) == FLINCH_CAUSE_NONE;
}

/* A length and as many bytes, as a cursor over them. */
static bool read_sized(cursor *c, cursor *out_part) {
    int64_t size = 0;
    if (!read_long(c, &size) || size < 0 || (uint64_t)size > left(c))
        return false;
    *out_part = (cursor){.at = c->at, .end = c->at + size};
    c->at += size;
    return true;
}

static bool is_text(const cursor *part, const char *text) {
    return left(part) == strlen(text) && memcmp(part->at, text, left(part)) == 0;
}

/* --- Header ----------------------------------------------------------------------------------- */

static flinch_status take_metadata(flinch__container *container, cursor key, cursor value,
                                   flinch_error *error) {
    if (is_text(&key, "avro.schema") && container->schema == NULL) {
        container->schema = strndup((const char *)value.at, left(&value));
        if (container->schema == NULL)
            return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a schema");
    }
    if (is_text(&key, "avro.codec")) {
        container->is_deflate = is_text(&value, "deflate");
        if (!container->is_deflate && !is_text(&value, "null") && left(&value) != 0)
            return flinch_fail(error, FLINCH_BAD_DATA,
                               "container: its codec is none of null and deflate");
    }
    return flinch_status_of(FLINCH_OK);
}

static flinch_status read_metadata(flinch__container *container, flinch_error *error) {
    cursor *file = &container->file;
    for (;;) {
        int64_t count = 0;
        int64_t ignored_size = 0;
        if (!read_long(file, &count) || count == INT64_MIN)
            return bad(error, offset_of(container, file), "the header is cut short or broken");
        if (count == 0)
            return flinch_status_of(FLINCH_OK);
        if (count < 0 && !read_long(file, &ignored_size))
            return bad(error, offset_of(container, file), "the header is cut short or broken");
        for (count = count < 0 ? -count : count; count > 0; count--) {
            cursor key;
            cursor value;
            if (!read_sized(file, &key) || !read_sized(file, &value))
                return bad(error, offset_of(container, file), "the header is cut short or broken");
            FLINCH_TRY(take_metadata(container, key, value, error));
        }
    }
}

static flinch_status read_header(flinch__container *container, flinch_error *error) {
    cursor *file = &container->file;
    if (left(file) < 4 || memcmp(file->at, "Obj\1", 4) != 0)
        return flinch_fail(error, FLINCH_BAD_DATA, "container: not an Avro object container file");
    file->at += 4;
    FLINCH_TRY(read_metadata(container, error));
    if (left(file) < SYNC_BYTES)
        return bad(error, offset_of(container, file), "the header is cut short or broken");
    if (container->schema == NULL)
        return flinch_fail(error, FLINCH_BAD_DATA, "container: it holds no schema");
    memcpy(container->sync, file->at, SYNC_BYTES);
    file->at += SYNC_BYTES;
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__container_open(const uint8_t *bytes, size_t size,
                                     flinch__container **out_container, flinch_error *error) {
    *out_container = NULL;
    flinch__container *container = calloc(1, sizeof *container);
    if (container == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a container");
    container->bytes = bytes;
    container->size = size;
    container->file = (cursor){.at = bytes, .end = bytes + size};
    flinch_status status = read_header(container, error);
    if (flinch_is_ok(status))
        *out_container = container;
    else
        flinch__container_close(container);
    return status;
}

/* Maps a whole file; *out_size 0 and nothing mapped for an empty one. */
static flinch_status map_file(int file, void **out_bytes, size_t *out_size, flinch_error *error) {
    struct stat info;
    *out_bytes = NULL;
    *out_size = 0;
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode))
        return flinch_fail(error, FLINCH_NOT_FOUND, "not a regular file");
    if (info.st_size == 0)
        return flinch_fail(error, FLINCH_BAD_DATA, "empty");
    void *bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED)
        return flinch_fail(error, FLINCH_NO_MEMORY, "%s", strerror(errno));
    *out_bytes = bytes;
    *out_size = (size_t)info.st_size;
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__container_open_file(const char *path, flinch__container **out_container,
                                          flinch_error *error) {
    void *bytes = NULL;
    size_t size = 0;
    *out_container = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return flinch_fail(error, FLINCH_NOT_FOUND, "%s", strerror(errno));
    flinch_status status = map_file(file, &bytes, &size, error);
    close(file);
    FLINCH_TRY(status);
    status = flinch__container_open(bytes, size, out_container, error);
    if (*out_container != NULL)
        (*out_container)->mapped = bytes;
    else
        munmap(bytes, size);
    return status;
}

void flinch__container_close(flinch__container *container) {
    if (container == NULL)
        return;
    if (container->mapped != NULL)
        munmap(container->mapped, container->size);
    free(container->schema);
    free(container->inflated);
    free(container);
}

const char *flinch__container_schema(const flinch__container *container) {
    return container->schema;
}

double flinch__container_progress(const flinch__container *container) {
    return (double)offset_of(container, &container->file) / (double)container->size;
}

/* --- Blocks ----------------------------------------------------------------------------------- */

static flinch_status inflate_block(flinch__container *container, flinch_error *error) {
    flinch__buffer out = {.bytes = container->inflated, .capacity = container->inflated_capacity};
    cursor *block = &container->block;
    flinch_code code = flinch__inflate(block->at, left(block), BLOCK_BYTES_MAX, &out);
    container->inflated = out.bytes;
    container->inflated_capacity = out.capacity;
    *block = (cursor){.at = out.bytes, .end = out.bytes + out.size};
    if (code == FLINCH_TOO_LARGE)
        return bad(error, container->block_offset, "a block unpacks to more than 64 MiB");
    if (code == FLINCH_NO_MEMORY)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory to unpack a block");
    if (code != FLINCH_OK)
        return bad(error, container->block_offset, "a block does not unpack");
    return flinch_status_of(FLINCH_OK);
}

static flinch_status next_block(flinch__container *container, flinch_error *error) {
    cursor *file = &container->file;
    container->block_offset = offset_of(container, file);
    if (!read_long(file, &container->records) || container->records < 0)
        return bad(error, container->block_offset, "a block's count is broken");
    if (!read_sized(file, &container->block) || left(file) < SYNC_BYTES)
        return bad(error, container->block_offset, "a block is cut short");
    if (left(&container->block) > BLOCK_BYTES_MAX)
        return bad(error, container->block_offset, "a block is larger than 64 MiB");
    if (memcmp(file->at, container->sync, SYNC_BYTES) != 0)
        return bad(error, container->block_offset, "a block does not end with the sync marker");
    file->at += SYNC_BYTES;
    if (container->is_deflate)
        FLINCH_TRY(inflate_block(container, error));
    if ((container->records == 0) != (left(&container->block) == 0))
        return bad(error, container->block_offset, "a block's count and its bytes disagree");
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__container_peek(flinch__container *container, const uint8_t **out_data,
                                     size_t *out_size, flinch_error *error) {
    *out_data = NULL;
    *out_size = 0;
    while (container->records == 0 && left(&container->file) > 0) {
        flinch_status status = next_block(container, error);
        if (!flinch_is_ok(status)) {
            container->records = 0; /* the next call fails or ends; it never reads this block */
            container->block = (cursor){0};
            return status;
        }
    }
    *out_data = container->block.at;
    *out_size = left(&container->block);
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__container_advance(flinch__container *container, size_t used,
                                        flinch_error *error) {
    cursor *block = &container->block;
    if (used > left(block) || container->records == 0)
        return bad(error, container->block_offset, "a record ends behind its block");
    if (used == 0) /* such records could be claimed without end */
        return bad(error, container->block_offset, "a record of no bytes");
    block->at += used;
    container->records--;
    if (container->records == 0 && left(block) > 0)
        return bad(error, container->block_offset, "a block holds more bytes than its records");
    if (container->records > 0 && left(block) == 0)
        return bad(error, container->block_offset, "a block claims more records than it holds");
    return flinch_status_of(FLINCH_OK);
}
