"""The mutants: what each breaks, the edits that break it, and the tests that must see it.

An edit is (file, text, replacement); the text must stand in the file exactly once, so that a mutant
that no longer fits its source is told and not passed over. Tests are named as ctest names them.
"""
import os
from typing import NamedTuple


class Mutant(NamedTuple):
    name: str
    breaks: str
    edits: tuple
    tests: tuple


# A producer beside the worker's, whose messages are in no transaction.
_OUTSIDE = """static rd_kafka_t *outside(const flinch__worker_config *config) {
    static rd_kafka_t *made;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (uint32_t i = 0; i < config->property_count; i++)
        rd_kafka_conf_set(conf, config->properties[i].name, config->properties[i].value, NULL, 0);
    made = made != NULL ? made : rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    return made;
}

"""

MUTANTS = (
    Mutant(
        "offsets-by-position",
        "offsets are those that the client gave out, not those of records with an outcome",
        (("consumer/commit.c",
          "offsets_of(committer, partitions);\n",
          "offsets_of(committer, partitions);\n    rd_kafka_position(consumer, offsets);\n"),),
        ("consumer/commit",)),
    Mutant(
        "dead-letters-outside",
        "dead letters are not in the transaction of their offsets",
        (("consumer/output.c",
          "static flinch_status send_letter(",
          _OUTSIDE + "static flinch_status send_letter("),
         ("consumer/output.c",
          "    flinch_status status = produce(producer, vus, sizeof vus / sizeof *vus, error);\n"
          "    if (!flinch_is_ok(status))\n        rd_kafka_headers_destroy(headers);",
          "    flinch_status status =\n"
          "        produce(outside(config), vus, sizeof vus / sizeof *vus, error);\n"
          "    if (!flinch_is_ok(status))\n        rd_kafka_headers_destroy(headers);")),
        ("consumer/settle",)),
    Mutant(
        "state-outside",
        "what was learned is not in the transaction of its scores",
        (("consumer/output.c",
          "flinch_status flinch__output_state(",
          _OUTSIDE + "flinch_status flinch__output_state("),
         ("consumer/output.c",
          ".u.ptr = tag},\n    };\n    return produce(producer,",
          ".u.ptr = tag},\n    };\n    return produce(outside(config),")),
        ("consumer/settle",)),
    Mutant(
        "leaves-uncommitted",
        "partitions go without a commit and a checkpoint of what was done",
        (("consumer/recovery.c",
          "status = flinch__worker_commit(worker, FLINCH_KEEP_NOW, &error);",
          "status = flinch_status_of(FLINCH_OK);"),),
        ("consumer/recovery",)),
    Mutant(
        "skip-note-dropped",
        "that a record was passed over is forgotten, and it is learned from after a crash",
        (("consumer/settle.c",
          "if (by_chance && !flinch_is_ok(flinch__skips_add(&partition->skips, "
          "entry->message->offset)))",
          "if (by_chance && partition->id < 0)"),),
        ("consumer/recovery",)),
    Mutant(
        "wait-passes-over",
        "a record that waits for the registry is passed over",
        (("consumer/worker.c",
          "list, worker->config.topic, partition->id)->offset = offset;",
          "list, worker->config.topic, partition->id)->offset = offset + 1;"),),
        ("consumer/worker",)),
    Mutant(
        "chunks-mixed",
        "chunks of two states of a stream make one",
        (("consumer/assembly.c",
          "record->offset == assembly->offset && record->stream_size",
          "record->stream_size"),),
        ("consumer/restore",)),
    Mutant(
        "no-rewind",
        "after an abort the records of it are not read again",
        # Resuming alone makes librdkafka fetch anew, too.
        (("consumer/recovery.c",
          "    rd_kafka_resume_partitions(worker->consumer, list);\n"
          "    flinch_status status = fetch_from(worker, list, error);",
          "    flinch_status status = flinch_status_of(FLINCH_OK);"),),
        ("consumer/worker",)),
    Mutant(
        "learned-twice",
        "after an abort the streams stay as the aborted records made them",
        (("consumer/recovery.c", "    flinch__batch_drop(&worker->batch, -1);\n",
          "    flinch__batch_clear(&worker->batch);\n"),
         ("consumer/restore.c",
          "    flinch__router_drop(router, partition->id);\n"
          "    flinch__skips_clear(&partition->skips);\n    partition->marker = -1;",
          "    flinch__skips_clear(&partition->skips);\n    partition->marker = -1;")),
        ("consumer/worker",)),
    Mutant(
        "learns-early",
        "a tile is learned from before it is full",
        (("consumer/feeder.c", "slot + 1 == T ?", "slot + 2 == T ?"),),
        ("consumer/feeder",)),
    Mutant(
        "score-mutates",
        "a score moves the detector's generator, so that bits depend on how often it was asked",
        (("model/cae_detector.c",
          "    forward(detector, tile->values, w);\n    for (size_t t = tile->first;",
          "    forward(detector, tile->values, w);\n    flinch__random_next(detector->random);\n"
          "    for (size_t t = tile->first;"),),
        ("model/stream", "consumer/feeder")),
    Mutant(
        "relearn-skipped",
        "what lies between the marker and the committed offset is not learned again",
        (("consumer/positions.c",
          "partition->learn_from = start < publish ? start : publish;",
          "partition->learn_from = publish;"),),
        ("consumer/positions", "consumer/recovery")),
    Mutant(
        "marker-off-by-one",
        "the marker stands one record behind what the streams hold",
        (("consumer/checkpoint.c", "return send_marker(w, partition->next);",
          "return send_marker(w, partition->next + 1);"),),
        ("consumer/checkpoint",)),
    Mutant(
        "checksum-unchecked",
        "a state record with a flipped bit is taken",
        (("schemas/state_codec.c", "if (crc != (int64_t)flinch__checksum(bytes, covered))",
          "if (crc < 0)"),),
        ("schemas/state_codec", "consumer/checkpoint")),
    Mutant(
        "fingerprint-unchecked",
        "the state of another feature list or detector is loaded",
        (("model/stream_state.c", "if (lead.fingerprint != blueprint->fingerprint)",
          "if (lead.fingerprint == 0)"),),
        ("model/stream",)),
    Mutant(
        "broken-state-in-part",
        "of a state with a broken record the others are used",
        (("consumer/restore.c", "if (r->marker < 0 || !flinch_is_ok(r->loaded)) {",
          "if (r->marker < 0) {"),),
        ("consumer/checkpoint",)),
    Mutant(
        "evicted-unstored",
        "a stream leaves memory without being written to the state topic",
        (("consumer/checkpoint.c",
          "status = write_streams(&w, &partitions->items[i], router, true);",
          "status = flinch_status_of(FLINCH_OK);"),
         ("consumer/evict.c",
          "if (route->leaving && !route->changed && route->kept_at >= 0) {",
          "if (route->leaving) {")),
        ("consumer/checkpoint",)),
    Mutant(
        "known-learned-again",
        "a record that its stream knows from before is learned again",
        (("consumer/feeder.c", "if (feed->offset < route->known_to)",
          "if (feed->offset < route->known_to - 1)"),),
        ("consumer/checkpoint",)),
    Mutant(
        "registry-fault-buried",
        "a record becomes a dead letter because the registry does not answer",
        (("consumer/batch.c",
          "        return flinch_fail(error, status.code, \"%s\", detail.text);",
          "        batch->count++;\n"
          "        return bury(entry, FLINCH_CAUSE_SCHEMA_NOT_FOUND, detail.text, error);"),),
        ("consumer/batch", "consumer/worker")),
    Mutant(
        "fatal-retried",
        "an error that librdkafka calls fatal is taken for one that passes",
        (("consumer/commit.c",
          "    if (rd_kafka_error_is_fatal(error))\n        return FLINCH_REMEDY_STOP;",
          "    if (rd_kafka_error_is_fatal(error))\n        return FLINCH_REMEDY_RECOVER;"),),
        ("consumer/faults",)),
    Mutant(
        "refused-score-committed",
        "at least once: offsets are committed although a score was refused",
        (("consumer/commit.c",
          "err = committer->refusal.code;\n",
          ";\n"),),
        ("consumer/commit",)),
)


def _edited(root, mutant):
    """Path → text with the mutant's edits; complaints where one does not fit."""
    texts, complaints = {}, []
    for path, old, new in mutant.edits:
        if path not in texts:
            try:
                with open(os.path.join(root, path), encoding="utf-8") as f:
                    texts[path] = f.read()
            except OSError:
                texts[path] = ""
        found = texts[path].count(old)
        if found != 1:
            complaints.append(f"mutant {mutant.name}: its text stands {found} times in {path}: "
                              f"{old.strip().splitlines()[0]}")
        texts[path] = texts[path].replace(old, new)
    return texts, complaints


def apply(root, mutant):
    """Edits the tree; returns the texts that were there, to be written back."""
    texts, complaints = _edited(root, mutant)
    if complaints:
        raise ValueError(complaints[0])
    before = {}
    for path, text in texts.items():
        full = os.path.join(root, path)
        with open(full, encoding="utf-8") as f:
            before[path] = f.read()
        write(root, path, text)
    return before


def write(root, path, text):
    with open(os.path.join(root, path), "w", encoding="utf-8") as f:
        f.write(text)


def check(root, mutants=MUTANTS):
    """Complaints on mutants that no longer fit the tree or name a test that is not there."""
    complaints = []
    for mutant in mutants:
        complaints += _edited(root, mutant)[1]
        for test in mutant.tests:
            if not os.path.exists(os.path.join(root, "tests", test + "_test.c")):
                complaints.append(f"mutant {mutant.name}: there is no test {test}")
    return complaints
