/* e2e_avro records FILE.avro FIELD
 * e2e_avro values FILE.avro
 * e2e_avro values SCHEMA.avsc
 *
 * Avro C's generic reader. `records` prints the schema of a container file, and then one record a
 * line: the text of FIELD, a space, the record's bytes in hexadecimal.
 *
 * `values` prints one record a line as JSON, of a container file, or of the lines of hexadecimal
 * bytes on standard input, all of which a record must use. A float or double is the text of its
 * bits, in hexadecimal: JSON has no NaN, and the tests compare bits. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <avro.h>

#include "tests/e2e/tools/tool.h"

enum { MAX_RECORD = 64 * 1024, MAX_SCHEMA = 1024 * 1024 };

static void check(int result, const char *what) {
    if (result != 0)
        tool_fail(what, avro_strerror());
}

/* ---- values to JSON ------------------------------------------------------------------------- */

static void print_value(avro_value_t *value);

static void print_text(const char *text, size_t size) {
    putchar('"');
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7F)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void print_int(avro_value_t *value) {
    int32_t number = 0;
    check(avro_value_get_int(value, &number), "int");
    printf("%" PRId32, number);
}

static void print_long(avro_value_t *value) {
    int64_t number = 0;
    check(avro_value_get_long(value, &number), "long");
    printf("%" PRId64, number);
}

static void print_float(avro_value_t *value) {
    float number = 0;
    uint32_t bits = 0;
    check(avro_value_get_float(value, &number), "float");
    memcpy(&bits, &number, sizeof bits);
    printf("\"%08" PRIx32 "\"", bits);
}

static void print_double(avro_value_t *value) {
    double number = 0;
    uint64_t bits = 0;
    check(avro_value_get_double(value, &number), "double");
    memcpy(&bits, &number, sizeof bits);
    printf("\"%016" PRIx64 "\"", bits);
}

static void print_string(avro_value_t *value) {
    const char *text = NULL;
    size_t size = 0;
    check(avro_value_get_string(value, &text, &size), "string");
    print_text(text, size - 1); /* the size counts the final NUL */
}

static void print_symbol(avro_value_t *value) {
    int index = 0;
    check(avro_value_get_enum(value, &index), "enum");
    const char *symbol = avro_schema_enum_get(avro_value_get_schema(value), index);
    print_text(symbol, strlen(symbol));
}

static void print_boolean(avro_value_t *value) {
    int truth = 0;
    check(avro_value_get_boolean(value, &truth), "boolean");
    fputs(truth != 0 ? "true" : "false", stdout);
}

/* A record or an array. */
static void print_parts(avro_value_t *value, bool named) {
    size_t count = 0;
    check(avro_value_get_size(value, &count), "size");
    putchar(named ? '{' : '[');
    for (size_t i = 0; i < count; i++) {
        avro_value_t part;
        const char *name = NULL;
        check(avro_value_get_by_index(value, i, &part, &name), "part");
        if (i > 0)
            putchar(',');
        if (named) {
            print_text(name, strlen(name));
            putchar(':');
        }
        print_value(&part);
    }
    putchar(named ? '}' : ']');
}

static void print_value(avro_value_t *value) {
    switch ((int)avro_value_get_type(value)) {
    case AVRO_INT32:
        print_int(value);
        return;
    case AVRO_INT64:
        print_long(value);
        return;
    case AVRO_FLOAT:
        print_float(value);
        return;
    case AVRO_DOUBLE:
        print_double(value);
        return;
    case AVRO_STRING:
        print_string(value);
        return;
    case AVRO_ENUM:
        print_symbol(value);
        return;
    case AVRO_BOOLEAN:
        print_boolean(value);
        return;
    case AVRO_RECORD:
        print_parts(value, true);
        return;
    case AVRO_ARRAY:
        print_parts(value, false);
        return;
    default:
        tool_fail("schema", "a type that this tool does not print");
    }
}

/* ---- where the values come from ------------------------------------------------------------- */

static void new_value(avro_schema_t schema, avro_value_t *out_value) {
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    if (class == NULL)
        tool_fail("schema", avro_strerror());
    check(avro_generic_value_new(class, out_value), "value");
    avro_value_iface_decref(class);
}

static avro_schema_t read_schema(const char *path) {
    char *text = malloc(MAX_SCHEMA);
    FILE *file = fopen(path, "re");
    avro_schema_t schema = NULL;
    if (text == NULL || file == NULL)
        tool_fail(path, "cannot be opened");
    size_t size = fread(text, 1, MAX_SCHEMA, file);
    check(avro_schema_from_json_length(text, size, &schema), path);
    fclose(file);
    free(text);
    return schema;
}

static void print_lines(const char *schema_path) {
    avro_schema_t schema = read_schema(schema_path);
    avro_value_t value;
    new_value(schema, &value);
    char *text = NULL;
    size_t capacity = 0;
    while (getline(&text, &capacity, stdin) > 0) {
        text[strcspn(text, "\n")] = '\0';
        size_t bytes = 0;
        const char *data = (const char *)tool_bytes(text, &bytes);
        avro_reader_t reader = avro_reader_memory(data, (int64_t)bytes);
        check(avro_value_reset(&value), "reset");
        check(avro_value_read(reader, &value), "record");
        if (avro_skip(reader, 1) == 0)
            tool_fail(schema_path, "a record does not use all of its bytes");
        avro_reader_free(reader);
        print_value(&value);
        putchar('\n');
    }
    free(text);
    avro_value_decref(&value);
    avro_schema_decref(schema);
}

/* Calls `each` for all records of a container file. */
static void for_records(const char *path, void (*each)(avro_value_t *, const char *),
                        const char *argument, bool with_schema) {
    avro_file_reader_t reader = NULL;
    check(avro_file_reader(path, &reader), path);
    avro_schema_t schema = avro_file_reader_get_writer_schema(reader);
    avro_value_t value;
    new_value(schema, &value);
    if (with_schema) {
        avro_writer_t out = avro_writer_file_fp(stdout, 0);
        check(avro_schema_to_json(schema, out), "schema");
        avro_writer_free(out);
        putchar('\n');
    }
    int result = 0;
    while ((result = avro_file_reader_read_value(reader, &value)) == 0) {
        each(&value, argument);
        check(avro_value_reset(&value), "reset");
    }
    if (result != EOF)
        tool_fail(path, avro_strerror());
    avro_value_decref(&value);
    avro_schema_decref(schema);
    avro_file_reader_close(reader);
}

static void print_json(avro_value_t *value, const char *unused) {
    (void)unused;
    print_value(value);
    putchar('\n');
}

static void print_record(avro_value_t *value, const char *field) {
    char bytes[MAX_RECORD];
    avro_value_t named;
    const char *text = NULL;
    size_t size = 0;
    check(avro_value_get_by_name(value, field, &named, NULL), field);
    check(avro_value_get_string(&named, &text, &size), field);
    avro_writer_t writer = avro_writer_memory(bytes, sizeof bytes);
    check(avro_value_write(writer, value), "record");
    printf("%s ", text);
    tool_print_bytes(stdout, bytes, (size_t)avro_writer_tell(writer));
    putchar('\n');
    avro_writer_free(writer);
}

static bool ends_with(const char *text, const char *end) {
    size_t size = strlen(text);
    size_t tail = strlen(end);
    return size >= tail && strcmp(text + size - tail, end) == 0;
}

int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "records") == 0)
        for_records(argv[2], print_record, argv[3], true);
    else if (argc == 3 && strcmp(argv[1], "values") == 0 && ends_with(argv[2], ".avro"))
        for_records(argv[2], print_json, NULL, false);
    else if (argc == 3 && strcmp(argv[1], "values") == 0)
        print_lines(argv[2]);
    else
        tool_fail("usage",
                  "e2e_avro records FILE.avro FIELD | values FILE.avro | values SCHEMA.avsc");
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
