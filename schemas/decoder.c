#include "schemas/decoder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/wire.h"

enum { MAX_SCHEMAS = 1024 };

/* What is known of a schema id. */
typedef struct known_schema {
    int32_t id;
    flinch__plan *plan;       /* or NULL: */
    flinch__cause cause;      /* why its records are dead letters */
    char *detail;             /* the same for people */
    int64_t ask_at_ms;        /* of SCHEMA_NOT_FOUND: when the registry is asked again; else 0 */
    int64_t missing_since_ms; /* of SCHEMA_NOT_FOUND: when it was first told */
    uint64_t used;            /* by the clock of decodes, to forget the oldest */
} known_schema;

struct flinch__decoder {
    flinch__decoder_config config;
    flinch__plan *fixed; /* the one plan, if the schema is fixed */
    known_schema *schemas;
    uint32_t count;
    uint32_t last; /* index of the one used last: records come in runs of one schema */
    uint64_t clock;
};

static void forget(known_schema *schema) {
    assert(schema != NULL);
    flinch__plan_free(schema->plan);
    free(schema->detail);
    *schema = (known_schema){0};
}

flinch_status flinch__decoder_new(const flinch__decoder_config *config,
                                  flinch__decoder **out_decoder, flinch_error *error) {
    *out_decoder = NULL;
    if (config->schema == NULL &&
        (config->registry == NULL || config->framing == FLINCH_FRAMING_NONE))
        return flinch_fail(error, FLINCH_INVALID,
                           "records need a registry (registry.url) or a schema (input.schema)");
    flinch__decoder *decoder = calloc(1, sizeof *decoder);
    if (decoder == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a decoder");
    decoder->config = *config;
    flinch_status status = flinch_status_of(FLINCH_OK);
    decoder->schemas = calloc(MAX_SCHEMAS, sizeof *decoder->schemas);
    if (decoder->schemas == NULL)
        status = flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a decoder");
    else if (config->schema != NULL)
        status = flinch__plan_compile(config->schema, strlen(config->schema), &config->want,
                                      &decoder->fixed, error);
    if (!flinch_is_ok(status)) {
        flinch__decoder_free(decoder);
        return status;
    }
    if (decoder->fixed != NULL && config->schema_seen != NULL)
        config->schema_seen(config->context, -1, decoder->fixed);
    *out_decoder = decoder;
    return status;
}

void flinch__decoder_free(flinch__decoder *decoder) {
    if (decoder == NULL)
        return;
    for (uint32_t i = 0; i < decoder->count; i++)
        forget(&decoder->schemas[i]);
    free(decoder->schemas);
    flinch__plan_free(decoder->fixed);
    free(decoder);
}

/* A place for a new id: a free one, or that of the id not used for longest, which the caller
 * forgets. */
static known_schema *make_room(flinch__decoder *decoder) {
    if (decoder->count < MAX_SCHEMAS)
        return &decoder->schemas[decoder->count++];
    known_schema *oldest = &decoder->schemas[0];
    for (uint32_t i = 1; i < decoder->count; i++)
        if (decoder->schemas[i].used < oldest->used)
            oldest = &decoder->schemas[i];
    return oldest;
}

static flinch_status remember(known_schema *schema, int32_t id, flinch__cause cause,
                              const flinch_error *detail) {
    *schema = (known_schema){.id = id, .cause = cause, .detail = strdup(detail->text)};
    return flinch_status_of(schema->detail != NULL ? FLINCH_OK : FLINCH_NO_MEMORY);
}

static flinch_status compile(flinch__decoder *decoder, known_schema *schema, int32_t id,
                             const char *text) {
    flinch_error detail;
    flinch__plan *plan = NULL;
    flinch_status status =
        flinch__plan_compile(text, strlen(text), &decoder->config.want, &plan, &detail);
    if (status.code == FLINCH_NO_MEMORY)
        return status;
    if (!flinch_is_ok(status)) {
        flinch_error named;
        flinch_fail(&named, status.code, "schema id %d: %.400s", (int)id, detail.text);
        return remember(schema, id, FLINCH_CAUSE_SCHEMA_REJECTED, &named);
    }
    *schema = (known_schema){.id = id, .plan = plan};
    if (decoder->config.schema_seen != NULL)
        decoder->config.schema_seen(decoder->config.context, id, plan);
    return status;
}

/* The registry does not know the id, yet: a producer may be faster than what it registers. Records
 * wait for the stated time, then they are dead letters; and now and then it is asked again. */
static flinch_status miss(const flinch__decoder *decoder, const known_schema *before,
                          int64_t now_ms, known_schema *known, flinch_error *error) {
    int64_t wait = decoder->config.missing_ms;
    int64_t since = before != NULL ? before->missing_since_ms : now_ms;
    FLINCH_TRY(remember(known, known->id, FLINCH_CAUSE_SCHEMA_NOT_FOUND, error));
    known->missing_since_ms = since;
    known->ask_at_ms = now_ms - since < wait ? now_ms : now_ms + wait;
    return flinch_status_of(FLINCH_OK);
}

/* What an answer of the registry means; a failure to answer means nothing, and is handed on. */
static flinch_status learn_of(flinch__decoder *decoder, const known_schema *before, int64_t now_ms,
                              known_schema *known, flinch_error *error) {
    char *text = NULL;
    int32_t id = known->id;
    flinch_status status = flinch__registry_schema(decoder->config.registry, id, &text, error);
    if (flinch_is_ok(status))
        status = compile(decoder, known, id, text);
    else if (status.code == FLINCH_BAD_DATA)
        status = remember(known, id, FLINCH_CAUSE_SCHEMA_REJECTED, error);
    else if (status.code == FLINCH_NOT_FOUND)
        status = miss(decoder, before, now_ms, known, error);
    free(text);
    if (status.code == FLINCH_NO_MEMORY)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for schema id %d", (int)id);
    return status;
}

/* Asks the registry for an id, anew for one that was missing. */
static flinch_status look_up(flinch__decoder *decoder, int32_t id, known_schema *before,
                             int64_t now_ms, known_schema **out_schema, flinch_error *error) {
    known_schema known = {.id = id};
    FLINCH_TRY(learn_of(decoder, before, now_ms, &known, error));
    known_schema *schema = before != NULL ? before : make_room(decoder);
    known_schema old = *schema;
    *schema = known;
    forget(&old);
    decoder->last = (uint32_t)(schema - decoder->schemas);
    *out_schema = schema;
    return flinch_status_of(FLINCH_OK);
}

static known_schema *find_known(const flinch__decoder *decoder, int32_t id) {
    for (uint32_t k = 0; k < decoder->count; k++) {
        uint32_t i = k == 0 ? decoder->last : k <= decoder->last ? k - 1 : k;
        if (decoder->schemas[i].id == id)
            return &decoder->schemas[i];
    }
    return NULL;
}

static flinch_status find(flinch__decoder *decoder, int32_t id, int64_t now_ms,
                          known_schema **out_schema, flinch_error *error) {
    known_schema *schema = find_known(decoder, id);
    bool missing =
        schema != NULL && schema->plan == NULL && schema->cause == FLINCH_CAUSE_SCHEMA_NOT_FOUND;
    if (schema == NULL || (missing && now_ms >= schema->ask_at_ms))
        FLINCH_TRY(look_up(decoder, id, schema, now_ms, &schema, error));
    decoder->last = (uint32_t)(schema - decoder->schemas);
    *out_schema = schema;
    bool waits = schema->plan == NULL && schema->cause == FLINCH_CAUSE_SCHEMA_NOT_FOUND &&
                 now_ms - schema->missing_since_ms < decoder->config.missing_ms;
    if (waits)
        return flinch_fail(error, FLINCH_TRY_AGAIN, "%s", schema->detail);
    return flinch_status_of(FLINCH_OK);
}

static flinch_status refuse(flinch__cause cause, flinch__cause *out_cause) {
    *out_cause = cause;
    return flinch_status_of(FLINCH_BAD_DATA);
}

/* Walks the record, which must end where its bytes end. */
static flinch_status run(const flinch__plan *plan, const uint8_t *data, size_t size,
                         flinch__row *row, flinch__cause *out_cause, flinch_error *error) {
    size_t used = 0;
    flinch__cause cause = flinch__plan_run(plan, data, size, row, &used);
    if (cause == FLINCH_CAUSE_NONE && used != size)
        cause = FLINCH_CAUSE_TRAILING_BYTES;
    if (cause == FLINCH_CAUSE_NONE)
        return flinch_status_of(FLINCH_OK);
    if (cause == FLINCH_CAUSE_TRAILING_BYTES)
        flinch_fail(error, FLINCH_BAD_DATA,
                    "%zu bytes after the record's end, which is at byte %zu", size - used, used);
    else
        flinch_fail(error, FLINCH_BAD_DATA, "the record is not of its schema: %s, in %zu bytes",
                    flinch__cause_name(cause), size);
    return refuse(cause, out_cause);
}

flinch_status flinch__decoder_decode(flinch__decoder *decoder, const uint8_t *data, size_t size,
                                     int64_t now_ms, flinch__row *row, flinch__cause *out_cause,
                                     flinch_error *error) {
    *out_cause = FLINCH_CAUSE_NONE;
    if (decoder->config.framing == FLINCH_FRAMING_NONE)
        return run(decoder->fixed, data, size, row, out_cause, error);

    int32_t id = -1;
    flinch__cause cause = flinch__wire_read(data, size, &id);
    if (cause == FLINCH_CAUSE_TOO_SHORT)
        flinch_fail(error, FLINCH_BAD_DATA, "%zu bytes are fewer than the wire header's %d", size,
                    FLINCH__WIRE_BYTES);
    if (cause == FLINCH_CAUSE_BAD_MAGIC)
        flinch_fail(error, FLINCH_BAD_DATA,
                    "first byte is %u, not 0: not in the registry's wire format", data[0]);
    if (cause != FLINCH_CAUSE_NONE)
        return refuse(cause, out_cause);
    data += FLINCH__WIRE_BYTES;
    size -= FLINCH__WIRE_BYTES;
    if (decoder->fixed != NULL)
        return run(decoder->fixed, data, size, row, out_cause, error);

    known_schema *schema = NULL;
    FLINCH_TRY(find(decoder, id, now_ms, &schema, error));
    assert(schema != NULL);
    schema->used = ++decoder->clock;
    if (schema->plan != NULL)
        return run(schema->plan, data, size, row, out_cause, error);
    flinch_fail(error, FLINCH_BAD_DATA, "%s", schema->detail);
    return refuse(schema->cause, out_cause);
}
