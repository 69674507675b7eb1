#include "schemas/registry.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/registry_http.h"
#include "schemas/schema_json.h"

/* Bounds on the references of a schema. */
enum { MAX_DEPTH = 8, MAX_REFERENCES = 64 };

struct flinch__registry {
    flinch__http *http;
};

/* The schemas that one refers to, each once, after those that it refers to itself. */
typedef struct bundle {
    flinch__registry *registry;
    json_t *texts; /* subject and version: text, or null while its own references are read */
    json_t *order; /* the keys of `texts` */
    flinch_error *error;
} bundle;

flinch_status flinch__registry_new(const flinch__registry_config *config,
                                   flinch__registry **out_registry, flinch_error *error) {
    *out_registry = NULL;
    flinch__http *http = NULL;
    FLINCH_TRY(flinch__http_new(config, &http, error));
    flinch__registry *registry = calloc(1, sizeof *registry);
    if (registry == NULL) {
        flinch__http_free(http);
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a registry client");
    }
    registry->http = http;
    *out_registry = registry;
    return flinch_status_of(FLINCH_OK);
}

void flinch__registry_free(flinch__registry *registry) {
    if (registry == NULL)
        return;
    flinch__http_free(registry->http);
    free(registry);
}

static flinch_status no_memory(flinch_error *error) {
    return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a schema");
}

/* GET, or POST of a body, of a path made as by printf. */
__attribute__((format(printf, 5, 6))) static flinch_status
ask(flinch__registry *registry, const char *body, json_t **out_answer, flinch_error *error,
    const char *format, ...) {
    char *path = NULL;
    va_list arguments;
    va_start(arguments, format);
    int size = vasprintf(&path, format, arguments);
    va_end(arguments);
    if (size < 0)
        return no_memory(error);
    flinch_status status = flinch__http_ask(registry->http, path, body, out_answer, error);
    free(path);
    return status;
}

/* The text of the schema in an answer, which must be one of Avro. */
static flinch_status text_of(json_t *answer, const char **out_text, flinch_error *error) {
    const char *type = json_string_value(json_object_get(answer, "schemaType"));
    if (type != NULL && strcmp(type, "AVRO") != 0)
        return flinch_fail(error, FLINCH_BAD_DATA, "the schema is one of %.40s, not of Avro", type);
    *out_text = json_string_value(json_object_get(answer, "schema"));
    if (*out_text == NULL)
        return flinch_fail(error, FLINCH_TRY_AGAIN, "the registry's answer holds no schema");
    return flinch_status_of(FLINCH_OK);
}

static flinch_status gather(bundle *b, json_t *answer, int depth);

/* Reads one schema that is referred to, first those that it refers to. */
static flinch_status gather_one(bundle *b, const char *subject, json_int_t version, int depth) {
    char *escaped = flinch__http_escape(b->registry->http, subject);
    if (escaped == NULL)
        return no_memory(b->error);
    /* One that was deleted since is still what records were written with. */
    json_t *answer = NULL;
    flinch_status status =
        ask(b->registry, NULL, &answer, b->error,
            "/subjects/%s/versions/%" JSON_INTEGER_FORMAT "?deleted=true", escaped, version);
    flinch__http_release(escaped);
    FLINCH_TRY(status);
    char key[1024];
    snprintf(key, sizeof key, "%" JSON_INTEGER_FORMAT " of %s", version, subject);
    const char *text = NULL;
    status = text_of(answer, &text, b->error);
    if (flinch_is_ok(status) && json_object_set_new(b->texts, key, json_null()) != 0)
        status = no_memory(b->error);
    if (flinch_is_ok(status))
        status = gather(b, answer, depth + 1);
    if (flinch_is_ok(status) && (json_object_set_new(b->texts, key, json_string(text)) != 0 ||
                                 json_array_append_new(b->order, json_string(key)) != 0))
        status = no_memory(b->error);
    json_decref(answer);
    return status;
}

static flinch_status gather_reference(bundle *b, json_t *reference, int depth) {
    const char *subject = json_string_value(json_object_get(reference, "subject"));
    json_t *version = json_object_get(reference, "version");
    if (subject == NULL || strlen(subject) > 512 || !json_is_integer(version))
        return flinch_fail(b->error, FLINCH_BAD_DATA, "a reference without subject and version");
    char key[1024];
    snprintf(key, sizeof key, "%" JSON_INTEGER_FORMAT " of %s", json_integer_value(version),
             subject);
    json_t *known = json_object_get(b->texts, key);
    if (json_is_null(known))
        return flinch_fail(b->error, FLINCH_BAD_DATA, "references in a circle: version %.200s",
                           key);
    if (known != NULL)
        return flinch_status_of(FLINCH_OK);
    if (depth >= MAX_DEPTH || json_object_size(b->texts) >= MAX_REFERENCES)
        return flinch_fail(b->error, FLINCH_BAD_DATA, "references deeper than %d or more than %d",
                           MAX_DEPTH, MAX_REFERENCES);
    return gather_one(b, subject, json_integer_value(version), depth);
}

static flinch_status gather(bundle *b, json_t *answer, int depth) {
    size_t index;
    json_t *reference;
    json_array_foreach(json_object_get(answer, "references"), index, reference) {
        FLINCH_TRY(gather_reference(b, reference, depth));
    }
    return flinch_status_of(FLINCH_OK);
}

static bool append(json_t *list, const char *text) {
    json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    return json != NULL && json_array_append_new(list, json) == 0;
}

/* The bundle as one text: a JSON list of the definitions, and last the schema that uses them. */
static flinch_status join(const bundle *b, const char *text, char **out_schema) {
    json_t *list = json_array();
    bool complete = list != NULL;
    size_t index;
    json_t *key;
    json_array_foreach(b->order, index, key) {
        const char *definition =
            json_string_value(json_object_get(b->texts, json_string_value(key)));
        complete = complete && append(list, definition);
    }
    if (complete && append(list, text))
        *out_schema = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    /* What is no JSON is the schema's fault; memory is short only where nothing else explains it.
     */
    return *out_schema != NULL ? flinch_status_of(FLINCH_OK)
                               : flinch_fail(b->error, FLINCH_BAD_DATA,
                                             "the schema or one it refers to is not JSON");
}

/* A schema that stands by itself does so without its references. */
static bool stands_alone(const char *text) {
    flinch__schema *schema = NULL;
    flinch_error ignored;
    flinch_status status = flinch__schema_parse(text, strlen(text), &schema, &ignored);
    flinch__schema_free(schema);
    return flinch_is_ok(status);
}

/* The schema of an answer with what it refers to, as one text. */
static flinch_status resolve(flinch__registry *registry, json_t *answer, char **out_schema,
                             flinch_error *error) {
    const char *text = NULL;
    FLINCH_TRY(text_of(answer, &text, error));
    assert(text != NULL);
    if (json_array_size(json_object_get(answer, "references")) == 0 || stands_alone(text)) {
        *out_schema = strdup(text);
        return *out_schema == NULL ? no_memory(error) : flinch_status_of(FLINCH_OK);
    }
    bundle b = {registry, json_object(), json_array(), error};
    flinch_status status =
        b.texts == NULL || b.order == NULL ? no_memory(error) : gather(&b, answer, 0);
    if (flinch_is_ok(status))
        status = join(&b, text, out_schema);
    json_decref(b.texts);
    json_decref(b.order);
    return status;
}

static flinch_status id_of(json_t *answer, int32_t *out_id, flinch_error *error) {
    json_t *id = json_object_get(answer, "id");
    json_int_t value = json_integer_value(id);
    if (!json_is_integer(id) || value < 0 || value > INT32_MAX)
        return flinch_fail(error, FLINCH_TRY_AGAIN, "the registry's answer holds no schema id");
    *out_id = (int32_t)value;
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__registry_schema(flinch__registry *registry, int32_t id, char **out_schema,
                                      flinch_error *error) {
    *out_schema = NULL;
    json_t *answer = NULL;
    /* Ids above 2^31 are sent as they are on the wire: unsigned. */
    FLINCH_TRY(ask(registry, NULL, &answer, error, "/schemas/ids/%u", (uint32_t)id));
    flinch_status status = resolve(registry, answer, out_schema, error);
    json_decref(answer);
    return status;
}

flinch_status flinch__registry_latest(flinch__registry *registry, const char *subject,
                                      int32_t *out_id, char **out_schema, flinch_error *error) {
    *out_schema = NULL;
    *out_id = -1;
    char *escaped = flinch__http_escape(registry->http, subject);
    if (escaped == NULL)
        return no_memory(error);
    json_t *answer = NULL;
    flinch_status status =
        ask(registry, NULL, &answer, error, "/subjects/%s/versions/latest", escaped);
    flinch__http_release(escaped);
    FLINCH_TRY(status);
    status = id_of(answer, out_id, error);
    if (flinch_is_ok(status))
        status = resolve(registry, answer, out_schema, error);
    json_decref(answer);
    return status;
}

flinch_status flinch__registry_register(flinch__registry *registry, const char *subject,
                                        const char *schema, int32_t *out_id, flinch_error *error) {
    *out_id = -1;
    assert(schema != NULL);
    json_t *wanted = json_pack("{s:s}", "schema", schema);
    char *body = wanted == NULL ? NULL : json_dumps(wanted, JSON_COMPACT);
    char *escaped = flinch__http_escape(registry->http, subject);
    json_t *answer = NULL;
    flinch_status status = body == NULL || escaped == NULL ? no_memory(error)
                                                           : ask(registry, body, &answer, error,
                                                                 "/subjects/%s/versions", escaped);
    /* Whoever loses a race for the first version of a subject is told "already exists" by some
     * registries; asked again, they give the id. What is incompatible stays so. */
    if (status.code == FLINCH_MISMATCH)
        status = ask(registry, body, &answer, error, "/subjects/%s/versions", escaped);
    if (flinch_is_ok(status))
        status = id_of(answer, out_id, error);
    json_decref(answer);
    json_decref(wanted);
    flinch__http_release(escaped);
    free(body);
    return status;
}
