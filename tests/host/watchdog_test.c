#include "plugin/host/watchdog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_S = 60, FAR_MS = 3600000 };

typedef struct outcome {
    int code;
    char said[2000];
} outcome;

/* A child that waits until a watchdog ends it. */
static void be_watched(int to, flinch__watch *watch, int64_t call_limit_ms, bool stops) {
    atomic_bool stop = stops;
    flinch_error error;
    flinch__log log = {.out = fdopen(to, "w"), .level = FLINCH_LOG_INFO};
    flinch__watchdog dog = {.log = &log,
                            .stop = &stop,
                            .watches = &watch,
                            .count = 1,
                            .tell_after_ms = call_limit_ms / 4,
                            .call_limit_ms = call_limit_ms,
                            .stop_limit_ms = 50};
    setvbuf(log.out, NULL, _IONBF, 0);
    if (flinch_is_ok(flinch__watchdog_start(&dog, &error))) {
        alarm(PATIENCE_S);
        pause();
    }
    _exit(EX_SOFTWARE);
}

static outcome ended(flinch__watch *watch, int64_t call_limit_ms, bool stops) {
    outcome seen = {0};
    int ends[2];
    int status;
    size_t size = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        be_watched(ends[1], watch, call_limit_ms, stops);
    close(ends[1]);
    for (ssize_t n; (n = read(ends[0], seen.said + size, sizeof seen.said - 1 - size)) > 0;)
        size += (size_t)n;
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    seen.code = WEXITSTATUS(status);
    return seen;
}

static void a_call_that_does_not_come_back_ends_the_process_to_be_started_again(void **state) {
    (void)state;
    flinch__watch watch = {.since_ms = 0};
    flinch__watch_begin(&watch, "commit_transaction");

    outcome seen = ended(&watch, 50, false);

    assert_int_equal(seen.code, EX_TEMPFAIL);
    assert_non_null(strstr(seen.said, "event=hung worker=0 call=commit_transaction limit_ms=50"));
}

static void a_call_that_lasts_is_told_of_once(void **state) {
    (void)state;
    flinch__watch watch = {.since_ms = 0};
    flinch__watch_begin(&watch, "commit_transaction");

    outcome seen = ended(&watch, 1000, false);

    const char *told = strstr(seen.said, "event=waiting worker=0 call=commit_transaction");
    assert_non_null(told);
    assert_null(strstr(told + 1, "event=waiting"));
}

static void a_stop_that_takes_too_long_is_forced(void **state) {
    (void)state;
    flinch__watch watch = {.since_ms = 0};

    outcome seen = ended(&watch, FAR_MS, true);

    assert_int_equal(seen.code, EX_OK);
    assert_non_null(strstr(seen.said, "event=stop_forced limit_ms=50"));
}

static void a_call_that_came_back_is_not_late(void **state) {
    (void)state;
    flinch__watch watch = {.since_ms = 0};
    flinch__watch_begin(&watch, "commit_transaction");
    watch.since_ms -= FAR_MS;
    assert_string_equal(flinch__watch_late(&watch, FAR_MS / 2), "commit_transaction");
    assert_null(flinch__watch_late(&watch, 2 * FAR_MS));

    flinch__watch_end(&watch);

    assert_null(flinch__watch_late(&watch, 0));
}

static void the_watchdog_ends_when_told(void **state) {
    (void)state;
    atomic_bool stop = false;
    flinch__watch watch = {.since_ms = 0};
    flinch__watch *watches = &watch;
    flinch_error error;
    flinch__watchdog dog = {.stop = &stop,
                            .watches = &watches,
                            .count = 1,
                            .tell_after_ms = FAR_MS,
                            .call_limit_ms = FAR_MS,
                            .stop_limit_ms = FAR_MS};
    assert_true(flinch_is_ok(flinch__watchdog_start(&dog, &error)));

    flinch__watchdog_end(&dog);

    assert_true(dog.ended);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_that_does_not_come_back_ends_the_process_to_be_started_again),
        cmocka_unit_test(a_call_that_lasts_is_told_of_once),
        cmocka_unit_test(a_stop_that_takes_too_long_is_forced),
        cmocka_unit_test(a_call_that_came_back_is_not_late),
        cmocka_unit_test(the_watchdog_ends_when_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
