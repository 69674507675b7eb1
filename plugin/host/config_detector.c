/* The options of detector "cae". They are checked one by one, so that each mistake has its place.
 */
#include <stdio.h>
#include <string.h>

#include "model/cae_detector.h"
#include "plugin/host/config_reader.h"

static const flinch__setting OPTIONS[] = {
    {.name = "detector.hidden",
     .kind = FLINCH_KIND_WHOLE,
     .low = 1,
     .high = 4096,
     .fallback = "auto",
     .doc = "size of the code; auto: twice the number of features, from 4 to 128"},
    {.name = "detector.lambda",
     .kind = FLINCH_KIND_REAL,
     .low = 0,
     .high = 100,
     .fallback = "0.3",
     .doc = "weight of the contractive loss"},
    {.name = "detector.optimizer",
     .kind = FLINCH_KIND_CHOICE,
     .choices = "adam|momentum",
     .fallback = "adam",
     .doc = "how a mini-batch changes the weights"},
    {.name = "detector.warmup",
     .kind = FLINCH_KIND_WHOLE,
     .low = 64,
     .high = 1024,
     .fallback = "256",
     .doc = "rows of the first fit, a multiple of 32"},
    {.name = "detector.learn",
     .kind = FLINCH_KIND_CHOICE,
     .choices = "true|false",
     .fallback = "true",
     .doc = "false: the model is frozen after its first fit"},
};

const flinch__setting *flinch__detector_settings(uint32_t *out_count) {
    *out_count = sizeof OPTIONS / sizeof *OPTIONS;
    return OPTIONS;
}

static const flinch__setting *find_option(const char *key, flinch__suggestion *suggestion) {
    uint32_t count;
    const flinch__setting *options = flinch__detector_settings(&count);
    for (uint32_t i = 0; i < count; i++) {
        flinch__suggest_offer(suggestion, options[i].name);
        if (strcmp(options[i].name, key) == 0)
            return &options[i];
    }
    flinch__suggest_offer(suggestion, "detector.type");
    flinch__suggest_offer(suggestion, "detector.path");
    return NULL;
}

static uint32_t count_features(const flinch__config *config) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < config->inputs.count; i++) {
        bool is_one_hot = config->inputs.items[i].transform == FLINCH_TRANSFORM_ONE_HOT;
        count += is_one_hot ? config->inputs.items[i].category_count : 1;
    }
    return count == 0 ? 1 : count * config->window;
}

/* Asks the detector itself, for what a table cannot say. */
static bool is_accepted(const flinch__reader *reader, const flinch_option *option) {
    const flinch_detector_config settings = {.size = sizeof settings,
                                             .features = count_features(reader->config),
                                             .seed = reader->config->seed,
                                             .options = option,
                                             .option_count = 1};
    const flinch_detector_api *api = flinch__cae_detector();
    flinch_detector *detector = NULL;
    flinch_error error;
    flinch_status status = api->create(&settings, &detector, &error);
    api->destroy(detector);
    return flinch_is_ok(status);
}

static void check_option(flinch__reader *reader, uint32_t index) {
    const flinch_option *option = &reader->options[index];
    const flinch__node *node = reader->option_nodes[index];
    char key[160];
    char text[160];
    snprintf(key, sizeof key, "detector.%.100s", option->name);
    flinch__suggestion suggestion = flinch__suggest(key);
    const flinch__setting *setting = find_option(key, &suggestion);
    if (setting == NULL) {
        flinch__reader_refuse(reader, node->key_place, key,
                              "unknown key (expected a setting of detector cae)%s",
                              flinch__suggest_text(&suggestion, text, sizeof text));
        return;
    }
    if (strcmp(option->value, setting->fallback) == 0)
        return;
    uint64_t field;
    const char *problem = flinch__setting_store(setting, option->value, &field);
    if (problem == NULL && !is_accepted(reader, option))
        problem = "is refused by the detector";
    if (problem != NULL)
        flinch__reader_refuse_value(reader, key, node, problem,
                                    flinch__setting_expected(setting, text));
}

void flinch__reader_check_detector(flinch__reader *reader) {
    const flinch__config *config = reader->config;
    if (config->detector_path != NULL)
        return;
    if (strcmp(config->detector_type, flinch__cae_detector()->id) != 0) {
        const flinch__setting *setting = flinch__setting_find("detector.type");
        const flinch__node *node = reader->set[flinch__setting_index(setting)];
        flinch__reader_refuse_value(reader, setting->name, node, "is not built in",
                                    "cae, or detector.path with a shared object");
        return;
    }
    for (uint32_t i = 0; i < config->option_count; i++)
        check_option(reader, i);
}
