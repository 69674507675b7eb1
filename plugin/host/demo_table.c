#include <stdlib.h>
#include <string.h>

#include "plugin/host/demo_source.h"
#include "schemas/container.h"
#include "schemas/plan.h"

/* tests/data/kdd99.avro, put into the program by the assembler: the demo needs no file. */
__asm__(".section .rodata\n"
        ".local flinch_demo_data\n"
        ".local flinch_demo_data_end\n"
        "flinch_demo_data:\n"
        ".incbin \"" FLINCH_DEMO_DATA "\"\n"
        "flinch_demo_data_end:\n"
        ".byte 0\n"
        ".previous\n");

extern const uint8_t flinch_demo_data[];
extern const uint8_t flinch_demo_data_end[];

enum { SERVICE, ATTACK, LABEL, CAPTURES };
static const char *const WANTED[CAPTURES] = {"service", "attack", "label"};

/* Growing storage while the file is read. Records get their pointers when it is whole. */
typedef struct loading {
    flinch__demo_table *table;
    size_t used;
    size_t capacity;
    uint32_t records_capacity;
} loading;

static bool grow(loading *l, size_t size) {
    if (l->used + size > l->capacity) {
        size_t capacity = 2 * (l->capacity + size);
        uint8_t *bytes = realloc(l->table->bytes, capacity);
        if (bytes == NULL)
            return false;
        l->table->bytes = bytes;
        l->capacity = capacity;
    }
    if (l->table->count == l->records_capacity) {
        uint32_t capacity = l->records_capacity == 0 ? 4096 : 2 * l->records_capacity;
        flinch__demo_record *records =
            realloc(l->table->records, capacity * sizeof *l->table->records);
        if (records == NULL)
            return false;
        l->table->records = records;
        l->records_capacity = capacity;
    }
    return true;
}

static flinch_status keep(loading *l, const uint8_t *data, size_t size, const flinch__row *row,
                          flinch_error *error) {
    const flinch__capture *service = &row->captures[SERVICE];
    const flinch__capture *attack = &row->captures[ATTACK];
    if (service->kind != FLINCH_CAPTURE_TEXT || attack->kind != FLINCH_CAPTURE_TEXT)
        return flinch_fail(error, FLINCH_BAD_DATA, "the demo's records have no service or attack");
    if (!grow(l, size))
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for the demo's records");
    bool web = service->text_size == 4 && memcmp(service->text, "http", 4) == 0;
    memcpy(l->table->bytes + l->used, data, size);
    l->table->records[l->table->count++] =
        (flinch__demo_record){.size = (uint32_t)size,
                              .partition = web ? 0 : 1,
                              .key = web ? "http" : "smtp",
                              .truth_at = (uint32_t)(attack->text - (const char *)data),
                              .truth_size = (uint32_t)attack->text_size,
                              .label = row->captures[LABEL].number > 0.5};
    l->used += size;
    return flinch_status_of(FLINCH_OK);
}

static flinch_status read_records(loading *l, flinch__container *container,
                                  const flinch__plan *plan, flinch_error *error) {
    flinch__capture captures[CAPTURES];
    double none[1];
    flinch__row row = {.values = none, .captures = captures};
    for (;;) {
        const uint8_t *data = NULL;
        size_t size = 0;
        size_t used = 0;
        FLINCH_TRY(flinch__container_peek(container, &data, &size, error));
        if (size == 0)
            return flinch_status_of(FLINCH_OK);
        if (flinch__plan_run(plan, data, size, &row, &used) != FLINCH_CAUSE_NONE)
            return flinch_fail(error, FLINCH_BAD_DATA, "record %u of the demo's file is broken",
                               l->table->count);
        FLINCH_TRY(keep(l, data, used, &row, error));
        FLINCH_TRY(flinch__container_advance(container, used, error));
    }
}

/* Gives records their pointers, and lists each partition's records. */
static flinch_status index_records(flinch__demo_table *table, flinch_error *error) {
    for (size_t p = 0; p < FLINCH__DEMO_PARTITIONS; p++) {
        table->of_partition[p] = calloc(table->count, sizeof(uint32_t));
        if (table->of_partition[p] == NULL)
            return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for the demo's records");
    }
    const uint8_t *at = table->bytes;
    for (uint32_t i = 0; i < table->count; i++) {
        flinch__demo_record *record = &table->records[i];
        record->bytes = at;
        record->truth = (const char *)at + record->truth_at;
        at += record->size;
        table->of_partition[record->partition][table->partition_count[record->partition]++] = i;
    }
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__demo_table_load(flinch__demo_table *table, flinch_error *error) {
    *table = (flinch__demo_table){0};
    loading l = {.table = table};
    flinch__container *container = NULL;
    flinch__plan *plan = NULL;
    flinch__want want = {.captures = WANTED, .capture_count = CAPTURES};
    flinch_status status = flinch__container_open(
        flinch_demo_data, (size_t)(flinch_demo_data_end - flinch_demo_data), &container, error);
    if (flinch_is_ok(status)) {
        const char *schema = flinch__container_schema(container);
        table->schema = strdup(schema);
        status = flinch__plan_compile(schema, strlen(schema), &want, &plan, error);
    }
    if (flinch_is_ok(status))
        status = read_records(&l, container, plan, error);
    if (flinch_is_ok(status))
        status = index_records(table, error);
    flinch__plan_free(plan);
    flinch__container_close(container);
    if (!flinch_is_ok(status))
        flinch__demo_table_free(table);
    return status;
}

void flinch__demo_table_free(flinch__demo_table *table) {
    free(table->schema);
    free(table->bytes);
    free(table->records);
    for (size_t p = 0; p < FLINCH__DEMO_PARTITIONS; p++)
        free(table->of_partition[p]);
    *table = (flinch__demo_table){0};
}
