/* The table against itself and against config.example.yaml. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/host/config.h"
#include "plugin/host/config_table.h"

static char *read_example(void) {
    FILE *file = fopen(FLINCH_SOURCE "/config.example.yaml", "r");
    assert_non_null(file);
    char *text = calloc(1, 64 * 1024);
    assert_non_null(text);
    size_t size = fread(text, 1, 64 * 1024 - 1, file);
    assert_true(size > 0);
    fclose(file);
    return text;
}

/* Is "key:" in the text, with this value, at the level of its section? Commented lines count. */
static int has_line(const char *text, const char *key, const char *value) {
    const char *section_end = strchr(key, '.');
    const char *at = text;
    if (section_end != NULL) {
        char section[64];
        snprintf(section, sizeof section, "\n%.*s:", (int)(section_end - key), key);
        at = strstr(text, section);
        key = section_end + 1;
    }
    char line[128];
    snprintf(line, sizeof line, "%s%s: ", section_end == NULL ? "\n" : " ", key);
    const char *found = at == NULL ? NULL : strstr(at + 1, line);
    if (section_end == NULL && found == NULL)
        found = strstr(text, line);
    if (found == NULL)
        return 0;
    found += strlen(line);
    found += *found == '"';
    return value == NULL || strncmp(found, value, strlen(value)) == 0;
}

static void example_is_valid(void **state) {
    (void)state;
    flinch__config *config;
    flinch__problems problems;
    flinch__problems_init(&problems);
    const flinch__config_source source = {.path = FLINCH_SOURCE "/config.example.yaml"};

    flinch_status status = flinch__config_load(&source, &config, &problems);

    for (uint32_t i = 0; i < problems.count; i++)
        print_error("%s\n", problems.items[i].text);
    assert_int_equal(status.code, FLINCH_OK);
    flinch__config_free(config);
    flinch__problems_fini(&problems);
}

static void expect_shown(const char *text, const flinch__setting *settings, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (settings[i].kind == FLINCH_KIND_KAFKA)
            continue;
        if (!has_line(text, settings[i].name, settings[i].fallback))
            fail_msg("config.example.yaml does not show %s with its default", settings[i].name);
    }
}

static void example_shows_every_setting_with_its_default(void **state) {
    (void)state;
    char *text = read_example();
    uint32_t count;

    const flinch__setting *settings = flinch__settings(&count);
    expect_shown(text, settings, count);
    settings = flinch__detector_settings(&count);
    expect_shown(text, settings, count);

    free(text);
}

static void table_names_are_unique_and_documented(void **state) {
    (void)state;
    uint32_t count;
    const flinch__setting *settings = flinch__settings(&count);

    for (uint32_t i = 0; i < count; i++) {
        assert_ptr_equal(flinch__setting_find(settings[i].name), &settings[i]);
        assert_non_null(settings[i].doc);
    }
}

static void reference_names_every_setting(void **state) {
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);

    flinch__settings_print_reference(out);

    fclose(out);
    uint32_t count;
    const flinch__setting *settings = flinch__settings(&count);
    for (uint32_t i = 0; i < count; i++)
        assert_non_null(strstr(text, settings[i].name));
    assert_non_null(strstr(text, "detector.lambda"));
    assert_non_null(strstr(text, "a duration from 1ms to 1m, like 10s"));
    assert_non_null(strstr(text, "plugin.library.paths"));
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example_is_valid),
        cmocka_unit_test(example_shows_every_setting_with_its_default),
        cmocka_unit_test(table_names_are_unique_and_documented),
        cmocka_unit_test(reference_names_every_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
