/* Memory that is freed as one, and wiped first: a config holds secrets. */
#ifndef FLINCH_HOST_VAULT_H
#define FLINCH_HOST_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct flinch__vault flinch__vault;

/* NULL if there is no memory. */
flinch__vault *flinch__vault_new(void);
void flinch__vault_free(flinch__vault *vault);

/* Zeroed bytes, aligned for any type, or NULL; a failure is remembered. */
void *flinch__vault_take(flinch__vault *vault, size_t size);

/* A NUL-terminated copy; "" if there is no memory, so that a failure may be seen late, and once. */
const char *flinch__vault_copy(flinch__vault *vault, const char *text, size_t size);
const char *flinch__vault_join(flinch__vault *vault, const char *left, const char *right);

/* An array of `count` items with room for one more at its end: `items`, or where it was moved to.
 * Start with NULL and 0. NULL if there is no memory. */
void *flinch__vault_room(flinch__vault *vault, void *items, uint32_t count, size_t item_size);

bool flinch__vault_failed(const flinch__vault *vault);

#endif
