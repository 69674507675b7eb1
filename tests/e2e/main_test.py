#!/usr/bin/env python3
"""The main job on a real broker and a real registry: 74,016 records in 4 partitions, each scored
exactly once, with the bits that `flinch score` gives offline.

    python3 tests/e2e/main_test.py
"""
import collections
import time

import stage
from parts import Broker, Registry

TOPIC = "kdd99"
PARTITIONS = 4


def input_messages(schema_id):
    """The records, keyed by service; dealt out, since two keys would fill but two partitions."""
    return [stage.message(i % PARTITIONS, i, record.service.encode(),
                          stage.framed(schema_id, record.data))
            for i, record in enumerate(stage.kdd99()[1])]


class MainTest(stage.Case):
    @classmethod
    def setUpClass(cls):
        cls.broker = cls.start(Broker)
        cls.registry = cls.start(Registry)
        cls.settings = cls.config(TOPIC, cls.broker, cls.registry)
        schema_id = cls.registry.register(f"{TOPIC}-value", stage.kdd99()[0])
        cls.sent = input_messages(schema_id)
        stage.create_topic(cls.broker, TOPIC, PARTITIONS)
        cls._stream()
        cls.scores = stage.read(cls.broker, f"{TOPIC}.scores")
        cls.decoded = cls.decode_scores(cls.registry, cls.scores)

    @classmethod
    def _stream(cls):
        """A third of the records is there when flinch starts, the others come while it runs."""
        third = len(cls.sent) // 3
        stage.produce(cls.broker, TOPIC, cls.sent[:third])
        start = time.monotonic()
        cls.flinch = cls.run_flinch(TOPIC, cls.settings)
        stage.produce(cls.broker, TOPIC, cls.sent[third:])
        cls.flinch.wait_scored(cls.broker, f"{TOPIC}-flinch", TOPIC, 120)
        print(f"{len(cls.sent)} records in {time.monotonic() - start:.1f} s")
        cls.exit_status = cls.flinch.terminate()

    def sources(self):
        """The message that was sent, for each score."""
        parted = [self.sent[p::PARTITIONS] for p in range(PARTITIONS)]
        return [parted[d["source"]["partition"]][d["source"]["offset"]] for d in self.decoded]

    def test_every_input_offset_has_one_score(self):
        seen = collections.Counter((d["source"]["partition"], d["source"]["offset"])
                                   for d in self.decoded)
        sent = [(p, offset) for p in range(PARTITIONS)
                for offset in range(len(self.sent[p::PARTITIONS]))]

        self.assertEqual(len(sent), 74016)
        self.assertEqual(sorted(set(sent) - set(seen)), [], "without a score")
        self.assertEqual([at for at, n in seen.items() if n > 1], [], "scored twice")
        self.assertEqual(set(seen) - set(sent), set(), "scores of nothing")

    def test_a_score_has_the_key_partition_and_timestamp_of_its_record(self):
        for score, decoded, source in zip(self.scores, self.decoded, self.sources(), strict=True):
            self.assertEqual(score.partition, source.partition)
            self.assertEqual((score.timestamp, score.key), (source.timestamp, source.key))
            self.assertEqual(decoded["source"]["topic"], TOPIC)
            self.assertEqual(decoded["source"]["timestamp"], source.timestamp)

    def test_scores_of_a_partition_come_in_the_order_of_its_records(self):
        for p in range(PARTITIONS):
            offsets = [d["source"]["offset"] for d in self.decoded if d["source"]["partition"] == p]
            self.assertEqual(offsets, sorted(offsets))

    def test_scores_are_those_of_flinch_score_bit_for_bit(self):
        schema, records = stage.kdd99()
        for p in range(PARTITIONS):
            offline = self.score_offline(self.settings, f"{TOPIC}-{p}", schema,
                                         [record.data for record in records[p::PARTITIONS]])
            online = [d for d in self.decoded if d["source"]["partition"] == p]
            self.assertEqual(len(online), len(offline))
            for n, (one, other) in enumerate(zip(online, offline)):
                # Where a record stood is all that may differ.
                self.assertEqual({**one, "source": 0}, {**other, "source": 0}, f"record {n} of {p}")

    def test_scores_are_more_than_the_warm_up(self):
        statuses = collections.Counter(d["status"] for d in self.decoded)

        self.assertEqual(statuses["WARMUP"], PARTITIONS * 256)
        self.assertEqual(statuses["OK"], len(self.sent) - PARTITIONS * 256)
        self.assertTrue(any(d["is_anomaly"] and d["reasons"] for d in self.decoded))

    def test_nothing_is_a_dead_letter(self):
        self.assertEqual(stage.read(self.broker, f"{TOPIC}.dlq"), [])

    def test_sigterm_ends_it_with_exit_status_0(self):
        self.assertEqual(self.exit_status, 0, self.flinch.output()[-4000:])
        self.assertEqual(self.flinch.figures()["scored"], len(self.sent))


if __name__ == "__main__":
    stage.main()
