#include "plugin/host/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/host/config_expand.h"
#include "plugin/host/config_reader.h"

static const char KAFKA[] = "kafka.";
static const char DETECTOR[] = "detector.";

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void refuse_unknown(flinch__reader *reader, const char *name, const flinch__node *node) {
    char text[160];
    uint32_t count;
    const flinch__setting *settings = flinch__settings(&count);
    flinch__suggestion suggestion = flinch__suggest(name);
    for (uint32_t i = 0; i < count; i++)
        flinch__suggest_offer(&suggestion, settings[i].name);
    flinch__suggest_offer(&suggestion, "input");
    flinch__suggest_offer(&suggestion, "output");
    flinch__suggest_offer(&suggestion, "registry");
    flinch__suggest_offer(&suggestion, "detector");
    flinch__reader_refuse(reader, node->key_place, name,
                          "unknown key (expected one of `flinch check --reference`)%s",
                          flinch__suggest_text(&suggestion, text, sizeof text));
}

static void walk(flinch__reader *reader, const char *prefix, const flinch__node *mapping);

/* A section, or something else where a section belongs. */
static void read_section(flinch__reader *reader, const char *name, const flinch__node *node) {
    bool is_empty = node->kind == FLINCH_NODE_SCALAR && node->text == NULL;
    if (node->kind == FLINCH_NODE_MAPPING)
        walk(reader, name, node);
    else if (!is_empty)
        flinch__reader_refuse(reader, node->place, name, "not a section (expected keys below it)");
}

static void read_entry(flinch__reader *reader, const char *name, const flinch__node *node) {
    const flinch__setting *setting = flinch__setting_find(name);
    bool is_mapping = node->kind == FLINCH_NODE_MAPPING;
    bool is_open = starts_with(name, KAFKA) || starts_with(name, DETECTOR);
    if (setting != NULL && !(setting->kind == FLINCH_KIND_KAFKA && is_mapping))
        flinch__reader_setting(reader, setting, node);
    else if (is_mapping && (setting != NULL || is_open))
        walk(reader, name, node);
    else if (starts_with(name, KAFKA))
        flinch__reader_property(reader, name + sizeof KAFKA - 1, node);
    else if (starts_with(name, DETECTOR))
        flinch__reader_option(reader, name + sizeof DETECTOR - 1, node);
    else if (flinch__setting_is_section(name))
        read_section(reader, name, node);
    else
        refuse_unknown(reader, name, node);
}

/* The tree is at most FLINCH__CONFIG_MAX_DEPTH deep, and so is this recursion. */
static void walk(flinch__reader *reader, const char *prefix, const flinch__node *mapping) {
    for (const flinch__node *child = mapping->first; child != NULL; child = child->next) {
        const char *name = child->key;
        if (*prefix != '\0') {
            const char *section = flinch__vault_join(reader->vault, prefix, ".");
            name = flinch__vault_join(reader->vault, section, child->key);
        }
        read_entry(reader, name, child);
    }
}

static void read_root(flinch__reader *reader) {
    const flinch__node *root = reader->root;
    if (root == NULL || (root->kind == FLINCH_NODE_SCALAR && root->text == NULL))
        return;
    if (root->kind == FLINCH_NODE_MAPPING)
        walk(reader, "", root);
    else
        flinch__problems_add(reader->problems, reader->file, root->place,
                             "not a configuration (expected keys like input: {topic: NAME})");
}

static void read_override(flinch__reader *reader, const flinch__override *override) {
    flinch__node *node = flinch__vault_take(reader->vault, sizeof *node);
    if (node == NULL)
        return;
    flinch__place place = {.is_override = true};
    const char *key = flinch__vault_join(reader->vault, override->key, "");
    *node = (flinch__node){.key = key, .place = place, .key_place = place};
    flinch_error error;
    flinch__expansion expansion;
    if (!flinch_is_ok(flinch__expand(override->value, reader->vault, &expansion, &error)))
        node->problem = flinch__vault_join(reader->vault, error.text, "");
    node->text = flinch__vault_join(reader->vault, expansion.text, "");
    node->is_hidden = expansion.is_hidden;
    read_entry(reader, node->key, node);
}

/* Reads a file into the vault, at most the bound. */
static const char *read_file(flinch__reader *reader, const char *path, size_t *out_size) {
    struct stat info;
    char *bytes = NULL;
    FILE *file = NULL;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0 || fstat(descriptor, &info) != 0)
        flinch__problems_add(reader->problems, path, (flinch__place){0}, "%s", strerror(errno));
    else if (!S_ISREG(info.st_mode))
        flinch__problems_add(reader->problems, path, (flinch__place){0}, "not a regular file");
    else
        file = fdopen(descriptor, "r");
    if (file == NULL)
        goto out;
    bytes = flinch__vault_take(reader->vault, FLINCH__CONFIG_MAX_BYTES + 2);
    if (bytes != NULL)
        *out_size = fread(bytes, 1, FLINCH__CONFIG_MAX_BYTES + 1, file);
    if (*out_size > FLINCH__CONFIG_MAX_BYTES) {
        flinch__problems_add(reader->problems, path, (flinch__place){0},
                             "too large (expected at most 256 KiB)");
        bytes = NULL;
    }
out:
    if (file != NULL)
        fclose(file);
    else if (descriptor >= 0)
        close(descriptor);
    return bytes;
}

static void read_text(flinch__reader *reader, const flinch__config_source *source) {
    flinch__tree_source tree = {reader->file, source->text, 0};
    if (source->path != NULL)
        tree.text = read_file(reader, source->path, &tree.size);
    else if (source->text != NULL)
        tree.size = strlen(source->text);
    if (tree.text == NULL || tree.size == 0)
        return;
    if (tree.size > FLINCH__CONFIG_MAX_BYTES)
        flinch__problems_add(reader->problems, reader->file, (flinch__place){0},
                             "too large (expected at most 256 KiB)");
    else
        reader->root = flinch__tree_parse(&tree, reader->vault, reader->problems);
}

static void read_all(flinch__reader *reader, const flinch__config_source *source) {
    flinch__reader_defaults(reader);
    uint32_t before = reader->problems->count;
    read_text(reader, source);
    /* After a syntax error the rest of the file is unknown: what seems missing may be there. */
    bool is_whole = reader->problems->count == before || reader->root != NULL;
    if (!is_whole)
        return;
    read_root(reader);
    reader->is_overriding = true;
    for (uint32_t i = 0; i < source->override_count; i++)
        read_override(reader, &source->overrides[i]);
    flinch__reader_finish(reader);
    flinch__problems_sort(reader->problems);
}

flinch_status flinch__config_load(const flinch__config_source *source, flinch__config **out_config,
                                  flinch__problems *problems) {
    *out_config = NULL;
    uint32_t before = problems->count + problems->dropped;
    const char *name = source->path != NULL ? source->path : source->name;
    flinch__reader reader = {.problems = problems,
                             .file = name == NULL ? "config" : name,
                             .profile = source->profile,
                             .accepts = source->accepts,
                             .vault = flinch__vault_new()};
    if (reader.vault != NULL)
        reader.config = flinch__vault_take(reader.vault, sizeof *reader.config);
    if (reader.config != NULL) {
        reader.config->vault = reader.vault;
        read_all(&reader, source);
    }
    if (reader.config == NULL || flinch__vault_failed(reader.vault))
        flinch__problems_add(problems, reader.file, (flinch__place){0}, "no memory");
    if (problems->count + problems->dropped > before) {
        flinch__vault_free(reader.vault);
        return flinch_status_of(FLINCH_INVALID);
    }
    *out_config = reader.config;
    return flinch_status_of(FLINCH_OK);
}

void flinch__config_free(flinch__config *config) {
    if (config != NULL)
        flinch__vault_free(config->vault);
}

const char *flinch__config_property(const flinch__config *config, const char *name) {
    for (uint32_t i = 0; i < config->property_count; i++)
        if (strcmp(config->properties[i].name, name) == 0)
            return config->properties[i].value;
    return NULL;
}
