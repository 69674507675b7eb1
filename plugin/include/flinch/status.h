/* Status and error text: how every function of flinch reports failure. */
#ifndef FLINCH_STATUS_H
#define FLINCH_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define FLINCH_MUST_CHECK                 __attribute__((warn_unused_result))
#define FLINCH_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#define FLINCH_EXPORT                     __attribute__((visibility("default")))
#else
#define FLINCH_MUST_CHECK
#define FLINCH_PRINTF(format_at, args_at)
#define FLINCH_EXPORT
#endif

/* What happened. What to do about it is the caller's, by one total switch. */
typedef enum flinch_code {
    FLINCH_OK = 0,
    FLINCH_INVALID,   /* an argument or a setting is wrong: do not try again */
    FLINCH_BAD_DATA,  /* bytes that are not what they claim to be */
    FLINCH_MISMATCH,  /* well formed, but of another version, feature list or setting */
    FLINCH_NOT_FOUND, /* the other side answered: there is no such thing */
    FLINCH_TRY_AGAIN, /* the other side did not answer, or said "later" */
    FLINCH_DENIED,    /* the other side refused our credentials */
    FLINCH_TOO_LARGE, /* a bound of ours was reached */
    FLINCH_NO_MEMORY,
    FLINCH_STOPPED, /* the caller asked to stop */
    FLINCH_FATAL    /* this process cannot go on; a restart may */
} flinch_code;

/* One field in a struct, so that `if (!f())` does not compile. */
typedef struct flinch_status {
    flinch_code code;
} flinch_status;

/* Text for people, in the caller's storage; never parsed. */
typedef struct flinch_error {
    char text[512];
} flinch_error;

static inline flinch_status flinch_status_of(flinch_code code) {
    flinch_status status;
    status.code = code;
    return status;
}

static inline bool flinch_is_ok(flinch_status status) {
    return status.code == FLINCH_OK;
}

/* Name of a code, for logs: "OK", "INVALID", … [any] */
FLINCH_EXPORT const char *flinch_code_name(flinch_code code);

/* Writes the text (cut to fit) and returns the code as a status; `error` may be NULL. [any] */
FLINCH_EXPORT flinch_status flinch_fail(flinch_error *error, flinch_code code, const char *format,
                                        ...) FLINCH_PRINTF(3, 4);

/* For functions that own nothing yet: hands a failure on. */
#define FLINCH_TRY(expression)                                                                     \
    do {                                                                                           \
        flinch_status flinch_try_ = (expression);                                                  \
        if (!flinch_is_ok(flinch_try_))                                                            \
            return flinch_try_;                                                                    \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
