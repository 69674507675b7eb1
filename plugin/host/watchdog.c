#include "plugin/host/watchdog.h"

#include <errno.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_EVERY_MS = 100 };

/* Nothing is wrong yet, but nothing goes on either: that is said once of a call. */
static void tell_of_wait(const flinch__watchdog *dog, uint32_t worker) {
    flinch__watch *watch = dog->watches[worker];
    const char *call = flinch__watch_late(watch, dog->tell_after_ms);
    int64_t since_ms = atomic_load(&watch->since_ms);
    if (call == NULL || since_ms == watch->told_ms)
        return;
    watch->told_ms = since_ms;
    flinch__log_write(dog->log, FLINCH_NOTE_WARNING, "waiting",
                      "worker=%u call=%s limit_ms=%lld reason=\"no answer of the brokers yet "
                      "(kafka.bootstrap.servers)\"",
                      worker, call, (long long)dog->call_limit_ms);
}

/* What is late is said, for who reads the log; then there is nothing left to close in order. */
static void look(const flinch__watchdog *dog, int64_t stopping_since_ms) {
    for (uint32_t i = 0; i < dog->count; i++) {
        const char *call = flinch__watch_late(dog->watches[i], dog->call_limit_ms);
        if (call == NULL) {
            tell_of_wait(dog, i);
            continue;
        }
        flinch__log_write(dog->log, FLINCH_NOTE_ERROR, "hung",
                          "worker=%u call=%s limit_ms=%lld reason=\"librdkafka does not come back; "
                          "what was not committed is done again after a restart\"",
                          i, call, (long long)dog->call_limit_ms);
        _exit(EX_TEMPFAIL);
    }
    if (stopping_since_ms == 0 || flinch__monotonic_ms() - stopping_since_ms <= dog->stop_limit_ms)
        return;
    flinch__log_write(dog->log, FLINCH_NOTE_WARNING, "stop_forced",
                      "limit_ms=%lld reason=\"the brokers did not answer in time; what was not "
                      "committed is done again after a restart\"",
                      (long long)dog->stop_limit_ms);
    _exit(EX_OK);
}

static struct timespec next_look(void) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += LOOK_EVERY_MS * 1000000L;
    at.tv_sec += at.tv_nsec / 1000000000L;
    at.tv_nsec %= 1000000000L;
    return at;
}

static void *watch(void *argument) {
    flinch__watchdog *dog = argument;
    int64_t stopping_since_ms = 0;
    pthread_mutex_lock(&dog->lock);
    while (!dog->ended) {
        struct timespec at = next_look();
        if (pthread_cond_timedwait(&dog->ends, &dog->lock, &at) != ETIMEDOUT)
            continue;
        if (stopping_since_ms == 0 && atomic_load(dog->stop))
            stopping_since_ms = flinch__monotonic_ms();
        look(dog, stopping_since_ms);
    }
    pthread_mutex_unlock(&dog->lock);
    return NULL;
}

flinch_status flinch__watchdog_start(flinch__watchdog *dog, flinch_error *error) {
    pthread_mutex_init(&dog->lock, NULL);
    pthread_cond_init(&dog->ends, NULL);
    dog->ended = false;
    if (pthread_create(&dog->thread, NULL, watch, dog) == 0)
        return flinch_status_of(FLINCH_OK);
    pthread_cond_destroy(&dog->ends);
    pthread_mutex_destroy(&dog->lock);
    return flinch_fail(error, FLINCH_FATAL, "no thread to watch the workers");
}

void flinch__watchdog_end(flinch__watchdog *dog) {
    pthread_mutex_lock(&dog->lock);
    dog->ended = true;
    pthread_cond_signal(&dog->ends);
    pthread_mutex_unlock(&dog->lock);
    pthread_join(dog->thread, NULL);
    pthread_cond_destroy(&dog->ends);
    pthread_mutex_destroy(&dog->lock);
}
