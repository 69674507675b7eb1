/* librdkafka's judgement on values of its properties; apart, so that libflinch does without it. */
#ifndef FLINCH_HOST_KAFKA_JUDGE_H
#define FLINCH_HOST_KAFKA_JUDGE_H

#include <stdbool.h>

/* Does librdkafka take the value? Its own words are not repeated: they may hold the value. */
bool flinch__kafka_accepts(const char *property, const char *value);

/* Can this librdkafka do SCRAM with Kafka 4.0 and later? Before 2.6.1 it repeats a nonce, and they
 * call the credentials wrong. */
bool flinch__kafka_does_scram(void);

#endif
