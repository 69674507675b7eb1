#include "consumer/feeder.h"

#include <stdio.h>
#include <stdlib.h>

enum { T = FLINCH_TILE_ROWS };

flinch_status flinch__feeder_init(flinch__feeder *feeder, const flinch__blueprint *blueprint,
                                  flinch_error *error) {
    *feeder = (flinch__feeder){.router = {.blueprint = blueprint}};
    feeder->scores = calloc(FLINCH__FEEDER_ROWS, sizeof *feeder->scores);
    feeder->touched = calloc(FLINCH__FEEDER_ROWS, sizeof(flinch__route *));
    feeder->scratch = aligned_alloc(64, flinch__blueprint_scratch_bytes(blueprint));
    if (feeder->scores != NULL && feeder->touched != NULL && feeder->scratch != NULL)
        return flinch_status_of(FLINCH_OK);
    flinch__feeder_fini(feeder);
    return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for a worker's rows");
}

void flinch__feeder_fini(flinch__feeder *feeder) {
    flinch__router_fini(&feeder->router);
    free(feeder->scores);
    free(feeder->touched);
    free(feeder->scratch);
    *feeder = (flinch__feeder){0};
}

/* Scores the slots of a route's open tile that have no score. */
static flinch_status score_route(flinch__feeder *feeder, flinch__route *route,
                                 flinch_error *error) {
    flinch_score scores[FLINCH_TILE_ROWS];
    uint32_t filled = flinch__stream_filled(route->stream);
    flinch_status status =
        flinch__stream_score(route->stream, route->scored, feeder->scratch, scores);
    if (!flinch_is_ok(status))
        return flinch_fail(error, FLINCH_FATAL, "the detector failed to score: %s",
                           flinch_code_name(status.code));
    for (uint32_t slot = route->scored; slot < filled; slot++)
        feeder->scores[route->index_of[slot]] = scores[slot];
    route->scored = filled;
    return status;
}

static flinch_status close_tile(flinch__feeder *feeder, flinch__route *route, flinch_error *error) {
    FLINCH_TRY(score_route(feeder, route, error));
    flinch_status status = flinch__stream_learn(route->stream, feeder->scratch);
    if (!flinch_is_ok(status))
        return flinch_fail(error, FLINCH_FATAL, "the detector failed to learn: %s",
                           flinch_code_name(status.code));
    route->scored = 0;
    return status;
}

/* A record that its stream has learned from before: scored if that is asked for, not learned again.
 */
static flinch_status glance(flinch__feeder *feeder, flinch__route *route, const flinch__feed *feed,
                            flinch_error *error) {
    if (feed->unpublished)
        return flinch_status_of(FLINCH_OK);
    flinch_status status = flinch__stream_glance(route->stream, feed->inputs, feed->timestamp_ms,
                                                 feeder->scratch, &feeder->scores[feed->index]);
    if (!flinch_is_ok(status))
        return flinch_fail(error, FLINCH_FATAL, "the detector failed to score: %s",
                           flinch_code_name(status.code));
    return status;
}

flinch_status flinch__feeder_feed(flinch__feeder *feeder, const flinch__feed *feed,
                                  flinch__route **out_route, flinch_error *error) {
    FLINCH_TRY(flinch__router_find(&feeder->router, feed->partition, feed->name, feed->name_size,
                                   out_route, error));
    flinch__route *route = *out_route;
    if (route->stream == NULL)
        FLINCH_TRY(feeder->fetch(feeder->fetch_context, route, error));
    if (feed->offset < route->known_to)
        return glance(feeder, route, feed, error);
    route->changed = true;
    uint32_t slot = flinch__stream_filled(route->stream);
    if (slot == route->scored)
        feeder->touched[feeder->touched_count++] = route;
    flinch__stream_push(route->stream, feed->inputs, feed->timestamp_ms);
    route->index_of[slot] = feed->index;
    return slot + 1 == T ? close_tile(feeder, route, error) : flinch_status_of(FLINCH_OK);
}

flinch_status flinch__feeder_settle(flinch__feeder *feeder, flinch_error *error) {
    for (uint32_t i = 0; i < feeder->touched_count; i++)
        FLINCH_TRY(score_route(feeder, feeder->touched[i], error));
    feeder->touched_count = 0;
    return flinch_status_of(FLINCH_OK);
}

void flinch__feeder_drop(flinch__feeder *feeder, int32_t partition) {
    /* A row that waits in a stream that stays has lost its place in `scores`. */
    for (uint32_t i = 0; i < feeder->touched_count; i++)
        feeder->touched[i]->scored = flinch__stream_filled(feeder->touched[i]->stream);
    feeder->touched_count = 0;
    flinch__router_drop(&feeder->router, partition);
}

void flinch__capture_name(const flinch__capture *capture, char *text, size_t size,
                          const void **out_name, size_t *out_size) {
    *out_name = text;
    *out_size = 0;
    if (capture->kind == FLINCH_CAPTURE_NUMBER) {
        *out_size = (size_t)snprintf(text, size, "%.17g", capture->number);
    } else if (capture->kind == FLINCH_CAPTURE_TEXT) {
        *out_name = capture->text;
        *out_size = capture->text_size;
    }
}
