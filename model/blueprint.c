#include "model/blueprint.h"

#include <assert.h>
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/calibrator.h"
#include "model/features.h"

uint64_t flinch__hash(uint64_t hash, const void *bytes, size_t size) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001B3);
    return hash;
}

static uint64_t hash_text(uint64_t hash, const char *text) {
    assert(text != NULL);
    return flinch__hash(hash, text, strlen(text) + 1);
}

/* What the streams around every detector do, and how they are saved: raised with either. */
#define STREAM_VERSION "1"

static uint64_t fingerprint_of(const flinch__blueprint *blueprint) {
    const flinch__stream_config *config = &blueprint->config;
    uint64_t hash = hash_text(FLINCH__HASH_START, STREAM_VERSION);
    hash = hash_text(hash_text(hash, config->api->id), config->api->version);
    for (uint32_t i = 0; i < blueprint->d; i++)
        hash = hash_text(hash, blueprint->names[i]);
    for (uint32_t i = 0; i < config->option_count; i++)
        hash = hash_text(hash_text(hash, config->options[i].name), config->options[i].value);
    hash = flinch__hash(hash, &config->window, sizeof config->window);
    return flinch__hash(hash, &config->seed, sizeof config->seed);
}

static char *copy_text(const char *text, bool *failed) {
    char *copy = strdup(text);
    *failed = *failed || copy == NULL;
    return copy;
}

static void copy_input(flinch_input *to, const flinch_input *from, bool *failed) {
    *to = *from;
    to->field = copy_text(from->field, failed);
    to->categories = NULL;
    if (from->category_count == 0)
        return;
    const char **categories = calloc(from->category_count, sizeof *categories);
    to->categories = categories;
    if (categories == NULL) {
        to->category_count = 0;
        *failed = true;
        return;
    }
    for (uint32_t k = 0; k < from->category_count; k++)
        categories[k] = copy_text(from->categories[k], failed);
}

static flinch_status copy_config(flinch__blueprint *blueprint, const flinch__stream_config *config,
                                 flinch_error *error) {
    bool failed = false;
    blueprint->config = *config;
    blueprint->config.inputs.count = 0;
    blueprint->config.option_count = 0;
    blueprint->inputs = calloc(config->inputs.count, sizeof *blueprint->inputs);
    blueprint->options = calloc(config->option_count + 1, sizeof *blueprint->options);
    blueprint->names = calloc(blueprint->d, sizeof *blueprint->names);
    if (blueprint->inputs == NULL || blueprint->options == NULL || blueprint->names == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for the feature list");
    blueprint->config.inputs =
        (flinch_input_list){.items = blueprint->inputs, .count = config->inputs.count};
    blueprint->config.options = blueprint->options;
    blueprint->config.option_count = config->option_count;
    for (uint32_t i = 0; i < config->inputs.count; i++)
        copy_input(&blueprint->inputs[i], &config->inputs.items[i], &failed);
    for (uint32_t i = 0; i < config->option_count; i++) {
        blueprint->options[i].name = copy_text(config->options[i].name, &failed);
        blueprint->options[i].value = copy_text(config->options[i].value, &failed);
    }
    for (uint32_t i = 0; i < blueprint->d && !failed; i++) {
        char name[512];
        flinch__features_name(blueprint->config.inputs, i, name, sizeof name);
        blueprint->names[i] = copy_text(name, &failed);
    }
    return failed ? flinch_fail(error, FLINCH_NO_MEMORY, "no memory for the feature list")
                  : flinch_status_of(FLINCH_OK);
}

flinch_detector_config flinch__blueprint_detector_config(const flinch__blueprint *blueprint,
                                                         uint64_t seed) {
    return (flinch_detector_config){.size = sizeof(flinch_detector_config),
                                    .features = blueprint->d,
                                    .seed = seed,
                                    .options = blueprint->options,
                                    .option_count = blueprint->config.option_count};
}

/* Makes one detector, to check its settings and to measure its scratch. */
static flinch_status probe(flinch__blueprint *blueprint, flinch_error *error) {
    const flinch_detector_api *api = blueprint->config.api;
    flinch_detector *detector = NULL;
    flinch_detector_config config = flinch__blueprint_detector_config(blueprint, 0);
    FLINCH_TRY(api->create(&config, &detector, error));
    blueprint->detector_scratch = (api->scratch_bytes(detector) + 63) / 64 * 64;
    size_t shares = (size_t)FLINCH_TILE_ROWS * blueprint->d * sizeof(flinch_share);
    size_t work = FLINCH__CALIBRATOR_ROWS * sizeof(float);
    blueprint->scratch = blueprint->detector_scratch + (shares > work ? shares : work);
    blueprint->scratch = (blueprint->scratch + 63) / 64 * 64;
    blueprint->explain = api->extension(FLINCH_EXPLAIN_EXTENSION);
    api->destroy(detector);
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__blueprint_new(const flinch__stream_config *config,
                                    flinch__blueprint **out_blueprint, flinch_error *error) {
    *out_blueprint = NULL;
    /* The order of summation, and so the bits of a score, must not depend on the machine's
     * processors; and a tile is too small to be shared among threads with profit. */
    openblas_set_num_threads(1);
    if (config->inputs.count == 0)
        return flinch_fail(error, FLINCH_INVALID, "features: none");
    flinch__blueprint *blueprint = calloc(1, sizeof *blueprint);
    if (blueprint == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for the feature list");
    blueprint->base = flinch__features_base(config->inputs);
    blueprint->d = blueprint->base * config->window;
    flinch_status status = copy_config(blueprint, config, error);
    if (flinch_is_ok(status))
        status = probe(blueprint, error);
    if (!flinch_is_ok(status)) {
        flinch__blueprint_free(blueprint);
        return status;
    }
    blueprint->alarm_score = -log10(config->alarm_rate);
    blueprint->fingerprint = fingerprint_of(blueprint);
    *out_blueprint = blueprint;
    return status;
}

static void free_input(flinch_input *input) {
    for (uint32_t k = 0; k < input->category_count; k++)
        free((void *)input->categories[k]);
    free((void *)input->categories);
    free((void *)input->field);
}

void flinch__blueprint_free(flinch__blueprint *blueprint) {
    if (blueprint == NULL)
        return;
    for (uint32_t i = 0; i < blueprint->config.inputs.count; i++)
        free_input(&blueprint->inputs[i]);
    for (uint32_t i = 0; i < blueprint->config.option_count; i++) {
        free((void *)blueprint->options[i].name);
        free((void *)blueprint->options[i].value);
    }
    for (uint32_t i = 0; blueprint->names != NULL && i < blueprint->d; i++)
        free(blueprint->names[i]);
    free(blueprint->inputs);
    free(blueprint->options);
    free(blueprint->names);
    free(blueprint);
}

uint32_t flinch__blueprint_inputs(const flinch__blueprint *blueprint) {
    return blueprint->config.inputs.count;
}

uint32_t flinch__blueprint_features(const flinch__blueprint *blueprint) {
    return blueprint->d;
}

const char *flinch__blueprint_feature(const flinch__blueprint *blueprint, uint32_t feature) {
    return feature < blueprint->d ? blueprint->names[feature] : NULL;
}

const char *flinch__blueprint_detector(const flinch__blueprint *blueprint) {
    return blueprint->config.api->id;
}

size_t flinch__blueprint_scratch_bytes(const flinch__blueprint *blueprint) {
    return blueprint->scratch;
}

uint64_t flinch__blueprint_fingerprint(const flinch__blueprint *blueprint) {
    return blueprint->fingerprint;
}
