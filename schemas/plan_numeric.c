/* Listing the numeric fields of a schema, for a config that wants them all. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/plan.h"
#include "schemas/schema_json.h"

/* Records that name each other can spell endlessly many paths: no honest schema comes near these.
 */
enum { VISITS_MAX = 1 << 16, PATHS_MAX = 4096, PATH_BYTES = 1024, DEPTH_MAX = 64 };

typedef struct listing {
    const char *const *except;
    uint32_t except_count;
    flinch__paths *paths;
    char path[PATH_BYTES];
    const flinch__type *around[DEPTH_MAX]; /* the records that the path leads through */
    uint32_t depth;
    uint32_t visits;
    flinch_error *error;
} listing;

static flinch_status list_record(listing *l, const flinch__type *record, size_t used);

/* What a union with null has besides; the type itself otherwise. */
static const flinch__type *without_null(const flinch__type *type) {
    if (type->kind != FLINCH_KIND_UNION || type->count != 2)
        return type;
    if (type->branches[0]->kind == FLINCH_KIND_NULL)
        return type->branches[1];
    return type->branches[1]->kind == FLINCH_KIND_NULL ? type->branches[0] : type;
}

static bool is_number(const flinch__type *type) {
    bool has_number = type->kind == FLINCH_KIND_BOOLEAN || type->kind == FLINCH_KIND_INT ||
                      type->kind == FLINCH_KIND_LONG || type->kind == FLINCH_KIND_FLOAT ||
                      type->kind == FLINCH_KIND_DOUBLE;
    return has_number && type->logical == FLINCH_LOGICAL_NONE;
}

static bool is_excepted(const listing *l) {
    for (uint32_t i = 0; i < l->except_count; i++) {
        if (strcmp(l->except[i], l->path) == 0)
            return true;
    }
    return false;
}

static flinch_status add_path(listing *l) {
    flinch__paths *paths = l->paths;
    if (paths->count == PATHS_MAX)
        return flinch_fail(l->error, FLINCH_BAD_DATA, "schema: more than %d numeric paths",
                           PATHS_MAX);
    char *copy = strdup(l->path);
    if (copy == NULL)
        return flinch_fail(l->error, FLINCH_NO_MEMORY, "no memory for the paths of a schema");
    paths->items[paths->count++] = copy;
    return flinch_status_of(FLINCH_OK);
}

static flinch_status list_field(listing *l, const flinch__field *field, size_t used) {
    int size =
        snprintf(l->path + used, PATH_BYTES - used, "%s%s", used == 0 ? "" : ".", field->name);
    if (++l->visits > VISITS_MAX || size < 0 || (size_t)size >= PATH_BYTES - used)
        return flinch_fail(l->error, FLINCH_BAD_DATA, "schema: too many or too long paths");
    const flinch__type *type = without_null(field->type);
    if (is_excepted(l))
        return flinch_status_of(FLINCH_OK);
    if (type->kind == FLINCH_KIND_RECORD)
        return list_record(l, type, used + (size_t)size);
    return is_number(type) ? add_path(l) : flinch_status_of(FLINCH_OK);
}

static flinch_status list_record(listing *l, const flinch__type *record, size_t used) {
    for (uint32_t i = 0; i < l->depth; i++) {
        if (l->around[i] == record) /* a list or a tree: one round of it is enough */
            return flinch_status_of(FLINCH_OK);
    }
    if (l->depth == DEPTH_MAX)
        return flinch_fail(l->error, FLINCH_BAD_DATA, "schema: records nested too deep to list");
    l->around[l->depth++] = record;
    for (uint32_t i = 0; i < record->count; i++)
        FLINCH_TRY(list_field(l, &record->fields[i], used));
    l->depth--;
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__schema_numeric_paths(const char *schema, size_t schema_size,
                                           const char *const *except, uint32_t except_count,
                                           flinch__paths *out_paths, flinch_error *error) {
    flinch__schema *parsed = NULL;
    listing *l = NULL;
    *out_paths = (flinch__paths){0};
    flinch_status status = flinch__schema_parse(schema, schema_size, &parsed, error);
    if (!flinch_is_ok(status))
        goto out;
    l = calloc(1, sizeof *l);
    out_paths->items = calloc(PATHS_MAX, sizeof *out_paths->items);
    if (l == NULL || out_paths->items == NULL) {
        status = flinch_fail(error, FLINCH_NO_MEMORY, "no memory for the paths of a schema");
        goto out;
    }
    *l = (listing){
        .except = except, .except_count = except_count, .paths = out_paths, .error = error};
    const flinch__type *root = without_null(parsed->root);
    if (root->kind == FLINCH_KIND_RECORD)
        status = list_record(l, root, 0);
out:
    free(l);
    flinch__schema_free(parsed);
    if (!flinch_is_ok(status))
        flinch__paths_free(out_paths);
    return status;
}

void flinch__paths_free(flinch__paths *paths) {
    if (paths == NULL)
        return;
    for (uint32_t i = 0; i < paths->count; i++)
        free(paths->items[i]);
    free(paths->items);
    *paths = (flinch__paths){0};
}
