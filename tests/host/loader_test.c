/* The loader, with real shared objects: the sample detector and files that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/host/loader.h"

enum { FEATURES = 3 };

static const flinch_detector_config CONFIG = {
    .size = sizeof CONFIG, .features = FEATURES, .seed = 1};

static void fill(float values[FLINCH_TILE_ROWS * FEATURES], float shift) {
    for (int i = 0; i < FLINCH_TILE_ROWS * FEATURES; i++)
        values[i] = shift + (float)(i * 7 % 11);
}

static void expect_refused(const char *type, const char *path, const char *text) {
    flinch__loader loader;
    flinch_error error = {""};

    flinch_status status = flinch__loader_open(type, path, &loader, &error);

    assert_false(flinch_is_ok(status));
    assert_null(loader.api);
    if (strstr(error.text, text) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.text, text);
}

static void builtin_cae_needs_no_path(void **state) {
    (void)state;
    flinch__loader loader;
    flinch_error error;

    assert_true(flinch_is_ok(flinch__loader_open("cae", NULL, &loader, &error)));

    assert_string_equal(loader.api->id, "cae");
    flinch__loader_close(&loader);
}

static void loaded_detector_learns_scores_saves_and_loads(void **state) {
    (void)state;
    flinch__loader loader;
    flinch_error error;
    float values[FLINCH_TILE_ROWS * FEATURES];
    flinch_signal before[FLINCH_TILE_ROWS];
    flinch_signal after[FLINCH_TILE_ROWS];
    flinch_learned learned;
    unsigned char saved[4096];
    size_t size;
    flinch_detector *detector;
    flinch_detector *copy;
    assert_true(flinch_is_ok(flinch__loader_open("zscore", FLINCH_ZSCORE, &loader, &error)));
    const flinch_detector_api *api = loader.api;
    const flinch_tile tile = {FEATURES, values, 0, FLINCH_TILE_ROWS};
    assert_true(flinch_is_ok(api->create(&CONFIG, &detector, &error)));
    fill(values, 0);

    assert_true(flinch_is_ok(api->learn(detector, &tile, NULL, &learned)));
    fill(values, 50);
    assert_true(flinch_is_ok(api->score(detector, &tile, NULL, before)));
    assert_true(flinch_is_ok(api->save(detector, saved, sizeof saved, &size)));
    assert_true(flinch_is_ok(api->load(&CONFIG, saved, size, &copy, &error)));
    assert_true(flinch_is_ok(api->score(copy, &tile, NULL, after)));

    assert_int_equal(size, api->saved_bytes(detector));
    assert_true(before[0].raw > 10);
    assert_memory_equal(before, after, sizeof before);
    api->destroy(detector);
    api->destroy(copy);
    flinch__loader_close(&loader);
}

static void loaded_detector_refuses_a_foreign_state(void **state) {
    (void)state;
    flinch__loader loader;
    flinch_error error;
    flinch_detector *detector;
    assert_true(flinch_is_ok(flinch__loader_open("zscore", FLINCH_ZSCORE, &loader, &error)));

    flinch_status status = loader.api->load(&CONFIG, "x", 1, &detector, &error);

    assert_int_equal(status.code, FLINCH_BAD_DATA);
    assert_null(detector);
    flinch__loader_close(&loader);
}

static void open_says_what_is_wrong_with_a_path(void **state) {
    (void)state;

    expect_refused("none", NULL, "\"none\" is not built in (expected cae");
    expect_refused("x", "zscore.so", "is not an absolute path");
    expect_refused("x", "/nonexistent/zscore.so", "No such file or directory");
    expect_refused("x", "/tmp", "is not a regular file");
    expect_refused("x", FLINCH_ZSCORE, "\"x\", but the file holds \"zscore\"");
}

static void open_refuses_a_file_that_is_no_shared_object(void **state) {
    (void)state;
    char path[] = "/tmp/flinch-loader-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, "no ELF file, but long enough to be asked", 40), 40);
    close(file);

    expect_refused("x", path, "detector.path: /tmp/flinch-loader-");

    unlink(path);
}

static void open_refuses_a_file_that_others_may_write(void **state) {
    (void)state;
    char path[] = "/tmp/flinch-loader-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(fchmod(file, 0664), 0);

    expect_refused("x", path, "can be written by others");

    close(file);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builtin_cae_needs_no_path),
        cmocka_unit_test(loaded_detector_learns_scores_saves_and_loads),
        cmocka_unit_test(loaded_detector_refuses_a_foreign_state),
        cmocka_unit_test(open_says_what_is_wrong_with_a_path),
        cmocka_unit_test(open_refuses_a_file_that_is_no_shared_object),
        cmocka_unit_test(open_refuses_a_file_that_others_may_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
