#include "flinch/status.h"

#include <stdarg.h>
#include <stdio.h>

const char *flinch_code_name(flinch_code code) {
    switch (code) {
    case FLINCH_OK:
        return "OK";
    case FLINCH_INVALID:
        return "INVALID";
    case FLINCH_BAD_DATA:
        return "BAD_DATA";
    case FLINCH_MISMATCH:
        return "MISMATCH";
    case FLINCH_NOT_FOUND:
        return "NOT_FOUND";
    case FLINCH_TRY_AGAIN:
        return "TRY_AGAIN";
    case FLINCH_DENIED:
        return "DENIED";
    case FLINCH_TOO_LARGE:
        return "TOO_LARGE";
    case FLINCH_NO_MEMORY:
        return "NO_MEMORY";
    case FLINCH_STOPPED:
        return "STOPPED";
    case FLINCH_FATAL:
        return "FATAL";
    }
    return "UNKNOWN";
}

flinch_status flinch_fail(flinch_error *error, flinch_code code, const char *format, ...) {
    if (error != NULL) {
        va_list args;
        va_start(args, format);
        vsnprintf(error->text, sizeof error->text, format, args);
        va_end(args);
    }
    return flinch_status_of(code);
}
