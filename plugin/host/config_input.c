/* The settings whose values have a grammar of their own: input.stream and input.start. */
#include <string.h>

#include "plugin/host/config_reader.h"
#include "plugin/host/config_value.h"

void flinch__reader_stream(flinch__reader *reader, const flinch__setting *setting,
                           const flinch__node *node) {
    char expected[FLINCH__MAX_EXPECTED];
    const char *text = flinch__reader_text(reader, setting->name, node,
                                           flinch__setting_expected(setting, expected));
    if (text == NULL)
        return;
    flinch__config_input *input = &reader->config->input;
    input->stream_field = NULL;
    if (strcmp(text, "partition") == 0) {
        input->stream_by = FLINCH_STREAM_BY_PARTITION;
    } else if (strcmp(text, "key") == 0) {
        input->stream_by = FLINCH_STREAM_BY_KEY;
    } else {
        input->stream_by = FLINCH_STREAM_BY_FIELD;
        input->stream_field = text + (text[0] == '.');
        if (*input->stream_field == '\0')
            flinch__reader_refuse_value(reader, setting->name, node, "names no field",
                                        flinch__setting_expected(setting, expected));
    }
}

static bool parse_start(const char *text, flinch__config_input *input) {
    uint64_t ms;
    if (strcmp(text, "earliest") == 0) {
        input->start = FLINCH_START_EARLIEST;
    } else if (strcmp(text, "latest") == 0) {
        input->start = FLINCH_START_LATEST;
    } else if (text[0] == '-') {
        if (!flinch__parse_duration(text + 1, &ms) || ms > INT64_MAX / 2)
            return false;
        input->start = FLINCH_START_AGO;
        input->start_ms = (int64_t)ms;
    } else {
        input->start = FLINCH_START_AT;
        return flinch__parse_time(text, &input->start_ms);
    }
    return true;
}

void flinch__reader_start(flinch__reader *reader, const flinch__setting *setting,
                          const flinch__node *node) {
    char expected[FLINCH__MAX_EXPECTED];
    const char *text = flinch__reader_text(reader, setting->name, node,
                                           flinch__setting_expected(setting, expected));
    if (text != NULL && !parse_start(text, &reader->config->input))
        flinch__reader_refuse_value(reader, setting->name, node, "is not a start",
                                    flinch__setting_expected(setting, expected));
}
