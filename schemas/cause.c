#include "schemas/cause.h"

const char *flinch__cause_name(flinch__cause cause) {
    switch (cause) {
    case FLINCH_CAUSE_TOO_SHORT:
        return "TOO_SHORT";
    case FLINCH_CAUSE_BAD_MAGIC:
        return "BAD_MAGIC";
    case FLINCH_CAUSE_SCHEMA_NOT_FOUND:
        return "SCHEMA_NOT_FOUND";
    case FLINCH_CAUSE_SCHEMA_REJECTED:
        return "SCHEMA_REJECTED";
    case FLINCH_CAUSE_TRUNCATED:
        return "TRUNCATED";
    case FLINCH_CAUSE_TRAILING_BYTES:
        return "TRAILING_BYTES";
    case FLINCH_CAUSE_MALFORMED:
        return "MALFORMED";
    case FLINCH_CAUSE_TOO_DEEP:
        return "TOO_DEEP";
    case FLINCH_CAUSE_TOO_MUCH_WORK:
        return "TOO_MUCH_WORK";
    case FLINCH_CAUSE_TOO_LARGE:
        return "TOO_LARGE";
    case FLINCH_CAUSE_NONE:
    case FLINCH_CAUSE_COUNT:
        break;
    }
    return "NONE";
}
