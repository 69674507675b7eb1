#include "plugin/host/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/host/config_streams.h"

flinch_status flinch__read_file(const char *path, size_t max_bytes, char **out_text,
                                flinch_error *error) {
    *out_text = NULL;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return flinch_fail(error, FLINCH_NOT_FOUND, "%s: %s", path, strerror(errno));
    flinch_status status = flinch_status_of(FLINCH_OK);
    char *text = malloc(max_bytes + 1);
    size_t size = text == NULL ? 0 : fread(text, 1, max_bytes, file);
    if (text == NULL)
        status = flinch_fail(error, FLINCH_NO_MEMORY, "%s: no memory", path);
    else if (ferror(file))
        status = flinch_fail(error, FLINCH_NOT_FOUND, "%s: %s", path, strerror(errno));
    else if (fgetc(file) != EOF)
        status = flinch_fail(error, FLINCH_TOO_LARGE, "%s: over %zu bytes", path, max_bytes);
    fclose(file);
    if (text == NULL || !flinch_is_ok(status)) {
        free(text);
        return status;
    }
    text[size] = '\0';
    *out_text = text;
    return status;
}

static void copy_captures(flinch__setup *setup, const flinch__setup_request *request) {
    if (request->config->input.stream_by == FLINCH_STREAM_BY_FIELD)
        setup->captures[setup->capture_count++] = request->config->input.stream_field;
    for (uint32_t i = 0; i < request->capture_count; i++)
        if (setup->capture_count < FLINCH__SETUP_CAPTURES)
            setup->captures[setup->capture_count++] = request->captures[i];
}

/* Every numeric field of the schema that is not handed out otherwise. */
static flinch_status find_features(flinch__setup *setup, const char *schema, flinch_error *error) {
    if (schema == NULL)
        return flinch_fail(error, FLINCH_INVALID, "features: auto needs a schema to look at");
    FLINCH_TRY(flinch__schema_numeric_paths(schema, strlen(schema), setup->captures,
                                            setup->capture_count, &setup->paths, error));
    if (setup->paths.count == 0)
        return flinch_fail(error, FLINCH_INVALID,
                           "features: auto found no numeric field in the schema");
    setup->found = calloc(setup->paths.count, sizeof *setup->found);
    if (setup->found == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for the feature list");
    for (uint32_t i = 0; i < setup->paths.count; i++)
        setup->found[i].field = setup->paths.items[i];
    setup->inputs = (flinch_input_list){.items = setup->found, .count = setup->paths.count};
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__setup_init(flinch__setup *setup, const flinch__setup_request *request,
                                 flinch_error *error) {
    const flinch__config *config = request->config;
    *setup = (flinch__setup){.config = config, .inputs = config->inputs};
    copy_captures(setup, request);
    flinch_status status = flinch_status_of(FLINCH_OK);
    if (config->features_auto)
        status = find_features(setup, request->schema, error);
    if (flinch_is_ok(status)) {
        flinch__stream_config streams =
            flinch__config_streams(config, request->detector, setup->inputs);
        status = flinch__blueprint_new(&streams, &setup->blueprint, error);
    }
    if (!flinch_is_ok(status))
        flinch__setup_fini(setup);
    return status;
}

void flinch__setup_fini(flinch__setup *setup) {
    flinch__blueprint_free(setup->blueprint);
    flinch__paths_free(&setup->paths);
    free(setup->found);
    *setup = (flinch__setup){0};
}

flinch__want flinch__setup_want(const flinch__setup *setup) {
    return (flinch__want){.inputs = setup->inputs,
                          .captures = setup->captures,
                          .capture_count = setup->capture_count};
}
