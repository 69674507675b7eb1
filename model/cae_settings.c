#include "model/cae_settings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/normalizer.h"

enum { MAX_FEATURES = 4096, MAX_HIDDEN = 4096 };

static flinch_status refuse(const flinch_option *option, const char *expected,
                            flinch_error *error) {
    return flinch_fail(error, FLINCH_INVALID, "detector.%s: \"%.60s\" is not %s", option->name,
                       option->value, expected);
}

/* Whole text, finite, in range. */
static bool read_number(const char *text, double low, double high, double *out) {
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= low && value <= high))
        return false;
    *out = value;
    return true;
}

static flinch_status read_hidden(const flinch_option *option, flinch__cae_settings *settings,
                                 flinch_error *error) {
    double value = 0;
    if (strcmp(option->value, "auto") == 0)
        return flinch_status_of(FLINCH_OK);
    if (!read_number(option->value, 1, MAX_HIDDEN, &value) || value != floor(value))
        return refuse(option, "auto or a whole number from 1 to 4096", error);
    settings->h = (uint32_t)value;
    return flinch_status_of(FLINCH_OK);
}

static flinch_status read_lambda(const flinch_option *option, flinch__cae_settings *settings,
                                 flinch_error *error) {
    double value = 0;
    if (!read_number(option->value, 0, 100, &value))
        return refuse(option, "a number from 0 to 100", error);
    settings->lambda = (float)value;
    return flinch_status_of(FLINCH_OK);
}

static flinch_status read_optimizer(const flinch_option *option, flinch__cae_settings *settings,
                                    flinch_error *error) {
    if (strcmp(option->value, "adam") == 0)
        settings->optimizer = FLINCH_OPTIMIZER_ADAM;
    else if (strcmp(option->value, "momentum") == 0)
        settings->optimizer = FLINCH_OPTIMIZER_MOMENTUM;
    else
        return refuse(option, "adam or momentum", error);
    return flinch_status_of(FLINCH_OK);
}

static flinch_status read_warmup(const flinch_option *option, flinch__cae_settings *settings,
                                 flinch_error *error) {
    double value = 0;
    if (!read_number(option->value, 64, FLINCH__RING_ROWS, &value) ||
        fmod(value, FLINCH_TILE_ROWS) != 0)
        return refuse(option, "a multiple of 32 from 64 to 1024", error);
    settings->warmup = (uint32_t)value;
    return flinch_status_of(FLINCH_OK);
}

static flinch_status read_learn(const flinch_option *option, flinch__cae_settings *settings,
                                flinch_error *error) {
    settings->learn = strcmp(option->value, "true") == 0;
    if (!settings->learn && strcmp(option->value, "false") != 0)
        return refuse(option, "true or false", error);
    return flinch_status_of(FLINCH_OK);
}

static const struct {
    const char *name;
    flinch_status (*read)(const flinch_option *, flinch__cae_settings *, flinch_error *);
} OPTIONS[] = {
    {"hidden", read_hidden}, {"lambda", read_lambda}, {"optimizer", read_optimizer},
    {"warmup", read_warmup}, {"learn", read_learn},
};

static flinch_status read_option(const flinch_option *option, flinch__cae_settings *settings,
                                 flinch_error *error) {
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++)
        if (strcmp(option->name, OPTIONS[i].name) == 0)
            return OPTIONS[i].read(option, settings, error);
    return flinch_fail(error, FLINCH_INVALID,
                       "detector.%.60s: detector cae has no such setting (it has hidden, lambda, "
                       "optimizer, warmup, learn)",
                       option->name);
}

flinch_status flinch__cae_settings_read(const flinch_detector_config *config,
                                        flinch__cae_settings *out_settings, flinch_error *error) {
    if (config->features < 1 || config->features > MAX_FEATURES)
        return flinch_fail(error, FLINCH_INVALID,
                           "features: %u is not a number of features from 1 to %d",
                           config->features, MAX_FEATURES);
    uint32_t d = config->features;
    uint32_t h = 2 * d < 4 ? 4 : 2 * d;
    *out_settings = (flinch__cae_settings){.d = d,
                                           .h = h > 128 ? 128 : h,
                                           .warmup = 256,
                                           .lambda = 0.3F,
                                           .optimizer = FLINCH_OPTIMIZER_ADAM,
                                           .learn = true};
    for (uint32_t i = 0; i < config->option_count; i++)
        FLINCH_TRY(read_option(&config->options[i], out_settings, error));
    return flinch_status_of(FLINCH_OK);
}
