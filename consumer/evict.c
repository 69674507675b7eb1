#include "consumer/evict.h"

#include <stdlib.h>

static int by_use(const void *a, const void *b) {
    uint64_t x = (*(flinch__route *const *)a)->used;
    uint64_t y = (*(flinch__route *const *)b)->used;
    return (x > y) - (x < y);
}

bool flinch__evict_choose(flinch__router *router, uint64_t budget, bool *out_changed) {
    *out_changed = false;
    if (router->bytes <= budget)
        return true;
    flinch__route **held = calloc(router->count, sizeof(flinch__route *));
    if (held == NULL)
        return false;
    uint32_t count = 0;
    uint32_t cursor = 0;
    for (flinch__route *route; (route = flinch__router_next(router, &cursor)) != NULL;)
        if (route->stream != NULL)
            held[count++] = route;
    qsort(held, count, sizeof(flinch__route *), by_use);
    uint64_t left = router->bytes;
    for (uint32_t i = 0; i < count && left > budget - budget / 10; i++) {
        held[i]->leaving = true;
        left -= held[i]->bytes;
        *out_changed = *out_changed || held[i]->changed;
    }
    free(held);
    return true;
}

uint32_t flinch__evict_leaving(flinch__router *router) {
    uint32_t gone = 0;
    uint32_t cursor = 0;
    for (flinch__route *route; (route = flinch__router_next(router, &cursor)) != NULL;) {
        if (route->leaving && !route->changed && route->kept_at >= 0) {
            flinch__router_set(router, route, NULL);
            gone++;
        }
        route->leaving = false;
    }
    return gone;
}
