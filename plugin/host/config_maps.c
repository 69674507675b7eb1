/* The two open-ended sections: properties of librdkafka and options of the detector. */
#include <stdio.h>
#include <string.h>

#include "plugin/host/config_kafka.h"
#include "plugin/host/config_reader.h"

enum { MAX_KEY = 160 };

static void put_property(flinch__reader *reader, const flinch__property *property,
                         const flinch__node *node) {
    flinch__config *config = reader->config;
    uint32_t at = 0;
    while (at < config->property_count && strcmp(reader->properties[at].name, property->name) != 0)
        at++;
    if (at == config->property_count) {
        flinch__property *items =
            flinch__vault_room(reader->vault, reader->properties, at, sizeof *items);
        const flinch__node **nodes = flinch__vault_room(
            reader->vault, (void *)reader->property_nodes, at, sizeof(const flinch__node *));
        if (items == NULL || nodes == NULL)
            return;
        reader->properties = items;
        reader->property_nodes = nodes;
        config->property_count++;
    } else if (!reader->is_overriding) {
        flinch__reader_refuse(reader, node->key_place, property->name,
                              "given twice (first at line %u)",
                              reader->property_nodes[at]->key_place.line);
    }
    reader->properties[at] = *property;
    reader->property_nodes[at] = node;
    config->properties = reader->properties;
    config->kafka_embedded = false;
}

static void refuse_unknown(flinch__reader *reader, const char *key, const flinch__node *node) {
    char text[MAX_KEY];
    flinch__suggestion suggestion = flinch__suggest(key);
    flinch__kafka_suggest(&suggestion);
    flinch__reader_refuse(reader, node->key_place, key,
                          "unknown key (expected a librdkafka property that flinch passes on)%s",
                          flinch__suggest_text(&suggestion, text, sizeof text));
}

void flinch__reader_property(flinch__reader *reader, const char *property,
                             const flinch__node *node) {
    char key[MAX_KEY];
    snprintf(key, sizeof key, "kafka.%.100s", property);
    const char *reason;
    flinch__kafka_rule rule = flinch__kafka_rule_of(property, &reason);
    if (rule == FLINCH_KAFKA_UNKNOWN) {
        refuse_unknown(reader, key, node);
        return;
    }
    if (rule == FLINCH_KAFKA_REFUSED) {
        flinch__reader_refuse(reader, node->key_place, key, "not allowed: %s", reason);
        return;
    }
    const char *text = flinch__reader_text(reader, key, node, "text");
    if (text == NULL)
        return;
    flinch__node shown = *node;
    shown.is_hidden = node->is_hidden || rule == FLINCH_KAFKA_SECRET;
    bool is_good = *text != '\0' && (reader->accepts == NULL || reader->accepts(property, text));
    if (!is_good)
        flinch__reader_refuse_value(reader, key, &shown, "is refused by librdkafka",
                                    "what its documentation says");
    else
        put_property(reader, &(flinch__property){property, text}, node);
}

void flinch__reader_option(flinch__reader *reader, const char *option, const flinch__node *node) {
    flinch__config *config = reader->config;
    char key[MAX_KEY];
    snprintf(key, sizeof key, "detector.%.100s", option);
    const char *text = flinch__reader_text(reader, key, node, "a setting of the detector");
    if (text == NULL)
        return;
    uint32_t at = 0;
    while (at < config->option_count && strcmp(reader->options[at].name, option) != 0)
        at++;
    if (at == config->option_count) {
        flinch_option *items =
            flinch__vault_room(reader->vault, reader->options, at, sizeof *items);
        const flinch__node **nodes = flinch__vault_room(reader->vault, (void *)reader->option_nodes,
                                                        at, sizeof(const flinch__node *));
        if (items == NULL || nodes == NULL)
            return;
        reader->options = items;
        reader->option_nodes = nodes;
        config->option_count++;
    } else if (!reader->is_overriding) {
        flinch__reader_refuse(reader, node->key_place, key, "given twice (first at line %u)",
                              reader->option_nodes[at]->key_place.line);
    }
    reader->options[at] = (flinch_option){option, text};
    reader->option_nodes[at] = node;
    config->options = reader->options;
}
