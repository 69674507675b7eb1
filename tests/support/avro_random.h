/* Random schemas, and random data for them as Avro C's generic values. */
#ifndef FLINCH_TESTS_SUPPORT_AVRO_RANDOM_H
#define FLINCH_TESTS_SUPPORT_AVRO_RANDOM_H

#include <avro.h>
#include <stddef.h>
#include <stdint.h>

enum { AVRO_RANDOM_SCHEMA_BYTES = 64 * 1024 };

/* xorshift; a state of 0 is made 1. */
typedef struct avro_random {
    uint64_t state;
    uint32_t names; /* so that every type and field gets a name of its own */
} avro_random;

uint64_t avro_random_next(avro_random *random);
/* 0 … bound - 1. */
uint32_t avro_random_below(avro_random *random, uint32_t bound);

/* A record as JSON text, of every type nested in any other; now and then one with an array of items
 * of no bytes, which flinch refuses. */
void avro_random_schema(avro_random *random, char text[AVRO_RANDOM_SCHEMA_BYTES]);
/* Fills a fresh generic value. */
void avro_random_fill(avro_random *random, avro_value_t *value, int depth);

#endif
