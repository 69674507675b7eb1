/* YAML text as a tree of nodes that know their places. The YAML that a config needs and no more:
 * one document, no anchors, aliases or tags, bounded depth and width. */
#ifndef FLINCH_HOST_CONFIG_TREE_H
#define FLINCH_HOST_CONFIG_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flinch/status.h"
#include "plugin/host/problems.h"
#include "plugin/host/vault.h"

enum {
    FLINCH__CONFIG_MAX_BYTES = 256 * 1024,
    FLINCH__CONFIG_MAX_DEPTH = 32,
    FLINCH__CONFIG_MAX_WIDTH = 4096 /* entries of one list or mapping */
};

typedef enum flinch__node_kind {
    FLINCH_NODE_SCALAR,
    FLINCH_NODE_LIST,
    FLINCH_NODE_MAPPING
} flinch__node_kind;

typedef struct flinch__node {
    flinch__node_kind kind;
    flinch__place place;
    const char *key; /* in a mapping, else NULL */
    flinch__place key_place;
    const char *text;           /* of a scalar; NULL for none: "key:", "~" or "null" */
    bool is_hidden;             /* the text came from ${…}: never to be shown */
    const char *problem;        /* why ${…} in it cannot be put in, else NULL */
    struct flinch__node *first; /* of a list or mapping, in order */
    struct flinch__node *last;
    struct flinch__node *next;
    uint32_t count;
} flinch__node;

/* Text to be parsed. */
typedef struct flinch__tree_source {
    const char *file; /* for messages */
    const char *text;
    size_t size;
} flinch__tree_source;

/* Parses, and expands ${…} in scalars. NULL for an empty document, or after a mistake that leaves
 * no tree; mistakes are in `problems`. */
flinch__node *flinch__tree_parse(const flinch__tree_source *source, flinch__vault *vault,
                                 flinch__problems *problems);

#endif
