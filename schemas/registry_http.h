/* One HTTP request to a schema registry: bounded in time and size, never redirected, its
 * credentials never in a text. */
#ifndef FLINCH_SCHEMAS_REGISTRY_HTTP_H
#define FLINCH_SCHEMAS_REGISTRY_HTTP_H

#include <jansson.h>

#include "flinch/status.h"
#include "schemas/registry.h"

typedef struct flinch__http flinch__http;

/* Checks the URLs; opens nothing yet. `config` is copied. */
FLINCH_MUST_CHECK flinch_status flinch__http_new(const flinch__registry_config *config,
                                                 flinch__http **out_http, flinch_error *error);
void flinch__http_free(flinch__http *http);

/* Asks for base URL + path, with GET or, if there is a body, POST; one URL after the other until
 * one answers. OK: *out_answer is a JSON object, to be given back by json_decref. Else: NOT_FOUND,
 * DENIED, MISMATCH (409) and BAD_DATA (422) are the registry's word; TRY_AGAIN is all that is not:
 * the network, 408, 429, 5xx, redirects, and answers that no registry gives, a bare 404 among
 * them. */
FLINCH_MUST_CHECK flinch_status flinch__http_ask(flinch__http *http, const char *path,
                                                 const char *body, json_t **out_answer,
                                                 flinch_error *error);

/* `text` as one segment of a path, to be freed by flinch__http_release; NULL without memory. */
char *flinch__http_escape(flinch__http *http, const char *text);
void flinch__http_release(char *escaped);

#endif
