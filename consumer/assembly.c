#include "consumer/assembly.h"

#include <stdlib.h>
#include <string.h>

static bool begin(flinch__assembly *assembly, const flinch__state_record *record, int64_t at) {
    char *name = realloc(assembly->name, record->stream_size + 1);
    if (name == NULL)
        return false;
    if (record->stream_size > 0)
        memcpy(name, record->stream, record->stream_size);
    assembly->name = name;
    assembly->name_size = record->stream_size;
    assembly->offset = record->offset;
    assembly->at = at;
    assembly->size = 0;
    return true;
}

static bool goes_on(const flinch__assembly *assembly, const flinch__state_record *record) {
    return assembly->next > 0 && record->chunk == assembly->next &&
           record->offset == assembly->offset && record->stream_size == assembly->name_size &&
           (record->stream_size == 0 ||
            memcmp(record->stream, assembly->name, record->stream_size) == 0);
}

static bool append(flinch__assembly *assembly, const flinch__state_record *record) {
    if (!assembly->with_bytes || record->size == 0)
        return true;
    uint8_t *bytes = realloc(assembly->bytes, assembly->size + record->size);
    if (bytes == NULL)
        return false;
    memcpy(bytes + assembly->size, record->bytes, record->size);
    assembly->bytes = bytes;
    assembly->size += record->size;
    return true;
}

bool flinch__assembly_take(flinch__assembly *assembly, const flinch__state_record *record,
                           int64_t at) {
    bool fits = record->chunk == 0 ? begin(assembly, record, at) : goes_on(assembly, record);
    assembly->next = fits && append(assembly, record) ? record->chunk + 1 : 0;
    bool whole = assembly->next == record->chunks;
    if (whole)
        assembly->next = 0;
    return whole;
}

void flinch__assembly_fini(flinch__assembly *assembly) {
    free(assembly->name);
    free(assembly->bytes);
    *assembly = (flinch__assembly){0};
}
