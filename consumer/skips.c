#include "consumer/skips.h"

#include <stdlib.h>

#include "schemas/avro_io.h"

enum { RUN_BYTES = 20 }; /* two longs */

static flinch_status add_run(flinch__skips *skips, flinch__skip_run run) {
    if (skips->count == skips->capacity) {
        uint32_t capacity = skips->capacity == 0 ? 8 : 2 * skips->capacity;
        flinch__skip_run *runs = realloc(skips->runs, capacity * sizeof *runs);
        if (runs == NULL)
            return flinch_status_of(FLINCH_NO_MEMORY);
        skips->runs = runs;
        skips->capacity = capacity;
    }
    skips->runs[skips->count++] = run;
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__skips_add(flinch__skips *skips, int64_t offset) {
    skips->changed = true;
    if (skips->count > 0) {
        flinch__skip_run *last = &skips->runs[skips->count - 1];
        if (offset < last->first + last->count)
            return flinch_status_of(FLINCH_OK); /* read again */
        if (offset == last->first + last->count) {
            last->count++;
            return flinch_status_of(FLINCH_OK);
        }
    }
    return add_run(skips, (flinch__skip_run){offset, 1});
}

bool flinch__skips_contain(const flinch__skips *skips, int64_t offset) {
    uint32_t low = 0;
    uint32_t high = skips->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const flinch__skip_run *run = &skips->runs[middle];
        if (offset < run->first)
            high = middle;
        else if (offset >= run->first + run->count)
            low = middle + 1;
        else
            return true;
    }
    return false;
}

bool flinch__skips_reach(const flinch__skips *skips, int64_t offset) {
    if (skips->count == 0)
        return false;
    const flinch__skip_run *last = &skips->runs[skips->count - 1];
    return last->first + last->count > offset;
}

void flinch__skips_clear(flinch__skips *skips) {
    skips->count = 0;
    skips->changed = false;
}

void flinch__skips_fini(flinch__skips *skips) {
    free(skips->runs);
    *skips = (flinch__skips){0};
}

size_t flinch__skips_saved_bytes(const flinch__skips *skips) {
    return (size_t)skips->count * RUN_BYTES;
}

size_t flinch__skips_save(const flinch__skips *skips, uint8_t *bytes, size_t capacity) {
    uint8_t *const end = bytes + capacity;
    flinch__avro_writer w = {.at = bytes, .end = end};
    int64_t before = 0;
    for (uint32_t i = 0; i < skips->count; i++) {
        flinch__put_long(&w, skips->runs[i].first - before);
        flinch__put_long(&w, skips->runs[i].count);
        before = skips->runs[i].first + skips->runs[i].count;
    }
    return (size_t)(w.at - bytes);
}

flinch_status flinch__skips_load(flinch__skips *skips, const uint8_t *bytes, size_t size) {
    flinch__avro_reader r = {.at = bytes, .end = bytes + size};
    int64_t before = 0;
    flinch_status status = flinch_status_of(FLINCH_OK);
    flinch__skips_clear(skips);
    while (r.at < r.end && !r.bad && flinch_is_ok(status)) {
        int64_t gap = flinch__get_long(&r);
        int64_t count = flinch__get_long(&r);
        if (r.bad || gap < 0 || count < 1 || gap > INT64_MAX - before ||
            count > INT64_MAX - before - gap) {
            status = flinch_status_of(FLINCH_BAD_DATA);
            break;
        }
        status = add_run(skips, (flinch__skip_run){before + gap, count});
        before += gap + count;
    }
    if (!flinch_is_ok(status))
        flinch__skips_clear(skips);
    skips->kept = skips->count > 0;
    return status;
}
