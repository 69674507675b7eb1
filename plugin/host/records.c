#include "plugin/host/records.h"

#include <stdbool.h>
#include <string.h>

#include "schemas/plan.h"

static bool is_csv(const char *path) {
    static const char *const ENDINGS[] = {".csv", ".csv.gz", ".tsv", ".tsv.gz"};
    size_t size = strlen(path);
    for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++) {
        size_t tail = strlen(ENDINGS[i]);
        if (size > tail && strcmp(path + size - tail, ENDINGS[i]) == 0)
            return true;
    }
    return false;
}

flinch_status flinch__records_open(flinch__records *records, const char *path,
                                   flinch_error *error) {
    *records = (flinch__records){0};
    if (is_csv(path))
        return flinch__csv_records_open(path, &records->csv, error);
    return flinch__container_open_file(path, &records->container, error);
}

void flinch__records_close(flinch__records *records) {
    flinch__container_close(records->container);
    flinch__csv_records_close(records->csv);
    *records = (flinch__records){0};
}

const char *flinch__records_schema(const flinch__records *records) {
    return records->csv != NULL ? flinch__csv_records_schema(records->csv)
                                : flinch__container_schema(records->container);
}

flinch_status flinch__records_peek(flinch__records *records, const uint8_t **out_data,
                                   size_t *out_size, flinch_error *error) {
    if (records->csv != NULL)
        return flinch__csv_records_peek(records->csv, out_data, out_size, error);
    return flinch__container_peek(records->container, out_data, out_size, error);
}

flinch_status flinch__records_advance(flinch__records *records, size_t used, flinch_error *error) {
    if (records->csv == NULL)
        return flinch__container_advance(records->container, used, error);
    flinch__csv_records_advance(records->csv);
    return flinch_status_of(FLINCH_OK);
}

double flinch__records_progress(const flinch__records *records) {
    return records->csv != NULL ? flinch__csv_records_progress(records->csv)
                                : flinch__container_progress(records->container);
}

/* A block says how many records it holds, but only walking them shows that it does not lie. */
static flinch_status walk(flinch__container *container, const flinch__plan *plan, uint64_t most,
                          uint64_t *out_count, flinch_error *error) {
    flinch__row row = {0};
    for (*out_count = 0; *out_count < most; (*out_count)++) {
        const uint8_t *data = NULL;
        size_t size = 0;
        size_t used = 0;
        FLINCH_TRY(flinch__container_peek(container, &data, &size, error));
        if (size == 0)
            break;
        flinch__cause cause = flinch__plan_run(plan, data, size, &row, &used);
        if (cause != FLINCH_CAUSE_NONE)
            return flinch_fail(error, FLINCH_BAD_DATA, "record %llu is not of its schema: %s",
                               (unsigned long long)*out_count, flinch__cause_name(cause));
        FLINCH_TRY(flinch__container_advance(container, used, error));
    }
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__records_count(const flinch__records *records, const char *path, uint64_t most,
                                    uint64_t *out_count, flinch_error *error) {
    if (records->csv != NULL) {
        uint64_t count = flinch__csv_records_count(records->csv);
        *out_count = count < most ? count : most;
        return flinch_status_of(FLINCH_OK);
    }
    flinch__container *container = NULL;
    flinch__plan *plan = NULL;
    const flinch__want nothing = {0};
    FLINCH_TRY(flinch__container_open_file(path, &container, error));
    const char *schema = flinch__container_schema(container);
    flinch_status status = flinch__plan_compile(schema, strlen(schema), &nothing, &plan, error);
    if (flinch_is_ok(status))
        status = walk(container, plan, most, out_count, error);
    flinch__plan_free(plan);
    flinch__container_close(container);
    return status;
}
