/* Detectors by name: the built-in one, or a shared object by its explicit path. A detector is code
 * with all rights of this process, so the path is checked first; folders are never searched. */
#ifndef FLINCH_HOST_LOADER_H
#define FLINCH_HOST_LOADER_H

#include "flinch/detector.h"
#include "flinch/status.h"

typedef struct flinch__loader {
    const flinch_detector_api *api;
    void *library; /* of a loaded detector, else NULL */
} flinch__loader;

/* `path` NULL: the built-in detector called `type`. Else the file must be absolute, regular, owned
 * by root or by us, writable by nobody else, and export a detector of our ABI whose id is `type`.
 * INVALID or MISMATCH with text. [main] */
FLINCH_MUST_CHECK flinch_status flinch__loader_open(const char *type, const char *path,
                                                    flinch__loader *out_loader,
                                                    flinch_error *error);
/* After the last of its detectors was destroyed. */
void flinch__loader_close(flinch__loader *loader);

#endif
