#include "schemas/csv_records.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "schemas/avro_io.h"
#include "schemas/csv.h"

/* What all cells of a column were so far; each kind is a set of the ones that can still be. */
enum { MAY_BE_LONG = 1, MAY_BE_DOUBLE = 2, MAY_BE_BOOLEAN = 4 };

enum { COLUMNS_MAX = 4096, CELL_BYTES_MAX = 11 }; /* a branch, and a double or a varint */

typedef struct column {
    char *name;
    unsigned may_be;
} column;

struct flinch__csv_records {
    flinch__csv *csv;
    column *columns;
    uint32_t column_count;
    char *schema;
    uint64_t count;
    uint64_t behind;
    uint8_t *record; /* [capacity] */
    size_t capacity;
    size_t size; /* of the record that waits; 0: none */
};

/* --- Cells ------------------------------------------------------------------------------------ */

static bool is_null(const char *cell) {
    static const char *const WORDS[] = {"NA", "N/A", "NaN", "null"};
    if (*cell == '\0')
        return true;
    if (*cell != 'N' && *cell != 'n')
        return false;
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (strcasecmp(cell, WORDS[i]) == 0)
            return true;
    return false;
}

static bool read_long(const char *cell, int64_t *out) {
    char *end = NULL;
    errno = 0;
    long long value = strtoll(cell, &end, 10);
    *out = value;
    return errno == 0 && end != cell && *end == '\0';
}

static bool read_double(const char *cell, double *out) {
    char *end = NULL;
    *out = strtod(cell, &end);
    return end != cell && *end == '\0';
}

static bool read_boolean(const char *cell, bool *out) {
    *out = strcasecmp(cell, "true") == 0;
    return *out || strcasecmp(cell, "false") == 0;
}

static unsigned kinds_of(const char *cell, unsigned may_be) {
    int64_t whole;
    double number;
    bool flag;
    if ((may_be & MAY_BE_LONG) && !read_long(cell, &whole))
        may_be &= ~(unsigned)MAY_BE_LONG;
    if ((may_be & MAY_BE_DOUBLE) && !(may_be & MAY_BE_LONG) && !read_double(cell, &number))
        may_be &= ~(unsigned)MAY_BE_DOUBLE;
    if ((may_be & MAY_BE_BOOLEAN) && !read_boolean(cell, &flag))
        may_be &= ~(unsigned)MAY_BE_BOOLEAN;
    return may_be;
}

static const char *type_of(const column *of) {
    if (of->may_be & MAY_BE_LONG)
        return "long";
    if (of->may_be & MAY_BE_DOUBLE)
        return "double";
    return of->may_be & MAY_BE_BOOLEAN ? "boolean" : "string";
}

/* The kinds were settled by all cells, so each is read as its column says. */
static void put_cell(flinch__avro_writer *w, const column *of, const char *cell) {
    int64_t whole = 0;
    double number = 0;
    bool flag = false;
    bool null = is_null(cell);
    flinch__put_long(w, null ? 0 : 1); /* the branch of the union */
    if (null)
        return;
    if ((of->may_be & MAY_BE_LONG) && read_long(cell, &whole))
        flinch__put_long(w, whole);
    else if ((of->may_be & MAY_BE_DOUBLE) && read_double(cell, &number))
        flinch__put_double(w, number);
    else if ((of->may_be & MAY_BE_BOOLEAN) && read_boolean(cell, &flag))
        flinch__put(w, &flag, 1);
    else
        flinch__put_text(w, cell, strlen(cell));
}

/* --- Opening ---------------------------------------------------------------------------------- */

/* A name as Avro has them, or NULL without memory. */
static char *make_name(const char *title, uint32_t index) {
    size_t size = strlen(title);
    char *name = malloc(size + 24);
    if (name == NULL)
        return NULL;
    if (size == 0)
        snprintf(name, 24, "column_%u", index + 1);
    else
        snprintf(name, size + 2, "%s%s", isdigit((unsigned char)*title) ? "_" : "", title);
    for (char *c = name; *c != '\0'; c++)
        if ((*c & 0x80) != 0 || !isalnum((unsigned char)*c))
            *c = '_';
    return name;
}

static flinch_status take_header(flinch__csv_records *records, char *const *cells, uint32_t count,
                                 flinch_error *error) {
    if (count == 0)
        return flinch_fail(error, FLINCH_BAD_DATA, "it holds no header");
    if (count > COLUMNS_MAX)
        return flinch_fail(error, FLINCH_BAD_DATA, "it has over %d columns", COLUMNS_MAX);
    records->columns = calloc(count, sizeof *records->columns);
    if (records->columns == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for the columns");
    for (uint32_t i = 0; i < count; i++) {
        char *name = make_name(cells[i], i);
        if (name == NULL)
            return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for the columns");
        records->columns[records->column_count++] =
            (column){.name = name, .may_be = MAY_BE_LONG | MAY_BE_DOUBLE | MAY_BE_BOOLEAN};
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(records->columns[k].name, name) == 0)
                return flinch_fail(error, FLINCH_BAD_DATA, "columns %u and %u are both \"%.80s\"",
                                   k + 1, i + 1, name);
    }
    return flinch_status_of(FLINCH_OK);
}

/* The next row, which must have a cell for each column; *out_cells NULL at the end. */
static flinch_status next_row(flinch__csv_records *records, char *const **out_cells,
                              flinch_error *error) {
    uint32_t count = 0;
    FLINCH_TRY(flinch__csv_next(records->csv, out_cells, &count, error));
    if (count != 0 && count != records->column_count)
        return flinch_fail(error, FLINCH_BAD_DATA, "line %llu: %u cells, but the header has %u",
                           (unsigned long long)flinch__csv_line(records->csv), count,
                           records->column_count);
    return flinch_status_of(FLINCH_OK);
}

static flinch_status find_types(flinch__csv_records *records, flinch_error *error) {
    for (;;) {
        char *const *cells = NULL;
        FLINCH_TRY(next_row(records, &cells, error));
        if (cells == NULL)
            return flinch_status_of(FLINCH_OK);
        records->count++;
        for (uint32_t i = 0; i < records->column_count; i++)
            if (records->columns[i].may_be != 0 && !is_null(cells[i]))
                records->columns[i].may_be = kinds_of(cells[i], records->columns[i].may_be);
    }
}

static flinch_status write_schema(flinch__csv_records *records, flinch_error *error) {
    json_t *fields = json_array();
    for (uint32_t i = 0; i < records->column_count; i++) {
        const column *of = &records->columns[i];
        json_array_append_new(fields, json_pack("{s:s, s:[s, s], s:n}", "name", of->name, "type",
                                                "null", type_of(of), "default"));
    }
    json_t *schema =
        json_pack("{s:s, s:s, s:o}", "type", "record", "name", "row", "fields", fields);
    records->schema = schema == NULL ? NULL : json_dumps(schema, JSON_COMPACT);
    json_decref(schema);
    if (records->schema == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a schema");
    return flinch_status_of(FLINCH_OK);
}

static flinch_status read_all(flinch__csv_records *records, const char *path, flinch_error *error) {
    char *const *cells = NULL;
    uint32_t count = 0;
    FLINCH_TRY(flinch__csv_open(path, &records->csv, error));
    FLINCH_TRY(flinch__csv_next(records->csv, &cells, &count, error));
    FLINCH_TRY(take_header(records, cells, count, error));
    FLINCH_TRY(find_types(records, error));
    FLINCH_TRY(write_schema(records, error));
    FLINCH_TRY(flinch__csv_rewind(records->csv, error));
    return flinch__csv_next(records->csv, &cells, &count, error); /* the header again */
}

flinch_status flinch__csv_records_open(const char *path, flinch__csv_records **out_records,
                                       flinch_error *error) {
    *out_records = NULL;
    flinch__csv_records *records = calloc(1, sizeof *records);
    if (records == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory");
    flinch_status status = read_all(records, path, error);
    if (flinch_is_ok(status))
        *out_records = records;
    else
        flinch__csv_records_close(records);
    return status;
}

void flinch__csv_records_close(flinch__csv_records *records) {
    if (records == NULL)
        return;
    flinch__csv_close(records->csv);
    for (uint32_t i = 0; i < records->column_count; i++)
        free(records->columns[i].name);
    free(records->columns);
    free(records->schema);
    free(records->record);
    free(records);
}

const char *flinch__csv_records_schema(const flinch__csv_records *records) {
    return records->schema;
}

uint64_t flinch__csv_records_count(const flinch__csv_records *records) {
    return records->count;
}

double flinch__csv_records_progress(const flinch__csv_records *records) {
    return records->count == 0 ? 1 : (double)records->behind / (double)records->count;
}

/* --- Records ---------------------------------------------------------------------------------- */

static flinch_status make_room(flinch__csv_records *records, char *const *cells,
                               flinch_error *error) {
    size_t needed = 0;
    for (uint32_t i = 0; i < records->column_count; i++)
        needed += CELL_BYTES_MAX + (records->columns[i].may_be == 0 ? strlen(cells[i]) : 0);
    if (needed <= records->capacity)
        return flinch_status_of(FLINCH_OK);
    uint8_t *record = realloc(records->record, 2 * needed);
    if (record == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a record");
    records->record = record;
    records->capacity = 2 * needed;
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__csv_records_peek(flinch__csv_records *records, const uint8_t **out_data,
                                       size_t *out_size, flinch_error *error) {
    *out_data = NULL;
    *out_size = 0;
    if (records->size == 0) {
        char *const *cells = NULL;
        FLINCH_TRY(next_row(records, &cells, error));
        if (cells == NULL)
            return flinch_status_of(FLINCH_OK);
        FLINCH_TRY(make_room(records, cells, error));
        flinch__avro_writer w = {.at = records->record, .end = records->record + records->capacity};
        for (uint32_t i = 0; i < records->column_count; i++)
            put_cell(&w, &records->columns[i], cells[i]);
        records->size = (size_t)(w.at - records->record);
    }
    *out_data = records->record;
    *out_size = records->size;
    return flinch_status_of(FLINCH_OK);
}

void flinch__csv_records_advance(flinch__csv_records *records) {
    records->size = 0;
    records->behind++;
}
