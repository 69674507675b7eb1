#include "schemas/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { ROW_BYTES_MAX = 1 << 20, BUFFER_BYTES = ROW_BYTES_MAX + 1 };

struct flinch__csv {
    gzFile file; /* zlib hands out files that are not gzip as they are */
    char separator;
    char *buffer; /* [BUFFER_BYTES] */
    size_t start; /* of what is not yet handed out */
    size_t end;
    bool ended; /* the file has no more than the buffer holds */
    uint64_t line;
    uint64_t next_line;
    char **cells; /* [capacity] into the buffer */
    uint32_t count;
    uint32_t capacity;
};

static flinch_status bad_row(const flinch__csv *csv, flinch_error *error, const char *what) {
    return flinch_fail(error, FLINCH_BAD_DATA, "line %llu: %s", (unsigned long long)csv->line,
                       what);
}

static flinch_status open_file(const char *path, gzFile *out_file, flinch_error *error) {
    struct stat info;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return flinch_fail(error, FLINCH_NOT_FOUND, "%s", strerror(errno));
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(file);
        return flinch_fail(error, FLINCH_NOT_FOUND, "not a regular file");
    }
    *out_file = gzdopen(file, "rb");
    if (*out_file != NULL)
        return flinch_status_of(FLINCH_OK);
    close(file);
    return flinch_fail(error, FLINCH_NO_MEMORY, "no memory");
}

flinch_status flinch__csv_open(const char *path, flinch__csv **out_csv, flinch_error *error) {
    *out_csv = NULL;
    flinch__csv *csv = calloc(1, sizeof *csv);
    if (csv == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory");
    csv->buffer = malloc(BUFFER_BYTES);
    csv->next_line = 1;
    flinch_status status = csv->buffer != NULL ? open_file(path, &csv->file, error)
                                               : flinch_fail(error, FLINCH_NO_MEMORY, "no memory");
    if (flinch_is_ok(status))
        *out_csv = csv;
    else
        flinch__csv_close(csv);
    return status;
}

void flinch__csv_close(flinch__csv *csv) {
    if (csv == NULL)
        return;
    if (csv->file != NULL)
        gzclose_r(csv->file);
    free((void *)csv->cells);
    free(csv->buffer);
    free(csv);
}

flinch_status flinch__csv_rewind(flinch__csv *csv, flinch_error *error) {
    csv->start = 0;
    csv->end = 0;
    csv->ended = false;
    csv->line = 0;
    csv->next_line = 1;
    if (gzrewind(csv->file) != 0)
        return flinch_fail(error, FLINCH_BAD_DATA, "it cannot be read a second time");
    return flinch_status_of(FLINCH_OK);
}

uint64_t flinch__csv_line(const flinch__csv *csv) {
    return csv->line;
}

/* Moves what is left to the front and reads on; one byte stays free for a last row's end. */
static flinch_status fill(flinch__csv *csv, flinch_error *error) {
    size_t kept = csv->end - csv->start;
    if (kept == ROW_BYTES_MAX)
        return bad_row(csv, error, "the row is over 1 MiB, or a quote in it never ends");
    memmove(csv->buffer, csv->buffer + csv->start, kept);
    csv->start = 0;
    csv->end = kept;
    int got = gzread(csv->file, csv->buffer + kept, (unsigned)(ROW_BYTES_MAX - kept));
    int code = Z_OK;
    const char *reason = gzerror(csv->file, &code);
    if (got < 0 || code == Z_BUF_ERROR)
        return flinch_fail(error, FLINCH_BAD_DATA, "it does not unpack: %s", reason);
    csv->end += (size_t)got;
    csv->ended = got == 0;
    return flinch_status_of(FLINCH_OK);
}

/* Bytes of the row that begins at `start`, its newline not included, once they are all there. */
static flinch_status find_row(flinch__csv *csv, size_t *out_size, flinch_error *error) {
    bool quoted = false;
    size_t size = 0;
    for (;;) {
        for (; csv->start + size < csv->end; size++) {
            char c = csv->buffer[csv->start + size];
            quoted ^= c == '"';
            csv->next_line += c == '\n';
            if (c == '\n' && !quoted) {
                *out_size = size;
                return flinch_status_of(FLINCH_OK);
            }
        }
        if (csv->ended)
            break;
        FLINCH_TRY(fill(csv, error));
    }
    if (quoted)
        return bad_row(csv, error, "a quote never ends");
    *out_size = size;
    return flinch_status_of(FLINCH_OK);
}

static char find_separator(const char *row) {
    bool quoted = false;
    for (; *row != '\0'; row++) {
        quoted ^= *row == '"';
        if (!quoted && (*row == ',' || *row == ';' || *row == '\t'))
            return *row;
    }
    return ',';
}

static flinch_status add_cell(flinch__csv *csv, char *cell, flinch_error *error) {
    if (csv->count == csv->capacity) {
        uint32_t capacity = csv->capacity == 0 ? 64 : 2 * csv->capacity;
        char **cells = realloc((void *)csv->cells, capacity * sizeof *cells);
        if (cells == NULL)
            return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a row");
        csv->cells = cells;
        csv->capacity = capacity;
    }
    csv->cells[csv->count++] = cell;
    return flinch_status_of(FLINCH_OK);
}

/* Cuts a NUL-terminated row into cells, in place: quotes go, two within quotes become one. */
static flinch_status split(flinch__csv *csv, char *row, flinch_error *error) {
    bool quoted = false;
    char *to = row;
    char *cell = row;
    csv->count = 0;
    for (const char *from = row; *from != '\0'; from++) {
        if (*from == '"') {
            if (quoted && from[1] == '"')
                *to++ = *from++;
            else
                quoted = !quoted;
        } else if (*from == csv->separator && !quoted) {
            *to++ = '\0';
            FLINCH_TRY(add_cell(csv, cell, error));
            cell = to;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return add_cell(csv, cell, error);
}

/* Takes the byte order mark off the first row, where spreadsheets put one. */
static char *begin(flinch__csv *csv, char *row) {
    if (csv->line != 1)
        return row;
    if (strncmp(row, "\xEF\xBB\xBF", 3) == 0)
        row += 3;
    csv->separator = find_separator(row);
    return row;
}

flinch_status flinch__csv_next(flinch__csv *csv, char *const **out_cells, uint32_t *out_count,
                               flinch_error *error) {
    *out_cells = NULL;
    *out_count = 0;
    for (;;) {
        size_t size = 0;
        csv->line = csv->next_line;
        FLINCH_TRY(find_row(csv, &size, error));
        if (csv->start == csv->end)
            return flinch_status_of(FLINCH_OK);
        char *row = csv->buffer + csv->start;
        csv->start += size < csv->end - csv->start ? size + 1 : size;
        if (size > 0 && row[size - 1] == '\r')
            size--;
        row[size] = '\0';
        row = begin(csv, row);
        if (*row == '\0')
            continue;
        FLINCH_TRY(split(csv, row, error));
        *out_cells = csv->cells;
        *out_count = csv->count;
        return flinch_status_of(FLINCH_OK);
    }
}
