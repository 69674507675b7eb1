/* What `flinch check --online` asks the servers. */
#ifndef FLINCH_HOST_CHECK_ONLINE_H
#define FLINCH_HOST_CHECK_ONLINE_H

#include <stdio.h>

#include "flinch/status.h"
#include "plugin/host/config.h"

/* Is the broker there, and the topics? Prints partitions. TRY_AGAIN or NOT_FOUND with text that
 * names address and setting. */
FLINCH_MUST_CHECK flinch_status flinch__check_broker(const flinch__config *config, FILE *out,
                                                     flinch_error *error);

/* The newest schema of the input topic's values, to be freed. Needs registry.url. */
FLINCH_MUST_CHECK flinch_status flinch__check_registry(const flinch__config *config, FILE *out,
                                                       char **out_schema, flinch_error *error);

#endif
