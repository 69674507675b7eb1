/* What the tools of the end-to-end tests share. They are programs for tests: a problem is printed,
 * and ends the program with status 1. None of them uses flinch's own code: they are the other side.
 *
 * Bytes go in and out as text, in lowercase hexadecimal, "-" for none (a null, not an empty value).
 */
#ifndef FLINCH_TESTS_E2E_TOOL_H
#define FLINCH_TESTS_E2E_TOOL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <librdkafka/rdkafka.h>

enum { TOOL_TIMEOUT_MS = 30000 };

/* Prints what is the matter and why, and ends the program. */
_Noreturn void tool_fail(const char *what, const char *why);

/* A number within [low, high], or the end. */
long tool_number(const char *text, long low, long high);

/* A configuration with the pairs of names and values given, NULL at the end. */
rd_kafka_conf_t *tool_conf(const char *brokers, const char *const *pairs);

/* A client of that configuration, which is taken. */
rd_kafka_t *tool_client(rd_kafka_type_t type, rd_kafka_conf_t *conf);

/* Number of partitions of a topic that is there, or the end. */
int32_t tool_partitions(rd_kafka_t *client, const char *topic);

/* Replaces hexadecimal text by its bytes, in place. NULL for "-". */
uint8_t *tool_bytes(char *text, size_t *out_size);

/* Prints bytes as hexadecimal text; "-" for NULL. */
void tool_print_bytes(FILE *out, const void *data, size_t size);

#endif
