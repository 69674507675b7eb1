/* Names in a schema: Avro's rules for identifiers, namespaces and the words of its own. */
#ifndef FLINCH_SCHEMAS_SCHEMA_NAMES_H
#define FLINCH_SCHEMAS_SCHEMA_NAMES_H

#include <jansson.h>
#include <stdbool.h>

#include "schemas/schema_json.h"

enum { FLINCH__NAME_BYTES = 512 }; /* of a full name with its NUL; longer ones are refused */

/* A letter or _, then letters, digits and _. */
bool flinch__is_name(const char *text);

/* The full name of `name` with its own `space` (a JSON text or NULL), within `enclosing`. False if
 * it is no valid name; `name` may be NULL. */
bool flinch__full_name(const char *name, json_t *space, const char *enclosing,
                       char out_full[FLINCH__NAME_BYTES]);

/* All of a full name before its last dot; "" if there is none. */
void flinch__name_space(const char *full, char out_space[FLINCH__NAME_BYTES]);

bool flinch__primitive(const char *word, flinch__kind *out_kind);
bool flinch__complex(const char *word, flinch__kind *out_kind);

/* Reads logicalType where it changes the meaning; one that does not fit its type is ignored, as
 * Avro demands. */
void flinch__set_logical(json_t *json, flinch__type *type);

#endif
