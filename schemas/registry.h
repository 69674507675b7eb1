/* Schema registry client (Confluent's HTTP API; Apicurio and Karapace speak it too). */
#ifndef FLINCH_SCHEMAS_REGISTRY_H
#define FLINCH_SCHEMAS_REGISTRY_H

#include <stdint.h>

#include "flinch/status.h"

typedef struct flinch__registry flinch__registry;

typedef struct flinch__registry_config {
    const char *url;       /* one or more, separated by commas; tried in turn */
    const char *user;      /* basic auth, or NULL */
    const char *password;  /* or NULL */
    const char *ca_file;   /* PEM, or NULL for the system's */
    const char *cert_file; /* client certificate, PEM, or NULL */
    const char *key_file;
    uint32_t timeout_ms; /* of one request in all */
} flinch__registry_config;

/* Opens nothing yet; INVALID with text for an unusable URL. One thread at a time. [worker] */
FLINCH_MUST_CHECK flinch_status flinch__registry_new(const flinch__registry_config *config,
                                                     flinch__registry **out_registry,
                                                     flinch_error *error);
void flinch__registry_free(flinch__registry *registry);

/* The schema of an id as one self-contained JSON text (references put in their place), to be freed.
 * NOT_FOUND, DENIED, TRY_AGAIN (network, 408, 429, 5xx, an answer that is no answer), or BAD_DATA
 * (not Avro, references in a circle or too deep). The text of the error names URL and status, never
 * a secret. */
FLINCH_MUST_CHECK flinch_status flinch__registry_schema(flinch__registry *registry, int32_t id,
                                                        char **out_schema, flinch_error *error);

/* The newest schema of a subject, and its id. Statuses as above. */
FLINCH_MUST_CHECK flinch_status flinch__registry_latest(flinch__registry *registry,
                                                        const char *subject, int32_t *out_id,
                                                        char **out_schema, flinch_error *error);

/* Registers a schema under a subject and gives its id. MISMATCH if the registry calls it
 * incompatible (409). */
FLINCH_MUST_CHECK flinch_status flinch__registry_register(flinch__registry *registry,
                                                          const char *subject, const char *schema,
                                                          int32_t *out_id, flinch_error *error);

#endif
