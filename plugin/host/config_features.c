/* The setting `features`. */
#include <stdio.h>
#include <string.h>

#include "plugin/host/config_reader.h"
#include "plugin/host/config_value.h"

static const char TRANSFORMS[] = "none|log|delta|rate";
static const char ENTRY[] = "a field, or {field, transform} or {field, one_hot}";

/* The features of the config, growing. */
typedef struct feature_list {
    flinch_input *items;
    uint32_t count;
} feature_list;

static bool is_same(const flinch_input *left, const flinch_input *right) {
    return left->transform == right->transform && strcmp(left->field, right->field) == 0;
}

static void add_input(flinch__reader *reader, feature_list *list, const flinch_input *input,
                      flinch__place place) {
    for (uint32_t i = 0; i < list->count; i++)
        if (is_same(&list->items[i], input)) {
            flinch__reader_refuse(reader, place, "features", "field \"%.80s\" is there twice",
                                  input->field);
            return;
        }
    flinch_input *items =
        flinch__vault_room(reader->vault, list->items, list->count, sizeof *items);
    if (items == NULL)
        return;
    list->items = items;
    list->items[list->count++] = *input;
}

static void read_transform(flinch__reader *reader, const flinch__node *node, flinch_input *input) {
    const char *expected = "none, log, delta or rate";
    const char *text = flinch__reader_text(reader, "features.transform", node, expected);
    if (text == NULL)
        return;
    int index = flinch__parse_choice(text, TRANSFORMS);
    if (index < 0)
        flinch__reader_refuse_value(reader, "features.transform", node, "is none of the choices",
                                    expected);
    else
        input->transform = (flinch_transform)index;
}

static void read_categories(flinch__reader *reader, const flinch__node *node, flinch_input *input) {
    static const char KEY[] = "features.one_hot";
    input->transform = FLINCH_TRANSFORM_ONE_HOT;
    if (node->kind != FLINCH_NODE_LIST || node->count == 0) {
        flinch__reader_refuse(reader, node->place, KEY,
                              "not a list of categories (expected one like [UP, DOWN])");
        return;
    }
    const char **categories = flinch__vault_take(reader->vault, node->count * sizeof *categories);
    if (categories == NULL)
        return;
    for (const flinch__node *item = node->first; item != NULL; item = item->next) {
        const char *text = flinch__reader_text(reader, KEY, item, "a category as text");
        if (text == NULL)
            continue;
        for (uint32_t i = 0; i < input->category_count; i++)
            if (strcmp(categories[i], text) == 0)
                flinch__reader_refuse_value(reader, KEY, item, "is there twice",
                                            "each category once");
        categories[input->category_count++] = text;
    }
    input->categories = categories;
}

static void refuse_entry_key(flinch__reader *reader, const flinch__node *child) {
    char key[128];
    char text[128];
    snprintf(key, sizeof key, "features.%.60s", child->key);
    flinch__suggestion suggestion = flinch__suggest(child->key);
    flinch__suggest_offer(&suggestion, "field");
    flinch__suggest_offer(&suggestion, "transform");
    flinch__suggest_offer(&suggestion, "one_hot");
    flinch__reader_refuse(reader, child->key_place, key,
                          "unknown key (expected field, transform or one_hot)%s",
                          flinch__suggest_text(&suggestion, text, sizeof text));
}

/* {field: …, transform: …} */
static void read_mapping(flinch__reader *reader, feature_list *list, const flinch__node *node) {
    flinch_input input = {0};
    const flinch__node *transform = NULL;
    const flinch__node *one_hot = NULL;
    for (const flinch__node *child = node->first; child != NULL; child = child->next) {
        if (strcmp(child->key, "field") == 0)
            input.field =
                flinch__reader_text(reader, "features.field", child, "the path of a field");
        else if (strcmp(child->key, "transform") == 0)
            transform = child;
        else if (strcmp(child->key, "one_hot") == 0)
            one_hot = child;
        else
            refuse_entry_key(reader, child);
    }
    if (transform != NULL)
        read_transform(reader, transform, &input);
    if (one_hot != NULL)
        read_categories(reader, one_hot, &input);
    if (transform != NULL && one_hot != NULL)
        flinch__reader_refuse(reader, one_hot->key_place, "features.one_hot",
                              "together with transform (expected one of the two)");
    if (input.field == NULL || *input.field == '\0')
        flinch__reader_refuse(reader, node->place, "features.field",
                              "missing (expected the path of a field)");
    else
        add_input(reader, list, &input, node->place);
}

/* Moves both ends inwards over blanks. */
static void trim(const char **at, size_t *size) {
    while (*size > 0 && (*at)[*size - 1] == ' ')
        (*size)--;
    for (; *size > 0 && **at == ' '; (*at)++)
        (*size)--;
}

/* "a, b, c" as --set and --features give it; in brackets, too, as YAML writes a list. */
static void read_names(flinch__reader *reader, feature_list *list, const flinch__node *node) {
    const char *at = node->text;
    size_t left = strlen(at);
    trim(&at, &left);
    if (left >= 2 && at[0] == '[' && at[left - 1] == ']') {
        at++;
        left -= 2;
    }
    while (true) {
        const char *comma = memchr(at, ',', left);
        const char *name = at;
        size_t size = comma == NULL ? left : (size_t)(comma - at);
        trim(&name, &size);
        flinch_input input = {.field = flinch__vault_copy(reader->vault, name, size)};
        if (size == 0)
            flinch__reader_refuse_value(reader, "features", node, "has an empty name",
                                        "auto, or fields separated by commas");
        else
            add_input(reader, list, &input, node->place);
        if (comma == NULL)
            return;
        left -= (size_t)(comma + 1 - at);
        at = comma + 1;
    }
}

static void read_entry(flinch__reader *reader, feature_list *list, const flinch__node *node) {
    if (node->kind == FLINCH_NODE_MAPPING) {
        read_mapping(reader, list, node);
        return;
    }
    const char *field = flinch__reader_text(reader, "features", node, ENTRY);
    if (field == NULL)
        return;
    flinch_input input = {.field = field};
    if (*field == '\0')
        flinch__reader_refuse_value(reader, "features", node, "names no field", ENTRY);
    else
        add_input(reader, list, &input, node->place);
}

void flinch__reader_features(flinch__reader *reader, const flinch__setting *setting,
                             const flinch__node *node) {
    char expected[FLINCH__MAX_EXPECTED];
    feature_list list = {0};
    bool is_auto = false;
    if (node->kind == FLINCH_NODE_LIST) {
        for (const flinch__node *item = node->first; item != NULL; item = item->next)
            read_entry(reader, &list, item);
        if (node->count == 0)
            flinch__reader_refuse(reader, node->place, setting->name, "no field (expected %s)",
                                  flinch__setting_expected(setting, expected));
    } else if (flinch__reader_text(reader, setting->name, node,
                                   flinch__setting_expected(setting, expected)) != NULL) {
        is_auto = strcmp(node->text, "auto") == 0;
        if (!is_auto)
            read_names(reader, &list, node);
    }
    reader->config->features_auto = is_auto;
    reader->config->inputs = (flinch_input_list){list.items, list.count};
}
