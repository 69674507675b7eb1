#include "plugin/host/config_tree.h"

#include <assert.h>
#include <libfyaml.h>
#include <string.h>

#include "plugin/host/config_expand.h"

/* libfyaml's events, one at a time: depth and width are bounded before any tree is built. */
typedef struct builder {
    const flinch__tree_source *source;
    flinch__vault *vault;
    flinch__problems *problems;
    flinch__node *root;
    flinch__node *open[FLINCH__CONFIG_MAX_DEPTH];
    uint32_t depth;
    const char *key; /* of the mapping's next value, or NULL */
    flinch__place key_place;
    bool is_repeated; /* that key was there before: its value goes nowhere */
    uint32_t documents;
} builder;

/* Where an event begins: libfyaml's marks of quoted scalars, aliases and anchors stand behind their
 * first character. */
static flinch__place place_of(struct fy_event *event) {
    const struct fy_mark *mark = fy_event_start_mark(event);
    if (mark == NULL)
        return (flinch__place){1, 1, false};
    bool is_quoted = event->type == FYET_ALIAS;
    if (event->type == FYET_SCALAR) {
        enum fy_node_style style = fy_event_get_node_style(event);
        is_quoted = style == FYNS_SINGLE_QUOTED || style == FYNS_DOUBLE_QUOTED;
    }
    uint32_t column = (uint32_t)mark->column + 1;
    if (is_quoted && column > 1)
        column--;
    return (flinch__place){(uint32_t)mark->line + 1, column, false};
}

static bool refuse(const builder *b, flinch__place place, const char *what) {
    flinch__problems_add(b->problems, b->source->file, place, "%s", what);
    return false;
}

static const flinch__node *find_key(const flinch__node *mapping, const char *key) {
    for (const flinch__node *child = mapping->first; child != NULL; child = child->next)
        if (strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

/* Takes a scalar as the key of the open mapping. */
static void take_key(builder *b, const char *key, flinch__place place) {
    const flinch__node *earlier = find_key(b->open[b->depth - 1], key);
    b->key = key;
    b->key_place = place;
    b->is_repeated = earlier != NULL;
    if (earlier != NULL)
        flinch__problems_add(b->problems, b->source->file, place,
                             "%.60s: duplicate key (first at line %u)", key,
                             earlier->key_place.line);
}

static bool wants_key(const builder *b) {
    assert(b->depth == 0 || b->open[b->depth - 1] != NULL);
    return b->depth > 0 && b->open[b->depth - 1]->kind == FLINCH_NODE_MAPPING && b->key == NULL;
}

static void append(flinch__node *parent, flinch__node *child) {
    if (parent->last == NULL)
        parent->first = child;
    else
        parent->last->next = child;
    parent->last = child;
    parent->count++;
}

/* Puts a value where it belongs. NULL, with a problem, if it cannot. */
static flinch__node *add_node(builder *b, flinch__node_kind kind, flinch__place place) {
    flinch__node *node = flinch__vault_take(b->vault, sizeof *node);
    if (node == NULL)
        return NULL;
    node->kind = kind;
    node->place = place;
    if (b->depth == 0) {
        b->root = node;
        return node;
    }
    flinch__node *parent = b->open[b->depth - 1];
    if (parent->count == FLINCH__CONFIG_MAX_WIDTH) {
        refuse(b, place, "too many entries (expected at most 4096 in a list or section)");
        return NULL;
    }
    node->key = b->key;
    node->key_place = b->key_place;
    if (!b->is_repeated)
        append(parent, node);
    b->key = NULL;
    b->is_repeated = false;
    return node;
}

static bool open_node(builder *b, flinch__node_kind kind, flinch__place place) {
    if (wants_key(b))
        return refuse(b, place, "a list or section cannot be a key (expected a name)");
    if (b->depth == FLINCH__CONFIG_MAX_DEPTH)
        return refuse(b, place, "nested too deeply (expected at most 32 levels)");
    flinch__node *node = add_node(b, kind, place);
    if (node == NULL)
        return false;
    b->open[b->depth++] = node;
    return true;
}

static bool is_null(const char *text, enum fy_node_style style) {
    return style == FYNS_PLAIN &&
           (*text == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

static bool on_scalar(builder *b, struct fy_event *event, flinch__place place) {
    size_t size = 0;
    const char *text = fy_token_get_text(event->scalar.value, &size);
    const char *copy = flinch__vault_copy(b->vault, text == NULL ? "" : text, size);
    if (memchr(copy, '\0', size) != NULL)
        return refuse(b, place, "a NUL character (expected text)");
    if (wants_key(b)) {
        take_key(b, copy, place);
        return true;
    }
    flinch__node *node = add_node(b, FLINCH_NODE_SCALAR, place);
    if (node == NULL)
        return false;
    bool is_absent = event->scalar.value == NULL; /* "key:" has no place of its own */
    if (is_absent && node->key != NULL)
        node->place = node->key_place;
    if (is_absent || is_null(copy, fy_event_get_node_style(event)))
        return true;
    /* A mistake is reported when the value is read, under its whole name. */
    flinch_error error;
    flinch__expansion expansion = {copy, false};
    if (!flinch_is_ok(flinch__expand(copy, b->vault, &expansion, &error)))
        node->problem = flinch__vault_join(b->vault, error.text, "");
    node->text = expansion.text;
    node->is_hidden = expansion.is_hidden;
    return true;
}

/* False when there is nothing to go on with. */
static bool on_event(builder *b, struct fy_event *event) {
    flinch__place place = place_of(event);
    if (event->type != FYET_ALIAS &&
        (fy_event_get_anchor_token(event) != NULL || fy_event_get_tag_token(event) != NULL))
        return refuse(b, place, "anchors (&) and tags (!) are not supported");
    switch (event->type) {
    case FYET_DOCUMENT_START:
        if (b->documents++ > 0)
            return refuse(b, place, "a second document (expected one, without a second \"---\")");
        return true;
    case FYET_ALIAS:
        return refuse(b, place, "aliases (*) are not supported (expected the value itself)");
    case FYET_SCALAR:
        return on_scalar(b, event, place);
    case FYET_SEQUENCE_START:
        return open_node(b, FLINCH_NODE_LIST, place);
    case FYET_MAPPING_START:
        return open_node(b, FLINCH_NODE_MAPPING, place);
    case FYET_SEQUENCE_END:
    case FYET_MAPPING_END:
        b->depth--;
        return true;
    case FYET_NONE:
    case FYET_STREAM_START:
    case FYET_STREAM_END:
    case FYET_DOCUMENT_END:
        return true;
    }
    return true;
}

static void report_syntax(const builder *b, struct fy_diag *diag) {
    void *at = NULL;
    const struct fy_diag_error *first = fy_diag_errors_iterate(diag, &at);
    if (first == NULL) {
        refuse(b, (flinch__place){1, 1, false}, "not YAML");
        return;
    }
    flinch__place place = {first->line > 0 ? (uint32_t)first->line : 1,
                           first->column > 0 ? (uint32_t)first->column : 1, false};
    flinch__problems_add(b->problems, b->source->file, place, "not YAML: %.200s", first->msg);
}

/* True if the whole text was read. */
static bool build(builder *b, struct fy_parser *parser, struct fy_diag *diag) {
    bool is_good = true;
    bool is_end = false;
    while (is_good && !is_end) {
        struct fy_event *event = fy_parser_parse(parser);
        if (event == NULL) {
            report_syntax(b, diag);
            return false;
        }
        is_good = on_event(b, event);
        is_end = event->type == FYET_STREAM_END;
        fy_parser_event_free(parser, event);
    }
    return is_good;
}

flinch__node *flinch__tree_parse(const flinch__tree_source *source, flinch__vault *vault,
                                 flinch__problems *problems) {
    builder b = {.source = source, .vault = vault, .problems = problems};
    struct fy_parser *parser = NULL;
    struct fy_diag *diag = fy_diag_create(NULL);
    if (diag == NULL)
        goto out;
    fy_diag_set_collect_errors(diag, true);
    const struct fy_parse_cfg settings = {.flags = FYPCF_QUIET, .diag = diag};
    parser = fy_parser_create(&settings);
    if (parser == NULL || fy_parser_set_string(parser, source->text, source->size) != 0)
        goto out;
    if (!build(&b, parser, diag))
        b.root = NULL; /* what seems missing may stand further down */
out:
    if (parser == NULL)
        refuse(&b, (flinch__place){0}, "no memory");
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    return b.root;
}
