#include "schemas/plan_code.h"

static const char *number_problem(const flinch__type *type) {
    switch (type->kind) {
    case FLINCH_KIND_BOOLEAN:
    case FLINCH_KIND_INT:
    case FLINCH_KIND_LONG:
    case FLINCH_KIND_FLOAT:
    case FLINCH_KIND_DOUBLE:
    case FLINCH_KIND_UNION: /* judged by its branches */
        return NULL;
    case FLINCH_KIND_BYTES:
        return type->logical == FLINCH_LOGICAL_DECIMAL ? NULL : "is bytes: no number";
    case FLINCH_KIND_FIXED:
        return type->logical == FLINCH_LOGICAL_DECIMAL ? NULL : "is a fixed: no number";
    case FLINCH_KIND_STRING:
        return "is a string; use one_hot";
    case FLINCH_KIND_ENUM:
        return "is an enum; use one_hot";
    case FLINCH_KIND_RECORD:
        return "is a record; name one of its fields";
    case FLINCH_KIND_ARRAY:
        return "is an array; name an item by its index";
    case FLINCH_KIND_MAP:
        return "is a map; name a value by its key";
    case FLINCH_KIND_NULL:
        return "is always null";
    }
    return NULL;
}

static const char *category_problem(const flinch__type *type) {
    switch (type->kind) {
    case FLINCH_KIND_BOOLEAN:
    case FLINCH_KIND_INT:
    case FLINCH_KIND_LONG:
    case FLINCH_KIND_STRING:
    case FLINCH_KIND_ENUM:
    case FLINCH_KIND_UNION:
        return NULL;
    case FLINCH_KIND_FLOAT:
    case FLINCH_KIND_DOUBLE:
        return "is a fraction: no category for one_hot";
    case FLINCH_KIND_BYTES:
    case FLINCH_KIND_FIXED:
        return "is bytes: no category for one_hot";
    case FLINCH_KIND_RECORD:
    case FLINCH_KIND_ARRAY:
    case FLINCH_KIND_MAP:
    case FLINCH_KIND_NULL:
        return number_problem(type);
    }
    return NULL;
}

flinch__sink_kind flinch__plan_judge(const flinch_input *input, const flinch__type *type,
                                     const char **out_problem) {
    bool one_hot = input->transform == FLINCH_TRANSFORM_ONE_HOT;
    *out_problem = one_hot ? category_problem(type) : number_problem(type);
    if (*out_problem != NULL)
        return FLINCH_SINK_WRONG;
    return one_hot ? FLINCH_SINK_CATEGORY : FLINCH_SINK_NUMBER;
}
