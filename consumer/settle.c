#include <inttypes.h>

#include "consumer/checkpoint.h"
#include "consumer/evict.h"
#include "consumer/output.h"
#include "consumer/worker_parts.h"

enum { TELL_EVERY_MS = 5000 };

static void count_published(flinch__stats *stats, const flinch__entry *entry) {
    switch (entry->outcome) {
    case FLINCH_OUTCOME_SCORE:
        atomic_fetch_add_explicit(&stats->scored[entry->score->status], 1, memory_order_relaxed);
        flinch__stats_add(stats, FLINCH_STAT_ANOMALIES, entry->score->is_anomaly);
        return;
    case FLINCH_OUTCOME_DEAD_LETTER:
        atomic_fetch_add_explicit(&stats->dead[entry->cause], 1, memory_order_relaxed);
        return;
    case FLINCH_OUTCOME_SKIP:
        flinch__stats_add(stats, FLINCH_STAT_TOMBSTONES, 1);
        return;
    }
}

static flinch_status publish_entry(flinch__worker *worker, flinch__entry *entry,
                                   flinch_error *error) {
    switch (entry->outcome) {
    case FLINCH_OUTCOME_SCORE:
        return flinch__output_score(worker->committer.producer, &worker->config, entry->message,
                                    entry->route, entry->score, error);
    case FLINCH_OUTCOME_DEAD_LETTER: {
        const flinch__letter letter = {entry->message, entry->cause, entry->detail,
                                       worker->letter_bytes};
        return flinch__output_dead_letter(worker->committer.producer, &worker->config, &letter,
                                          error);
    }
    case FLINCH_OUTCOME_SKIP:
        return flinch_status_of(FLINCH_OK);
    }
    return flinch_status_of(FLINCH_FATAL);
}

/* A dead letter that the registry's silence on a schema made is noted, so that learning again
 * passes over the record even if the registry knows the schema by then. */
static flinch_status note_outcome(flinch__worker *worker, const flinch__entry *entry,
                                  flinch_error *error) {
    flinch__partition *partition =
        flinch__partitions_find(&worker->partitions, entry->message->partition);
    if (partition == NULL)
        return flinch_status_of(FLINCH_OK);
    partition->next = entry->message->offset + 1;
    bool by_chance = entry->publish && entry->outcome == FLINCH_OUTCOME_DEAD_LETTER &&
                     entry->cause == FLINCH_CAUSE_SCHEMA_NOT_FOUND;
    if (by_chance && !flinch_is_ok(flinch__skips_add(&partition->skips, entry->message->offset)))
        return flinch_fail(error, FLINCH_FATAL, "no memory for a dead letter");
    return flinch_status_of(FLINCH_OK);
}

static flinch_status settle_entry(flinch__worker *worker, flinch__entry *entry,
                                  flinch_error *error) {
    if (entry->publish) {
        FLINCH_TRY(flinch__committer_begin(&worker->committer, error));
        FLINCH_TRY(publish_entry(worker, entry, error));
        count_published(worker->config.stats, entry);
    }
    return note_outcome(worker, entry, error);
}

void flinch__worker_tell_streams(flinch__worker *worker) {
    uint32_t held = worker->batch.feeder.router.held;
    atomic_fetch_add_explicit(&worker->config.stats->count[FLINCH_STAT_STREAMS],
                              (uint64_t)held - worker->streams_told, memory_order_relaxed);
    worker->streams_told = held;
}

/* Learning from a long past takes its time: say how far it is. */
static void tell_progress(flinch__worker *worker, int64_t now) {
    if (now < worker->told_at_ms + TELL_EVERY_MS)
        return;
    for (uint32_t i = 0; i < worker->partitions.count; i++) {
        const flinch__partition *partition = &worker->partitions.items[i];
        if (worker->told_at_ms > 0 && partition->next >= 0 &&
            partition->next < partition->publish_from)
            flinch__note(&worker->config.notes, FLINCH_NOTE_INFO, "learning",
                         "partition=%" PRId32 " offset=%" PRId64 " until=%" PRId64, partition->id,
                         partition->next, partition->publish_from);
    }
    worker->told_at_ms = now;
}

flinch_status flinch__worker_settle(flinch__worker *worker, flinch_error *error) {
    flinch_status status = flinch__batch_settle(&worker->batch, error);
    for (uint32_t i = 0; i < worker->batch.count && flinch_is_ok(status); i++)
        status = settle_entry(worker, &worker->batch.entries[i], error);
    flinch__batch_clear(&worker->batch);
    flinch__worker_tell_streams(worker);
    int64_t now = flinch__monotonic_ms();
    if (worker->commit_at_ms == 0 && worker->committer.open)
        worker->commit_at_ms = now + worker->config.commit_interval_ms;
    tell_progress(worker, now);
    return status;
}

/* A partition of which the state topic has nothing is kept with the first commit: where learning
 * began must not be found out anew. */
static bool has_unkept(const flinch__worker *worker) {
    for (uint32_t i = 0; i < worker->partitions.count; i++)
        if (worker->partitions.items[i].marker < 0 && worker->partitions.items[i].next >= 0)
            return true;
    return false;
}

static bool is_to_keep(const flinch__worker *worker, flinch__keep keep) {
    if (worker->config.state_topic == NULL || !flinch__checkpoint_differs(&worker->partitions))
        return false;
    return keep == FLINCH_KEEP_NOW || flinch__monotonic_ms() >= worker->checkpoint_at_ms ||
           (worker->committer.open && has_unkept(worker));
}

/* What the transaction is to hold beside scores: all that was learned, or what is to leave memory;
 * and the skips. */
static flinch_status write_state(flinch__worker *worker, bool all, bool leaving,
                                 flinch_error *error) {
    const flinch__worker_config *config = &worker->config;
    const flinch__router *router = &worker->batch.feeder.router;
    if (all || leaving)
        FLINCH_TRY(flinch__committer_begin(&worker->committer, error));
    rd_kafka_t *producer = worker->committer.producer;
    if (all)
        return flinch__checkpoint_write(producer, config, &worker->partitions, router, error);
    if (leaving)
        FLINCH_TRY(
            flinch__checkpoint_leaving(producer, config, &worker->partitions, router, error));
    return worker->committer.open
               ? flinch__checkpoint_skips(producer, config, &worker->partitions, error)
               : flinch_status_of(FLINCH_OK);
}

static void after_commit(flinch__worker *worker, bool all) {
    flinch__router *router = &worker->batch.feeder.router;
    flinch__checkpoint_written(&worker->partitions, router, worker->committer.told,
                               worker->committer.told_count);
    worker->committer.told_count = 0;
    if (all) {
        flinch__checkpoint_done(&worker->config, &worker->partitions);
        worker->checkpoint_at_ms = flinch__monotonic_ms() + worker->config.checkpoint_interval_ms;
    }
    flinch__stats_add(worker->config.stats, FLINCH_STAT_EVICTIONS, flinch__evict_leaving(router));
}

bool flinch__worker_is_full(const flinch__worker *worker) {
    return worker->config.state_topic != NULL &&
           worker->batch.feeder.router.bytes > worker->config.streams_memory_bytes;
}

flinch_status flinch__worker_commit(flinch__worker *worker, flinch__keep keep,
                                    flinch_error *error) {
    bool all = is_to_keep(worker, keep);
    bool full = flinch__worker_is_full(worker);
    bool leaving = false;
    worker->commit_at_ms = 0;
    if (full && !flinch__evict_choose(&worker->batch.feeder.router,
                                      worker->config.streams_memory_bytes, &leaving))
        return flinch_fail(error, FLINCH_FATAL, "no memory to choose streams that leave it");
    if (worker->config.state_topic != NULL)
        FLINCH_TRY(write_state(worker, all, leaving, error));
    FLINCH_TRY(
        flinch__committer_commit(&worker->committer, worker->consumer, &worker->partitions, error));
    worker->recoveries = 0;
    if (all || full)
        after_commit(worker, all);
    return flinch_status_of(FLINCH_OK);
}
