/* A schema registry on loopback that knows ids 1 and 2, both with the fixture's schema; id 2 is
 * answered with 503 until it is told to answer, id 3 with 404 until it is told to know it. */
#ifndef FLINCH_TESTS_CONSUMER_FAKE_REGISTRY_H
#define FLINCH_TESTS_CONSUMER_FAKE_REGISTRY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct fake_registry {
    int listener;
    char url[64];
    atomic_bool answers_two;
    atomic_bool knows_three;
    pthread_t thread;
} fake_registry;

void fake_registry_open(fake_registry *registry);
void fake_registry_close(fake_registry *registry);

#endif
