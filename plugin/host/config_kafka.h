/* Which librdkafka properties the `kafka:` section passes on. Only what is on the list: a property
 * may run code, switch off verification, or break the promise of exactly-once. */
#ifndef FLINCH_HOST_CONFIG_KAFKA_H
#define FLINCH_HOST_CONFIG_KAFKA_H

#include <stdbool.h>
#include <stdio.h>

#include "plugin/host/suggest.h"

typedef enum flinch__kafka_rule {
    FLINCH_KAFKA_ALLOWED,
    FLINCH_KAFKA_SECRET,  /* allowed, and its value is never shown */
    FLINCH_KAFKA_REFUSED, /* known, with a reason */
    FLINCH_KAFKA_UNKNOWN
} flinch__kafka_rule;

/* Rule for a property; *out_reason says why it is refused, else it is NULL. */
flinch__kafka_rule flinch__kafka_rule_of(const char *property, const char **out_reason);

/* Offers all allowed names, each behind "kafka.". */
void flinch__kafka_suggest(flinch__suggestion *suggestion);

void flinch__kafka_print_reference(FILE *out);

#endif
