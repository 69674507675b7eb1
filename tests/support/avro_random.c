#include "tests/support/avro_random.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t avro_random_next(avro_random *random) {
    uint64_t x = random->state == 0 ? 1 : random->state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    random->state = x;
    return x * UINT64_C(0x2545F4914F6CDD1D);
}

uint32_t avro_random_below(avro_random *random, uint32_t bound) {
    return (uint32_t)((avro_random_next(random) >> 33) % bound);
}

/* --- Schemas ---------------------------------------------------------------------------------- */

typedef struct writer {
    avro_random *random;
    char *text;
    size_t used;
} writer;

static void put(writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(writer *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int size = vsnprintf(w->text + w->used, AVRO_RANDOM_SCHEMA_BYTES - w->used, format, args);
    va_end(args);
    if (size < 0 || (size_t)size >= AVRO_RANDOM_SCHEMA_BYTES - w->used)
        abort();
    w->used += (size_t)size;
}

static void put_type(writer *w, int depth, const char *enclosing);

static const char *const PRIMITIVES[] = {"\"int\"",     "\"long\"",   "\"float\"", "\"double\"",
                                         "\"boolean\"", "\"string\"", "\"bytes\"", "\"null\""};

static void put_leaf(writer *w) {
    uint32_t pick = avro_random_below(w->random, 10);
    if (pick == 7) {
        put(w, "{\"type\":\"fixed\",\"name\":\"T%u\",\"size\":%u}", w->random->names++,
            1 + avro_random_below(w->random, 9));
    } else if (pick == 8) {
        put(w, "{\"type\":\"enum\",\"name\":\"T%u\",\"symbols\":[\"A\",\"B\",\"C_%u\"]}",
            w->random->names, avro_random_below(w->random, 100));
        w->random->names++;
    } else {
        put(w, "%s", PRIMITIVES[pick == 9 ? 7 : pick]);
    }
}

static void put_record(writer *w, int depth) {
    char name[32];
    (void)snprintf(name, sizeof name, "T%u", w->random->names++);
    uint32_t fields = 1 + avro_random_below(w->random, 6);
    put(w, "{\"type\":\"record\",\"name\":\"%s\",\"fields\":[", name);
    for (uint32_t i = 0; i < fields; i++) {
        put(w, "%s{\"name\":\"f%u\",\"type\":", i == 0 ? "" : ",", w->random->names++);
        put_type(w, depth - 1, name);
        put(w, "}");
    }
    put(w, "]}");
}

/* Sometimes with the record around it as a branch: data may then nest without a bound of the
 * schema's. */
static void put_union(writer *w, int depth, const char *enclosing) {
    put(w, "[\"null\"");
    if (avro_random_below(w->random, 4) == 0)
        put(w, ",\"%s\"", enclosing);
    uint32_t first = avro_random_below(w->random, 7);
    uint32_t count = avro_random_below(w->random, 3);
    for (uint32_t i = 0; i < count; i++)
        put(w, ",%s", PRIMITIVES[(first + i) % 7]);
    if (depth > 0 && avro_random_below(w->random, 2) == 0) {
        put(w, ",");
        put_record(w, depth);
    }
    put(w, "]");
}

static void put_type(writer *w, int depth, const char *enclosing) {
    uint32_t pick = depth <= 0 ? 0 : avro_random_below(w->random, 12);
    if (pick == 7 || pick == 8) {
        put_union(w, depth - 1, enclosing);
    } else if (pick == 9) {
        put(w, "{\"type\":\"map\",\"values\":");
        put_type(w, depth - 1, enclosing);
        put(w, "}");
    } else if (pick == 11) {
        put_record(w, depth);
    } else if (pick == 6 || pick == 10) {
        put(w, "{\"type\":\"array\",\"items\":");
        put_type(w, depth - 1, enclosing);
        put(w, "}");
    } else {
        put_leaf(w);
    }
}

void avro_random_schema(avro_random *random, char text[AVRO_RANDOM_SCHEMA_BYTES]) {
    writer w = {.random = random};
    w.text = text;
    random->names = 0;
    put_record(&w, 5);
}

/* --- Data ------------------------------------------------------------------------------------- */

static void fill_bytes(avro_random *random, avro_value_t *value) {
    char bytes[24];
    size_t size = avro_random_below(random, sizeof bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)avro_random_next(random);
    avro_value_set_bytes(value, bytes, size);
}

static void fill_string(avro_random *random, avro_value_t *value) {
    char text[24];
    size_t size = avro_random_below(random, sizeof text - 1);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)('!' + avro_random_below(random, 90));
    text[size] = '\0';
    avro_value_set_string(value, text);
}

static void fill_fixed(avro_random *random, avro_value_t *value) {
    char bytes[16];
    avro_schema_t schema = avro_value_get_schema(value);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)avro_random_next(random);
    avro_value_set_fixed(value, bytes, (size_t)avro_schema_fixed_size(schema));
}

/* Any bits now and then: NaN, infinities, denormals. */
static double any_double(avro_random *random) {
    uint64_t bits = avro_random_next(random);
    double value;
    memcpy(&value, &bits, sizeof value);
    return avro_random_below(random, 3) == 0 ? value : (double)(int64_t)bits / 65536.0;
}

static float any_float(avro_random *random) {
    uint32_t bits = (uint32_t)avro_random_next(random);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void fill_union(avro_random *random, avro_value_t *value, int depth) {
    avro_schema_t schema = avro_value_get_schema(value);
    uint32_t branches = (uint32_t)avro_schema_union_size(schema);
    int branch = depth <= 0 ? 0 : (int)avro_random_below(random, branches);
    avro_value_t chosen = {0};
    avro_value_set_branch(value, branch, &chosen);
    avro_random_fill(random, &chosen, depth - 1);
}

static void fill_items(avro_random *random, avro_value_t *value, int depth) {
    uint32_t count = depth <= 0 ? 0 : avro_random_below(random, 4);
    for (uint32_t i = 0; i < count; i++) {
        avro_value_t item = {0};
        avro_value_append(value, &item, NULL);
        avro_random_fill(random, &item, depth - 1);
    }
}

static void fill_map(avro_random *random, avro_value_t *value, int depth) {
    uint32_t count = depth <= 0 ? 0 : avro_random_below(random, 4);
    for (uint32_t i = 0; i < count; i++) {
        char key[16];
        avro_value_t item = {0};
        (void)snprintf(key, sizeof key, "k%u", i);
        avro_value_add(value, key, &item, NULL, NULL);
        avro_random_fill(random, &item, depth - 1);
    }
}

static void fill_record(avro_random *random, avro_value_t *value, int depth) {
    size_t fields = 0;
    avro_value_get_size(value, &fields);
    for (size_t i = 0; i < fields; i++) {
        avro_value_t field = {0};
        avro_value_get_by_index(value, i, &field, NULL);
        avro_random_fill(random, &field, depth - 1);
    }
}

void avro_random_fill(avro_random *random, avro_value_t *value, int depth) {
    switch (avro_value_get_type(value)) {
    case AVRO_NULL:
        avro_value_set_null(value);
        break;
    case AVRO_BOOLEAN:
        avro_value_set_boolean(value, (int)avro_random_below(random, 2));
        break;
    case AVRO_INT32:
        avro_value_set_int(value, (int32_t)(avro_random_next(random) >> 32) >>
                                      avro_random_below(random, 32));
        break;
    case AVRO_INT64:
        avro_value_set_long(value,
                            (int64_t)avro_random_next(random) >> avro_random_below(random, 64));
        break;
    case AVRO_FLOAT:
        avro_value_set_float(value, any_float(random));
        break;
    case AVRO_DOUBLE:
        avro_value_set_double(value, any_double(random));
        break;
    case AVRO_STRING:
        fill_string(random, value);
        break;
    case AVRO_BYTES:
        fill_bytes(random, value);
        break;
    case AVRO_FIXED:
        fill_fixed(random, value);
        break;
    case AVRO_ENUM:
        avro_value_set_enum(value, (int)avro_random_below(random, 3));
        break;
    case AVRO_UNION:
        fill_union(random, value, depth);
        break;
    case AVRO_ARRAY:
        fill_items(random, value, depth);
        break;
    case AVRO_MAP:
        fill_map(random, value, depth);
        break;
    case AVRO_RECORD:
        fill_record(random, value, depth);
        break;
    case AVRO_LINK:
    default:
        abort();
    }
}
