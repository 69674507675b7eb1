#include "plugin/host/config_expand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char FILE_PREFIX[] = "file:";

/* Text under construction, bounded. */
typedef struct output {
    char *text;
    size_t size;
} output;

static flinch_status put(output *out, const char *text, size_t size, flinch_error *error) {
    if (size > FLINCH__EXPANDED_MAX_BYTES - out->size)
        return flinch_fail(error, FLINCH_INVALID,
                           "the expanded value is too long (expected at most 64 KiB)");
    memcpy(out->text + out->size, text, size);
    out->size += size;
    return flinch_status_of(FLINCH_OK);
}

/* Reads a whole regular file of at most `room` bytes; −1 with errno. O_NONBLOCK: a FIFO must not
 * hold the start up. */
static ssize_t read_file(const char *path, char *bytes, size_t room) {
    struct stat info;
    ssize_t total = -1;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 || fstat(file, &info) != 0)
        goto out;
    if (!S_ISREG(info.st_mode)) {
        errno = EINVAL;
        goto out;
    }
    if (info.st_size > (off_t)room) {
        errno = EFBIG;
        goto out;
    }
    total = 0;
    while ((size_t)total < room) {
        ssize_t got = read(file, bytes + total, room - (size_t)total);
        if (got < 0)
            total = -1;
        if (got <= 0)
            break;
        total += got;
    }
out:
    if (file >= 0)
        close(file);
    return total;
}

static flinch_status put_file(output *out, const char *path, flinch_error *error) {
    size_t room = FLINCH__EXPANDED_MAX_BYTES - out->size;
    ssize_t got = read_file(path, out->text + out->size, room);
    if (got < 0)
        return flinch_fail(error, FLINCH_INVALID, "${file:%.200s}: %s", path, strerror(errno));
    size_t size = (size_t)got;
    if (memchr(out->text + out->size, '\0', size) != NULL)
        return flinch_fail(error, FLINCH_INVALID, "${file:%.200s}: not text (it has a NUL byte)",
                           path);
    if (size > 0 && out->text[out->size + size - 1] == '\n')
        size--;
    if (size > 0 && out->text[out->size + size - 1] == '\r')
        size--;
    out->size += size;
    return flinch_status_of(FLINCH_OK);
}

static bool is_name(const char *name) {
    if (*name == '\0' || (*name >= '0' && *name <= '9'))
        return false;
    return name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789")] ==
           '\0';
}

static flinch_status put_variable(output *out, const char *name, flinch_error *error) {
    if (!is_name(name))
        return flinch_fail(error, FLINCH_INVALID,
                           "${%.100s} is not a variable (expected ${NAME} or ${file:PATH})", name);
    const char *value = getenv(name);
    if (value == NULL)
        return flinch_fail(error, FLINCH_INVALID,
                           "environment variable %.100s is not set (expected by ${%.100s})", name,
                           name);
    return put(out, value, strlen(value), error);
}

/* `at` stands behind "${"; moves it behind the "}". */
static flinch_status put_reference(output *out, const char **at, flinch__vault *vault,
                                   flinch_error *error) {
    const char *end = strchr(*at, '}');
    if (end == NULL)
        return flinch_fail(error, FLINCH_INVALID, "\"${\" without \"}\" (write $$ for a dollar)");
    const char *name = flinch__vault_copy(vault, *at, (size_t)(end - *at));
    *at = end + 1;
    if (strncmp(name, FILE_PREFIX, sizeof FILE_PREFIX - 1) == 0)
        return put_file(out, name + sizeof FILE_PREFIX - 1, error);
    return put_variable(out, name, error);
}

static flinch_status put_all(output *out, const char *at, flinch__vault *vault,
                             flinch_error *error) {
    while (*at != '\0') {
        size_t plain = strcspn(at, "$");
        FLINCH_TRY(put(out, at, plain, error));
        at += plain;
        if (at[0] == '$' && at[1] == '$') {
            FLINCH_TRY(put(out, "$", 1, error));
            at += 2;
        } else if (at[0] == '$' && at[1] == '{') {
            at += 2;
            FLINCH_TRY(put_reference(out, &at, vault, error));
        } else if (at[0] == '$') {
            return flinch_fail(error, FLINCH_INVALID,
                               "a lone \"$\" (expected ${NAME}, ${file:PATH}, or $$ for a dollar)");
        }
    }
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__expand(const char *text, flinch__vault *vault,
                             flinch__expansion *out_expansion, flinch_error *error) {
    *out_expansion = (flinch__expansion){text, false};
    if (strchr(text, '$') == NULL)
        return flinch_status_of(FLINCH_OK);
    output out = {malloc(FLINCH__EXPANDED_MAX_BYTES), 0};
    if (out.text == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory");
    flinch_status status = put_all(&out, text, vault, error);
    if (flinch_is_ok(status)) {
        out_expansion->text = flinch__vault_copy(vault, out.text, out.size);
        out_expansion->is_hidden = strstr(text, "${") != NULL;
    }
    explicit_bzero(out.text, out.size);
    free(out.text);
    return status;
}
