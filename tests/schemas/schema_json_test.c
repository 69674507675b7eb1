#include "schemas/schema_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static flinch__schema *parsed(const char *text) {
    flinch__schema *schema = NULL;
    flinch_error error = {""};
    flinch_status status = flinch__schema_parse(text, strlen(text), &schema, &error);
    if (!flinch_is_ok(status))
        print_error("%s\n", error.text);
    assert_int_equal(status.code, FLINCH_OK);
    return schema;
}

static void refused(const char *text, const char *because) {
    flinch__schema *schema = NULL;
    flinch_error error = {""};
    flinch_status status = flinch__schema_parse(text, strlen(text), &schema, &error);
    assert_int_equal(status.code, FLINCH_BAD_DATA);
    assert_null(schema);
    if (strstr(error.text, because) == NULL)
        print_error("%s\n", error.text);
    assert_non_null(strstr(error.text, because));
}

static void a_bare_word_is_a_schema(void **state) {
    (void)state;
    flinch__schema *schema = parsed("\"string\"");
    assert_int_equal(schema->root->kind, FLINCH_KIND_STRING);
    flinch__schema_free(schema);
}

static void a_name_is_found_within_its_namespace(void **state) {
    (void)state;
    flinch__schema *schema =
        parsed("{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a.b\",\"fields\":["
               "{\"name\":\"x\",\"type\":{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"S\"]}},"
               "{\"name\":\"y\",\"type\":\"E\"},{\"name\":\"z\",\"type\":\"a.b.E\"}]}");

    assert_string_equal(schema->root->name, "a.b.R");
    assert_string_equal(schema->root->fields[0].type->name, "a.b.E");
    assert_ptr_equal(schema->root->fields[1].type, schema->root->fields[0].type);
    assert_ptr_equal(schema->root->fields[2].type, schema->root->fields[0].type);
    flinch__schema_free(schema);
}

static void aliases_and_logical_types_are_kept(void **state) {
    (void)state;
    flinch__schema *schema =
        parsed("{\"type\":\"record\",\"name\":\"R\",\"fields\":["
               "{\"name\":\"t\",\"aliases\":[\"old\"],\"type\":{\"type\":\"long\","
               "\"logicalType\":\"timestamp-micros\"}},"
               "{\"name\":\"d\",\"type\":{\"type\":\"bytes\",\"logicalType\":\"decimal\","
               "\"precision\":4,\"scale\":9}}]}");

    assert_string_equal(schema->root->fields[0].aliases[0], "old");
    assert_int_equal(schema->root->fields[0].type->logical, FLINCH_LOGICAL_TIME);
    assert_int_equal(schema->root->fields[1].type->logical, FLINCH_LOGICAL_NONE); /* scale > 4 */
    flinch__schema_free(schema);
}

static void the_last_of_a_bundle_is_the_schema(void **state) {
    (void)state;
    flinch__schema *schema = parsed("[{\"type\":\"fixed\",\"name\":\"n.F\",\"size\":2},"
                                    "{\"type\":\"record\",\"name\":\"m.R\",\"fields\":["
                                    "{\"name\":\"f\",\"type\":\"n.F\"}]}]");

    assert_int_equal(schema->root->kind, FLINCH_KIND_RECORD);
    assert_int_equal(schema->root->width, 2);
    flinch__schema_free(schema);
}

static void a_list_of_records_apart_is_a_union(void **state) {
    (void)state;
    flinch__schema *schema = parsed(
        "[{\"type\":\"record\",\"name\":\"A\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]},"
        "{\"type\":\"record\",\"name\":\"B\",\"fields\":[{\"name\":\"b\",\"type\":\"int\"}]}]");

    assert_int_equal(schema->root->kind, FLINCH_KIND_UNION);
    assert_int_equal(schema->root->count, 2);
    flinch__schema_free(schema);
}

static void names_that_are_none_are_refused(void **state) {
    (void)state;
    refused("{\"type\":\"fixed\",\"name\":\"1x\",\"size\":1}", "no valid name");
    refused("{\"type\":\"fixed\",\"name\":\"a..b\",\"size\":1}", "no valid name");
    refused("{\"type\":\"fixed\",\"name\":\"int\",\"size\":1}", "no valid name");
    refused("{\"type\":\"fixed\",\"size\":1}", "no valid name");
    refused("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a b\",\"type\":\"int\"}]}",
            "no valid name");
}

static void a_name_defined_twice_is_refused(void **state) {
    (void)state;
    refused("[{\"type\":\"fixed\",\"name\":\"F\",\"size\":1},"
            "{\"type\":\"enum\",\"name\":\"F\",\"symbols\":[\"A\"]}]",
            "two types");
}

static void an_unknown_name_is_refused(void **state) {
    (void)state;
    refused("{\"type\":\"array\",\"items\":\"Nowhere\"}", "does not define");
}

static void enums_need_unique_symbols(void **state) {
    (void)state;
    refused("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[]}", "symbols");
    refused("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"A\"]}", "two symbols");
    refused("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A-B\"]}", "no name");
}

static void unions_need_branches_that_differ(void **state) {
    (void)state;
    refused("[]", "union");
    refused("[\"int\",\"int\"]", "same type");
    refused("[\"int\",[\"null\"]]", "directly in a union");
    refused("[{\"type\":\"array\",\"items\":\"int\"},{\"type\":\"array\",\"items\":\"long\"}]",
            "same type");
}

static void what_is_no_json_is_refused_with_its_place(void **state) {
    (void)state;
    refused("{\"type\":\n oops}", "line 2");
    refused("", "not JSON");
    refused("\"int\" \"int\"", "not JSON");
    refused("{\"type\":\"int\",\"type\":\"long\"}", "not JSON");
    refused("17", "should be a type");
}

/* As many `item`s as fit between `head` and `tail` in `size` bytes, to be freed. */
static char *repeated(const char *head, const char *item, const char *tail, int count) {
    size_t size = strlen(head) + strlen(item) * (size_t)count + strlen(tail) + 1;
    char *text = calloc(1, size);
    char *at = stpcpy(text, head);
    for (int i = 0; i < count; i++)
        at = stpcpy(at, item);
    stpcpy(at, tail);
    return text;
}

static void a_text_over_a_mebibyte_is_refused(void **state) {
    (void)state;
    char *text = repeated("\"int\"", " ", "", FLINCH__SCHEMA_BYTES);
    refused(text, "over the bound");
    free(text);
}

static void too_many_fields_are_refused(void **state) {
    (void)state;
    char *text = repeated("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\","
                          "\"type\":\"int\"}",
                          ",{}", "]}", FLINCH__SCHEMA_FIELDS);
    refused(text, "more than 4096 fields");
    free(text);
}

static void too_many_symbols_are_refused(void **state) {
    (void)state;
    char *text = repeated("{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"", ",\"B\"", "]}",
                          FLINCH__SCHEMA_SYMBOLS);
    refused(text, "symbols");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bare_word_is_a_schema),
        cmocka_unit_test(a_name_is_found_within_its_namespace),
        cmocka_unit_test(aliases_and_logical_types_are_kept),
        cmocka_unit_test(the_last_of_a_bundle_is_the_schema),
        cmocka_unit_test(a_list_of_records_apart_is_a_union),
        cmocka_unit_test(names_that_are_none_are_refused),
        cmocka_unit_test(a_name_defined_twice_is_refused),
        cmocka_unit_test(an_unknown_name_is_refused),
        cmocka_unit_test(enums_need_unique_symbols),
        cmocka_unit_test(unions_need_branches_that_differ),
        cmocka_unit_test(what_is_no_json_is_refused_with_its_place),
        cmocka_unit_test(a_text_over_a_mebibyte_is_refused),
        cmocka_unit_test(too_many_fields_are_refused),
        cmocka_unit_test(too_many_symbols_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
