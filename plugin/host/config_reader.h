/* From nodes to the fields of a config: what the files config*.c share. */
#ifndef FLINCH_HOST_CONFIG_READER_H
#define FLINCH_HOST_CONFIG_READER_H

#include "plugin/host/config.h"
#include "plugin/host/config_table.h"
#include "plugin/host/config_tree.h"
#include "plugin/host/suggest.h"
#include "plugin/host/vault.h"

/* A config under construction. */
typedef struct flinch__reader {
    flinch__config *config;
    flinch__vault *vault;
    flinch__problems *problems;
    const char *file; /* for messages */
    flinch__profile profile;
    bool (*accepts)(const char *property, const char *value);
    const flinch__node *root;                      /* or NULL */
    const flinch__node *set[FLINCH__MAX_SETTINGS]; /* where each setting was given, or NULL */
    flinch__property *properties;
    const flinch__node **property_nodes;
    flinch_option *options;
    const flinch__node **option_nodes;
    bool is_overriding; /* reading --set: what was given before gives way */
} flinch__reader;

/* A problem "KEY: …" at a place. */
void flinch__reader_refuse(flinch__reader *reader, flinch__place place, const char *key,
                           const char *format, ...) FLINCH_PRINTF(4, 5);

/* "KEY: "value" <what> (expected …)"; without the value if it may be a secret. */
void flinch__reader_refuse_value(flinch__reader *reader, const char *key, const flinch__node *node,
                                 const char *what, const char *expected);

/* The text of a scalar that is there; NULL with a problem otherwise. */
const char *flinch__reader_text(flinch__reader *reader, const char *key, const flinch__node *node,
                                const char *expected);

/* Checks a value of a plain kind and stores it in its field: NULL, or what is wrong with it. */
const char *flinch__setting_store(const flinch__setting *setting, const char *text, void *field);

/* Reads a setting of a plain kind, or hands it to one of the next. */
void flinch__reader_setting(flinch__reader *reader, const flinch__setting *setting,
                            const flinch__node *node);
void flinch__reader_stream(flinch__reader *reader, const flinch__setting *setting,
                           const flinch__node *node);
void flinch__reader_start(flinch__reader *reader, const flinch__setting *setting,
                          const flinch__node *node);
void flinch__reader_features(flinch__reader *reader, const flinch__setting *setting,
                             const flinch__node *node);

/* kafka.<property> and detector.<option>. */
void flinch__reader_property(flinch__reader *reader, const char *property,
                             const flinch__node *node);
void flinch__reader_option(flinch__reader *reader, const char *option, const flinch__node *node);

/* Defaults, what depends on others, and what must be there. */
void flinch__reader_defaults(flinch__reader *reader);
void flinch__reader_finish(flinch__reader *reader);

/* The options of the built-in detector; those of a loaded one are its own affair. */
void flinch__reader_check_detector(flinch__reader *reader);

#endif
