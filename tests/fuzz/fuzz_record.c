/* A message as it comes off a topic: the first byte picks one of the schemas, the rest is the
 * value, with its wire header, for the decoder. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/plan.h"
#include "schemas/wire.h"

enum { INPUTS = 6, CAPTURES = 4 };

static const char *const SCHEMAS[] = {
    /* flat, as most telemetry is */
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"a\",\"type\":\"double\"},{\"name\":\"b\",\"type\":\"double\"},"
    "{\"name\":\"s\",\"type\":\"string\"},{\"name\":\"n\",\"type\":\"int\"},"
    "{\"name\":\"t\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}}]}",
    /* nullable and mixed */
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"a\",\"type\":[\"null\",\"double\",\"string\"]},"
    "{\"name\":\"b\",\"type\":[\"null\",{\"type\":\"enum\",\"name\":\"E\",\"symbols\":"
    "[\"x\",\"y\"]}]},{\"name\":\"s\",\"type\":\"bytes\"},{\"name\":\"n\",\"type\":\"boolean\"}]}",
    /* holders within holders */
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"m\",\"type\":{\"type\":\"map\",\"values\":{\"type\":\"array\",\"items\":"
    "[\"null\",\"long\",{\"type\":\"map\",\"values\":\"float\"}]}}},"
    "{\"name\":\"l\",\"type\":{\"type\":\"array\",\"items\":\"double\"}},"
    "{\"name\":\"a\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}},"
    "{\"name\":\"n\",\"type\":\"int\"}]}",
    /* recursive */
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},"
    "{\"name\":\"next\",\"type\":[\"null\",\"R\"]},"
    "{\"name\":\"l\",\"type\":{\"type\":\"array\",\"items\":\"R\"}}]}",
    /* decimals */
    "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
    "{\"name\":\"a\",\"type\":{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":30,"
    "\"scale\":3}},{\"name\":\"b\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":5,"
    "\"logicalType\":\"decimal\",\"precision\":9,\"scale\":1}}]}",
};
enum { SCHEMA_COUNT = sizeof SCHEMAS / sizeof SCHEMAS[0] };

static flinch__plan *new_plan(const char *schema) {
    static const char *const CATEGORIES[] = {"x", "tcp"};
    static const char *const CAPTURED[CAPTURES] = {"s", "b", "m.k.0", "l.1"};
    static const flinch_input ITEMS[INPUTS] = {
        {.field = "a"},
        {.field = "b",
         .transform = FLINCH_TRANSFORM_ONE_HOT,
         .categories = CATEGORIES,
         .category_count = 2},
        {.field = "n"},
        {.field = "m.k.1"},
        {.field = "l.0"},
        {.field = "next.next.a"},
    };
    flinch__want want = {.inputs = {.items = ITEMS, .count = INPUTS},
                         .captures = CAPTURED,
                         .capture_count = CAPTURES};
    flinch__plan *plan = NULL;
    flinch_error error;
    if (!flinch_is_ok(flinch__plan_compile(schema, strlen(schema), &want, &plan, &error)))
        abort();
    return plan;
}

/* Reads every byte that a row points to. */
static void touch(const flinch__row *row) {
    volatile char touched = 0;
    for (size_t i = 0; i < CAPTURES; i++) {
        const flinch__capture *capture = &row->captures[i];
        for (size_t k = 0; capture->kind == FLINCH_CAPTURE_TEXT && k < capture->text_size; k++)
            touched = capture->text[k];
    }
    (void)touched;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static flinch__plan *plans[SCHEMA_COUNT];
    double values[INPUTS];
    flinch__capture captures[CAPTURES];
    flinch__row row = {.values = values, .captures = captures};
    int32_t id = 0;
    size_t used = 0;
    if (size == 0)
        return 0;
    size_t pick = data[0] % SCHEMA_COUNT;
    if (plans[pick] == NULL)
        plans[pick] = new_plan(SCHEMAS[pick]);
    if (flinch__wire_read(data + 1, size - 1, &id) != FLINCH_CAUSE_NONE)
        return 0;
    const uint8_t *record = data + 1 + FLINCH__WIRE_BYTES;
    size_t record_size = size - 1 - FLINCH__WIRE_BYTES;
    if (flinch__plan_run(plans[pick], record, record_size, &row, &used) != FLINCH_CAUSE_NONE)
        return 0;
    if (used > record_size || row.missing + row.non_finite + row.wrong_type > INPUTS)
        abort();
    touch(&row);
    return 0;
}
