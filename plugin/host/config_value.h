/* Strict scalars: the whole text must match; no octal, no hexadecimal, no sign where none belongs,
 * no trailing junk, nothing that overflows, never nan or inf. Independent of the locale. */
#ifndef FLINCH_HOST_CONFIG_VALUE_H
#define FLINCH_HOST_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "0", "42" */
bool flinch__parse_whole(const char *text, uint64_t *out_value);
/* "0.001", "-2", "1e-3" */
bool flinch__parse_real(const char *text, double *out_value);
/* A whole number with ms, s, m, h or d: "100ms", "24h". */
bool flinch__parse_duration(const char *text, uint64_t *out_ms);
/* A whole number with B, KiB, MiB or GiB: "64MiB". */
bool flinch__parse_size(const char *text, uint64_t *out_bytes);
/* RFC 3339: "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.250+01:00"; ms since 1970, not before. */
bool flinch__parse_time(const char *text, int64_t *out_ms);
/* Index of a text in "learn|score", or −1. */
int flinch__parse_choice(const char *text, const char *choices);

/* "100ms", "24h": in the largest unit that gives a whole number. */
void flinch__write_duration(uint64_t ms, char *text, size_t size);
void flinch__write_size(uint64_t bytes, char *text, size_t size);

#endif
