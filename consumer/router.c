#include "consumer/router.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(int32_t partition, const void *name, size_t size) {
    const unsigned char *at = name;
    uint64_t hash = UINT64_C(0xCBF29CE484222325) ^ (uint64_t)(uint32_t)partition;
    hash *= UINT64_C(0x100000001B3);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001B3);
    return hash;
}

/* The slot that holds the name, or the free one where it belongs. */
static flinch__route **probe(const flinch__router *router, uint64_t hash, int32_t partition,
                             const void *name, size_t size) {
    uint32_t mask = router->capacity - 1;
    uint32_t i = (uint32_t)hash & mask;
    for (;; i = (i + 1) & mask) {
        const flinch__route *route = router->slots[i];
        if (route == NULL)
            return &router->slots[i];
        if (route->hash == hash && route->partition == partition && route->name_size == size &&
            memcmp(route->name, name, size) == 0)
            return &router->slots[i];
    }
}

/* Puts the routes of `old` into a table of new capacity. */
static flinch_status rehash(flinch__router *router, uint32_t capacity) {
    flinch__route **old = router->slots;
    uint32_t old_capacity = router->capacity;
    flinch__route **slots = calloc(capacity, sizeof(flinch__route *));
    if (slots == NULL)
        return flinch_status_of(FLINCH_NO_MEMORY);
    router->slots = slots;
    router->capacity = capacity;
    for (uint32_t i = 0; i < old_capacity; i++)
        if (old[i] != NULL)
            *probe(router, old[i]->hash, old[i]->partition, old[i]->name, old[i]->name_size) =
                old[i];
    free(old);
    return flinch_status_of(FLINCH_OK);
}

static void free_route(flinch__route *route) {
    if (route == NULL)
        return;
    flinch__stream_free(route->stream);
    free(route->name);
    free(route);
}

/* A route without a stream; NULL where there is no memory. */
static flinch__route *new_route(uint64_t hash, int32_t partition, const void *name, size_t size) {
    flinch__route *route = calloc(1, sizeof *route);
    if (route == NULL)
        return NULL;
    route->hash = hash;
    route->kept_at = -1;
    route->partition = partition;
    route->name = malloc(size + 1);
    route->name_size = size;
    if (route->name == NULL) {
        free_route(route);
        return NULL;
    }
    memcpy(route->name, name, size);
    return route;
}

static bool is_utf8(const unsigned char *s, size_t size) {
    for (size_t i = 0; i < size;) {
        size_t more = s[i] < 0x80 ? 0 : (s[i] >> 5) == 6 ? 1 : (s[i] >> 4) == 14 ? 2 : 3;
        if (more == 3 && (s[i] >> 3) != 30)
            return false;
        if (more >= size - i)
            return false;
        for (size_t k = 1; k <= more; k++)
            if ((s[i + k] >> 6) != 2)
                return false;
        i += more + 1;
    }
    return true;
}

void flinch__router_set(flinch__router *router, flinch__route *route, flinch__stream *stream) {
    router->bytes -= route->bytes;
    router->held -= route->stream != NULL;
    flinch__stream_free(route->stream);
    route->stream = stream;
    router->held += stream != NULL;
    route->bytes = stream == NULL ? 0 : flinch__stream_bytes(stream);
    route->scored = stream == NULL ? 0 : flinch__stream_filled(stream);
    router->bytes += route->bytes;
}

flinch_status flinch__router_place(flinch__router *router, int32_t partition, const void *name,
                                   size_t size, flinch__route **out_route, flinch_error *error) {
    *out_route = NULL;
    if (4 * (router->count + 1) > 3 * router->capacity) {
        flinch_status grown = rehash(router, router->capacity == 0 ? 16 : 2 * router->capacity);
        if (!flinch_is_ok(grown))
            return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for the table of streams");
    }
    uint64_t hash = hash_of(partition, name, size);
    flinch__route **slot = probe(router, hash, partition, name, size);
    flinch__route *route = *slot;
    if (route == NULL) {
        route = new_route(hash, partition, name, size);
        if (route == NULL)
            return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a stream");
        route->id = ++router->ids;
        *slot = route;
        router->count++;
    }
    route->used = ++router->clock;
    *out_route = route;
    return flinch_status_of(FLINCH_OK);
}

flinch__route *flinch__router_look(const flinch__router *router, int32_t partition,
                                   const void *name, size_t name_size) {
    if (router->capacity == 0)
        return NULL;
    return *probe(router, hash_of(partition, name, name_size), partition, name, name_size);
}

/* The route of a name that is text; one that is new to the state topic, too, gets a new stream. */
static flinch_status find_text(flinch__router *router, int32_t partition, const void *name,
                               size_t size, flinch__route **out_route, flinch_error *error) {
    FLINCH_TRY(flinch__router_place(router, partition, name, size, out_route, error));
    flinch__route *route = *out_route;
    assert(route != NULL);
    if (route->stream != NULL || route->kept_at >= 0)
        return flinch_status_of(FLINCH_OK);
    flinch__stream *stream = NULL;
    FLINCH_TRY(
        flinch__stream_new(router->blueprint, route->name, route->name_size, &stream, error));
    flinch__router_set(router, route, stream);
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__router_find(flinch__router *router, int32_t partition, const void *name,
                                  size_t name_size, flinch__route **out_route,
                                  flinch_error *error) {
    *out_route = NULL;
    if (name_size == 0)
        name = "";
    if (is_utf8(name, name_size))
        return find_text(router, partition, name, name_size, out_route, error);

    static const char DIGITS[] = "0123456789abcdef";
    char *hex = malloc(2 * name_size);
    if (hex == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a stream's name");
    for (size_t i = 0; i < name_size; i++) {
        unsigned char byte = ((const unsigned char *)name)[i];
        hex[2 * i] = DIGITS[byte >> 4];
        hex[2 * i + 1] = DIGITS[byte & 15];
    }
    flinch_status status = find_text(router, partition, hex, 2 * name_size, out_route, error);
    free(hex);
    return status;
}

flinch__route *flinch__router_next(const flinch__router *router, uint32_t *cursor) {
    while (*cursor < router->capacity) {
        flinch__route *route = router->slots[(*cursor)++];
        if (route != NULL)
            return route;
    }
    return NULL;
}

/* Closes the holes that removed routes left. Begins behind a free slot, so that every route is
 * placed again after those that stand before it in its chain. */
static void close_holes(flinch__router *router) {
    uint32_t mask = router->capacity - 1;
    uint32_t start = 0;
    while (router->slots[start] != NULL)
        start++;
    for (uint32_t i = 1; i <= mask; i++) {
        flinch__route **slot = &router->slots[(start + i) & mask];
        flinch__route *route = *slot;
        if (route == NULL)
            continue;
        *slot = NULL;
        *probe(router, route->hash, route->partition, route->name, route->name_size) = route;
    }
}

void flinch__router_drop(flinch__router *router, int32_t partition) {
    if (router->count == 0)
        return;
    for (uint32_t i = 0; i < router->capacity; i++) {
        flinch__route *route = router->slots[i];
        if (route == NULL || (partition >= 0 && route->partition != partition))
            continue;
        flinch__router_set(router, route, NULL);
        free_route(route);
        router->slots[i] = NULL;
        router->count--;
    }
    close_holes(router);
}

void flinch__router_fini(flinch__router *router) {
    flinch__router_drop(router, -1);
    free(router->slots);
    *router = (flinch__router){0};
}
