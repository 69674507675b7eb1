/* ${NAME} and ${file:PATH} in a scalar. */
#ifndef FLINCH_HOST_CONFIG_EXPAND_H
#define FLINCH_HOST_CONFIG_EXPAND_H

#include <stdbool.h>

#include "flinch/status.h"
#include "plugin/host/vault.h"

enum { FLINCH__EXPANDED_MAX_BYTES = 64 * 1024 };

typedef struct flinch__expansion {
    const char *text; /* in the vault */
    bool is_hidden;   /* something was put in: the text may be a secret */
} flinch__expansion;

/* ${NAME}: the environment's; ${file:PATH}: the file's content without its last newline, at most 64
 * KiB; $$: a dollar. INVALID with text that names the variable or file, never a content. [main] */
FLINCH_MUST_CHECK flinch_status flinch__expand(const char *text, flinch__vault *vault,
                                               flinch__expansion *out_expansion,
                                               flinch_error *error);

#endif
