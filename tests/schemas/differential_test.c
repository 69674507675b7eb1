/* The plan against Avro C: random schemas, random data written by Avro C, every leaf of which the
 * plan must find by its path with the same value. FLINCH_SEED picks other ones. */
#include <avro.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schemas/plan.h"
#include "tests/support/avro_random.h"

enum {
    PAIRS = 12000,
    DATA_PER_SCHEMA = 4,
    LEAVES_MAX = 256,
    PATH_BYTES = 512,
    RECORD_BYTES = 1 << 20,
    HARMED_EVERY = 20, /* data that are also cut short and changed */
    MUTATIONS = 60
};

typedef struct leaf {
    char path[PATH_BYTES];
    flinch__capture expected;
} leaf;

typedef struct pair {
    uint64_t seed;
    uint32_t compared;
    uint64_t leaves_compared;
    avro_random random;
    char schema[AVRO_RANDOM_SCHEMA_BYTES];
    char record[RECORD_BYTES];
    size_t record_size;
    leaf leaves[LEAVES_MAX];
    uint32_t leaf_count;
    flinch__plan *plan;
    double values[LEAVES_MAX];
    flinch__capture captures[LEAVES_MAX];
    flinch__row row;
} pair;

static void complain(const pair *p, const char *what) {
    fail_msg("%s; FLINCH_SEED=%llu, schema %s", what, (unsigned long long)p->seed, p->schema);
}

/* --- What Avro C says ------------------------------------------------------------------------- */

static void collect(pair *p, const char *path, const avro_value_t *value);

static flinch__capture number(double value) {
    return (flinch__capture){.kind = FLINCH_CAPTURE_NUMBER, .number = value};
}

static flinch__capture text(const void *bytes, size_t size) {
    return (flinch__capture){.kind = FLINCH_CAPTURE_TEXT, .text = bytes, .text_size = size};
}

static flinch__capture number_of(const avro_value_t *value) {
    int32_t i = 0;
    int64_t l = 0;
    float f = 0;
    double d = 0;
    int b = 0;
    if (avro_value_get_int(value, &i) == 0)
        return number(i);
    if (avro_value_get_long(value, &l) == 0)
        return number((double)l);
    if (avro_value_get_float(value, &f) == 0)
        return number((double)f);
    if (avro_value_get_double(value, &d) == 0)
        return number(d);
    avro_value_get_boolean(value, &b);
    return number(b);
}

static flinch__capture text_of(const avro_value_t *value) {
    const char *string = NULL;
    const void *bytes = NULL;
    size_t size = 0;
    int symbol = 0;
    if (avro_value_get_string(value, &string, &size) == 0)
        return text(string, size - 1);
    if (avro_value_get_bytes(value, &bytes, &size) == 0 ||
        avro_value_get_fixed(value, &bytes, &size) == 0)
        return text(bytes, size);
    avro_value_get_enum(value, &symbol);
    string = avro_schema_enum_get(avro_value_get_schema(value), symbol);
    return text(string, strlen(string));
}

static void collect_parts(pair *p, const char *path, const avro_value_t *value) {
    size_t count = 0;
    bool is_array = avro_value_get_type(value) == AVRO_ARRAY;
    avro_value_get_size(value, &count);
    for (size_t i = 0; i < count; i++) {
        char part[PATH_BYTES];
        const char *name = NULL;
        avro_value_t child = {0};
        avro_value_get_by_index(value, i, &child, &name);
        const char *dot = path[0] == '\0' ? "" : ".";
        int size = is_array ? snprintf(part, sizeof part, "%s%s%zu", path, dot, i)
                            : snprintf(part, sizeof part, "%s%s%s", path, dot, name);
        if (size > 0 && size < PATH_BYTES)
            collect(p, part, &child);
    }
}

static void collect(pair *p, const char *path, const avro_value_t *value) {
    avro_type_t type = avro_value_get_type(value);
    avro_value_t branch = {0};
    if (type == AVRO_RECORD || type == AVRO_ARRAY || type == AVRO_MAP) {
        collect_parts(p, path, value);
        return;
    }
    if (type == AVRO_UNION) {
        avro_value_get_current_branch(value, &branch);
        collect(p, path, &branch);
        return;
    }
    if (p->leaf_count == LEAVES_MAX)
        return;
    leaf *l = &p->leaves[p->leaf_count++];
    (void)snprintf(l->path, sizeof l->path, "%s", path);
    l->expected = (flinch__capture){.kind = FLINCH_CAPTURE_NONE};
    if (type == AVRO_STRING || type == AVRO_BYTES || type == AVRO_FIXED || type == AVRO_ENUM)
        l->expected = text_of(value);
    else if (type != AVRO_NULL)
        l->expected = number_of(value);
}

/* --- What the plan says ----------------------------------------------------------------------- */

static bool has_number(const pair *p) {
    for (uint32_t i = 0; i < p->leaf_count; i++) {
        if (p->leaves[i].expected.kind == FLINCH_CAPTURE_NUMBER)
            return true;
    }
    return false;
}

/* Wants every leaf as an input and as a capture; inputs only if one is a number, for a schema of
 * none is refused. False if the schema has items of no bytes. */
static bool compile(pair *p) {
    flinch_input inputs[LEAVES_MAX] = {{0}};
    const char *captures[LEAVES_MAX];
    flinch_error error;
    for (uint32_t i = 0; i < p->leaf_count; i++) {
        inputs[i].field = p->leaves[i].path;
        captures[i] = p->leaves[i].path;
    }
    flinch__want want = {.inputs = {.items = inputs, .count = has_number(p) ? p->leaf_count : 0},
                         .captures = captures,
                         .capture_count = p->leaf_count};
    flinch_status status =
        flinch__plan_compile(p->schema, strlen(p->schema), &want, &p->plan, &error);
    if (!flinch_is_ok(status) && strstr(error.text, "take no bytes") == NULL)
        complain(p, error.text);
    return flinch_is_ok(status);
}

static bool same(const flinch__capture *a, const flinch__capture *b) {
    if (a->kind != b->kind)
        return false;
    if (a->kind == FLINCH_CAPTURE_NUMBER)
        return (a->number == b->number && signbit(a->number) == signbit(b->number)) ||
               (isnan(a->number) && isnan(b->number));
    return a->kind == FLINCH_CAPTURE_NONE ||
           (a->text_size == b->text_size && memcmp(a->text, b->text, a->text_size) == 0);
}

static void check_inputs(const pair *p) {
    uint32_t missing = 0;
    uint32_t non_finite = 0;
    uint32_t wrong_type = 0;
    for (uint32_t i = 0; i < p->leaf_count; i++) {
        const flinch__capture *expected = &p->leaves[i].expected;
        bool is_number = expected->kind == FLINCH_CAPTURE_NUMBER;
        missing += expected->kind == FLINCH_CAPTURE_NONE;
        wrong_type += expected->kind == FLINCH_CAPTURE_TEXT;
        non_finite += is_number && !isfinite(expected->number);
        bool is_value = is_number && isfinite(expected->number);
        if (is_value ? p->values[i] != expected->number : !isnan(p->values[i]))
            complain(p, p->leaves[i].path);
    }
    if (p->row.missing != missing || p->row.non_finite != non_finite ||
        p->row.wrong_type != wrong_type)
        complain(p, "the counts differ");
}

/* The bytes lie in a block of just their size, so that ASan sees a read past the end. */
static flinch__cause run_copy(pair *p, size_t size, bool keep, uint8_t **out_copy) {
    size_t used = 0;
    *out_copy = malloc(size == 0 ? 1 : size);
    memcpy(*out_copy, p->record, size);
    p->row = (flinch__row){.values = p->values, .captures = p->captures};
    flinch__cause cause = flinch__plan_run(p->plan, *out_copy, size, &p->row, &used);
    if (used > size || (keep && used != size))
        complain(p, "the bytes used are wrong");
    if (!keep) {
        free(*out_copy);
        *out_copy = NULL;
    }
    return cause;
}

static void check_values(pair *p) {
    uint8_t *copy = NULL;
    if (run_copy(p, p->record_size, true, &copy) != FLINCH_CAUSE_NONE)
        complain(p, "a good record is refused");
    for (uint32_t i = 0; i < p->leaf_count; i++) {
        if (!same(&p->captures[i], &p->leaves[i].expected))
            complain(p, p->leaves[i].path);
    }
    if (has_number(p))
        check_inputs(p);
    free(copy);
}

static void check_harmed(pair *p) {
    uint8_t *copy = NULL;
    for (size_t size = 0; size < p->record_size; size++) {
        if (run_copy(p, size, false, &copy) == FLINCH_CAUSE_NONE)
            complain(p, "a record cut short is taken");
    }
    for (int i = 0; i < MUTATIONS && p->record_size > 0; i++) {
        size_t at = avro_random_below(&p->random, (uint32_t)p->record_size);
        p->record[at] = (char)avro_random_next(&p->random);
        (void)run_copy(p, p->record_size, false, &copy);
    }
}

/* --- Pairs ------------------------------------------------------------------------------------ */

static void check_datum(pair *p, avro_value_iface_t *class, bool harm) {
    avro_value_t value;
    avro_generic_value_new(class, &value);
    avro_random_fill(&p->random, &value, 12);
    avro_writer_t writer = avro_writer_memory(p->record, RECORD_BYTES);
    if (avro_value_write(writer, &value) != 0)
        complain(p, "Avro C does not write");
    p->record_size = (size_t)avro_writer_tell(writer);
    p->leaf_count = 0;
    collect(p, "", &value);
    if (compile(p)) {
        check_values(p);
        p->compared++;
        p->leaves_compared += p->leaf_count;
        if (harm)
            check_harmed(p);
    }
    flinch__plan_free(p->plan);
    p->plan = NULL;
    avro_writer_free(writer);
    avro_value_decref(&value);
}

static uint64_t first_seed(void) {
    const char *text = getenv("FLINCH_SEED");
    return text == NULL ? 1 : strtoull(text, NULL, 10);
}

static void the_plan_reads_what_avro_c_wrote(void **state) {
    (void)state;
    pair *p = calloc(1, sizeof *p);
    assert_non_null(p);
    uint64_t seed = first_seed();
    for (uint64_t i = 0; p->compared < PAIRS; i++) {
        avro_schema_t schema = NULL;
        p->seed = seed + i;
        p->random = (avro_random){.state = (p->seed + 1) * UINT64_C(0x9E3779B97F4A7C15)};
        avro_random_schema(&p->random, p->schema);
        if (avro_schema_from_json_length(p->schema, strlen(p->schema), &schema) != 0)
            complain(p, avro_strerror());
        avro_value_iface_t *class = avro_generic_class_from_schema(schema);
        for (int k = 0; k < DATA_PER_SCHEMA; k++)
            check_datum(p, class, (i * DATA_PER_SCHEMA + (uint64_t)k) % HARMED_EVERY == 0);
        avro_value_iface_decref(class);
        avro_schema_decref(schema);
    }
    assert_true(p->leaves_compared > 5 * (uint64_t)PAIRS); /* the pairs are not all trivial */
    free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_plan_reads_what_avro_c_wrote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
