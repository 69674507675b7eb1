/* What the tests of consumer/ share: a small blueprint, the rows and the Avro records that suit it,
 * and the config of a worker around them. */
#ifndef FLINCH_TESTS_CONSUMER_FIXTURE_H
#define FLINCH_TESTS_CONSUMER_FIXTURE_H

#include "consumer/worker.h"
#include "tests/support/test_bytes.h"

enum { FIXTURE_INPUTS = 3 };

/* Fields host (string), code (long), a, b, c (double). */
extern const char FIXTURE_SCHEMA[];

/* To be freed by flinch__blueprint_free. Learns 256 rows before its first score. */
flinch__blueprint *fixture_blueprint(void);

/* Row i: always the same. */
void fixture_row(uint32_t i, double row[FIXTURE_INPUTS]);

/* Appends record i of a host. */
void fixture_record(test_bytes *bytes, uint32_t i, const char *host);

/* A config with the fixed schema, no framing, topics "in", "scores" and "dead", and the backlog
 * scored. */
flinch__worker_config fixture_config(const flinch__blueprint *blueprint, flinch__stats *stats);

/* All that a score says, padding left aside. */
void assert_same_score(const flinch_score *one, const flinch_score *other);

#endif
