#include "plugin/host/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/cae_detector.h"

static flinch_status check_owner(const char *path, const struct stat *info, flinch_error *error) {
    if (info->st_uid != 0 && info->st_uid != geteuid())
        return flinch_fail(error, FLINCH_INVALID,
                           "detector.path: %.300s belongs to user %u (expected root or user %u)",
                           path, (unsigned)info->st_uid, (unsigned)geteuid());
    if ((info->st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return flinch_fail(error, FLINCH_INVALID,
                           "detector.path: %.300s can be written by others (expected mode 0755)",
                           path);
    return flinch_status_of(FLINCH_OK);
}

static flinch_status check_file(const char *path, flinch_error *error) {
    struct stat info;
    if (path[0] != '/')
        return flinch_fail(error, FLINCH_INVALID,
                           "detector.path: \"%.300s\" is not an absolute path", path);
    if (lstat(path, &info) != 0)
        return flinch_fail(error, FLINCH_INVALID, "detector.path: %.300s: %s", path,
                           strerror(errno));
    if (!S_ISREG(info.st_mode))
        return flinch_fail(error, FLINCH_INVALID, "detector.path: %.300s is not a regular file",
                           path);
    return check_owner(path, &info, error);
}

/* The vtable may be longer than ours, if its ABI grew; never shorter. */
static flinch_status check_api(const flinch_detector_api *api, const char *type,
                               flinch_error *error) {
    if (api == NULL)
        return flinch_fail(error, FLINCH_MISMATCH,
                           "detector.path: the detector does not know ABI version %u",
                           FLINCH_DETECTOR_ABI);
    if (api->size < sizeof *api)
        return flinch_fail(error, FLINCH_MISMATCH,
                           "detector.path: the detector's table has %u bytes (expected %zu)",
                           api->size, sizeof *api);
    bool is_whole = api->id != NULL && api->version != NULL && api->create != NULL &&
                    api->destroy != NULL && api->scratch_bytes != NULL && api->ready != NULL &&
                    api->score != NULL && api->learn != NULL && api->saved_bytes != NULL &&
                    api->save != NULL && api->load != NULL && api->extension != NULL;
    if (!is_whole)
        return flinch_fail(error, FLINCH_MISMATCH,
                           "detector.path: the detector's table has empty members");
    if (strcmp(api->id, type) != 0)
        return flinch_fail(error, FLINCH_MISMATCH,
                           "detector.type: \"%.60s\", but the file holds \"%.60s\"", type, api->id);
    return flinch_status_of(FLINCH_OK);
}

static flinch_status find_api(void *library, const char *type, flinch__loader *loader,
                              flinch_error *error) {
    void *symbol = dlsym(library, FLINCH_DETECTOR_ENTRY);
    if (symbol == NULL)
        return flinch_fail(error, FLINCH_MISMATCH,
                           "detector.path: the file does not export " FLINCH_DETECTOR_ENTRY);
    /* ISO C has no cast from object to function pointer; POSIX promises that this works. */
    flinch_detector_entry_fn entry;
    memcpy(&entry, &symbol, sizeof entry);
    const flinch_detector_api *api = entry(FLINCH_DETECTOR_ABI);
    FLINCH_TRY(check_api(api, type, error));
    *loader = (flinch__loader){api, library};
    return flinch_status_of(FLINCH_OK);
}

static flinch_status open_builtin(const char *type, flinch__loader *loader, flinch_error *error) {
    const flinch_detector_api *api = flinch__cae_detector();
    if (strcmp(api->id, type) != 0)
        return flinch_fail(
            error, FLINCH_INVALID,
            "detector.type: \"%.60s\" is not built in (expected %s, or detector.path "
            "with a shared object)",
            type, api->id);
    *loader = (flinch__loader){api, NULL};
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__loader_open(const char *type, const char *path, flinch__loader *out_loader,
                                  flinch_error *error) {
    *out_loader = (flinch__loader){NULL, NULL};
    if (path == NULL)
        return open_builtin(type, out_loader, error);
    FLINCH_TRY(check_file(path, error));
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return flinch_fail(error, FLINCH_INVALID, "detector.path: %.400s", dlerror());
    flinch_status status = find_api(library, type, out_loader, error);
    if (!flinch_is_ok(status))
        dlclose(library);
    return status;
}

void flinch__loader_close(flinch__loader *loader) {
    if (loader->library != NULL)
        dlclose(loader->library);
    *loader = (flinch__loader){NULL, NULL};
}
