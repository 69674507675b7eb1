"""The judge of what flinch published: each input offset has one score, with the bits that
`flinch score` gives on the same partition's records alone, from first to last.
"""
import collections

import parts
import stage

SHOWN = 10  # offsets of a kind that a failure names

Verdict = collections.namedtuple("Verdict", "missing doubled unknown differing")


class Broker(parts.Broker):
    """One that ends a dead worker's transaction soon after its time-out."""

    def _settings(self):
        return super()._settings() + (
            "transaction.abort.timed.out.transaction.cleanup.interval.ms=1000\n")


def _shown(offsets):
    text = ", ".join(f"{p}:{n}" for p, n in offsets[:SHOWN])
    return f"{len(offsets)} ({text}{', …' if len(offsets) > SHOWN else ''})"


def explain(verdict):
    """What is wrong, as partition:offset; empty if nothing is."""
    return "; ".join(f"{name}: {_shown(offsets)}" for name, offsets in
                     zip(Verdict._fields, verdict) if offsets)


def published(case, broker, registry, topic):
    """The scores that read_committed shows, by (partition, offset) of their record."""
    messages = stage.read(broker, f"{topic}.scores")
    found = collections.defaultdict(list)
    for message, score in zip(messages, case.decode_scores(registry, messages), strict=True):
        found[score["source"]["partition"], score["source"]["offset"]].append((message, score))
    return found


def judge(case, found, sent, settings, topic):
    """Compares the scores found with what was sent to each partition. `settings`: the configuration
    for `flinch score`."""
    schema = stage.kdd99()[0]
    verdict = Verdict([], [], sorted(at for at in found if at[1] >= len(sent[at[0]])), [])
    for p, messages in enumerate(sent):
        records = [m.value[5:] for m in messages]
        offline = case.score_offline(settings, f"{topic}-{p}", schema, records)
        if len(offline) != len(messages):
            raise AssertionError(f"{len(offline)} scores of {len(messages)} records")
        for n, (source, expected) in enumerate(zip(messages, offline)):
            scores = found.get((p, n), [])
            if not scores:
                verdict.missing.append((p, n))
            if len(scores) > 1:
                verdict.doubled.append((p, n))
            # Where a record stood is all that may differ.
            if any({**score, "source": 0} != {**expected, "source": 0} or
                   (message.partition, message.key, message.timestamp) !=
                   (p, source.key, source.timestamp) for message, score in scores):
                verdict.differing.append((p, n))
    return verdict
