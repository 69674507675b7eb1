#!/usr/bin/env python3
"""Many more streams than memory holds: each leaves for the state topic and comes back, and its scores
have the bits that they have where all fits into memory.

    python3 tests/e2e/memory_test.py                          2,000 keys, memory for 200
    FLINCH_E2E_KEYS=20000 python3 tests/e2e/memory_test.py    20,000 keys, memory for 2,000
"""
import json
import os
import random
import re
import struct
import time

import stage
from parts import Broker

TOPIC = "keyed"
PARTITIONS = 2
KEYS = int(os.environ.get("FLINCH_E2E_KEYS", "2000"))
FEATURES = 10
WARMUP = 64
VISITS = (WARMUP + 6, 5, 5)  # records of a key, each time that its turn comes
SLACK_MIB = 64
SCHEMA = json.dumps({"type": "record", "name": "Sample", "fields": [
    {"name": "host", "type": "string"},
    *({"name": f"f{i}", "type": "double"} for i in range(FEATURES))]})


def records():
    """(key, bytes) in the order in which they come: all keys in turn, three times."""
    generator = random.Random(1)
    for count in VISITS:
        keys = [f"host-{k}" for k in range(KEYS)]
        generator.shuffle(keys)
        for key in keys:
            for _ in range(count):
                row = [generator.gauss(0, 1) for _ in range(FEATURES)]
                yield key, stage.text(key) + struct.pack(f"<{FEATURES}d", *row)


class MemoryTest(stage.Case):
    @classmethod
    def setUpClass(cls):
        cls.broker = cls.start(Broker)
        schema = cls.place.write("sample.avsc", SCHEMA.encode())
        cls.budget = cls._stream_kib(schema) * KEYS // 10 // 1024 + 1
        cls.settings = cls._config(schema, cls.budget)
        cls.sent = [[] for _ in range(PARTITIONS)]
        messages = []
        for i, (key, data) in enumerate(records()):
            partition = hash_of(key) % PARTITIONS
            cls.sent[partition].append(data)
            messages.append(stage.message(partition, i, key.encode(), data))
        stage.create_topic(cls.broker, TOPIC, PARTITIONS)
        stage.produce(cls.broker, TOPIC, messages)
        start = time.monotonic()
        cls.flinch = cls.run_flinch(TOPIC, cls.settings)
        cls.flinch.wait_scored(cls.broker, f"{TOPIC}-flinch", TOPIC, 1200)
        cls.peak_mib = cls._peak_mib(cls.flinch.popen.pid)
        cls.flinch.terminate(60)
        cls.figures = cls.flinch.figures()
        print(f"{KEYS} keys, {len(messages)} records in {time.monotonic() - start:.1f} s, "
              f"{cls.budget} MiB for streams, {cls.peak_mib} MiB resident at most, "
              f"{cls.figures['evictions']} evictions, {cls.figures['fetches']} fetches")

    @classmethod
    def _config(cls, schema, budget_mib):
        """librdkafka's fetch queue has a bound of its own, which is set here so that it does not hide
        what the streams take: its default, 64 MiB a partition, is for speed."""
        return cls.place.write(f"{TOPIC}-{budget_mib}.yaml", "\n".join([
            f'kafka: {{bootstrap.servers: "{cls.broker.address}", queued.max.messages.kbytes: 2048}}',
            f"input: {{topic: {TOPIC}, group: {TOPIC}-flinch, start: earliest, backlog: score, "
            f"stream: host, schema: {schema}, framing: none}}",
            f"features: [{', '.join(f'f{i}' for i in range(FEATURES))}]",
            f"detector: {{warmup: {WARMUP}}}",
            f"streams: {{memory: {budget_mib}MiB}}",
            "http: {listen: none}", ""]).encode())

    @classmethod
    def _stream_kib(cls, schema):
        """What `flinch check` says that a stream takes."""
        code, said = stage.flinch("check", cls._config(schema, 1))
        found = re.search(r"memory +(\d+) KiB a stream", said)
        if code != stage.EX_OK or not found:
            raise AssertionError(said)
        return int(found[1])

    @staticmethod
    def _peak_mib(pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            return int(re.search(r"VmHWM:\s+(\d+) kB", f.read())[1]) // 1024

    def test_streams_left_and_came_back(self):
        self.assertGreater(self.figures["evictions"], KEYS)
        self.assertGreater(self.figures["fetches"], KEYS)

    def test_resident_memory_stays_within_the_budget_and_a_slack(self):
        self.assertLessEqual(self.peak_mib, self.budget + SLACK_MIB)

    def test_scores_have_the_bits_of_streams_that_never_left(self):
        by_partition = [[] for _ in range(PARTITIONS)]
        path = os.path.join(stage.parts.ROOT, "schemas", "score.avsc")
        messages = stage.read(self.broker, f"{TOPIC}.scores")
        for m, score in zip(messages, stage.values(path, [m.value for m in messages]), strict=True):
            by_partition[m.partition].append(score)
        for p in range(PARTITIONS):
            offline = self.score_offline(self.settings, f"{TOPIC}-{p}", SCHEMA, self.sent[p])
            self.assertEqual(len(by_partition[p]), len(offline))
            for n, (one, other) in enumerate(zip(by_partition[p], offline)):
                self.assertEqual({**one, "source": 0}, {**other, "source": 0}, f"record {n} of {p}")


def hash_of(key):
    return sum(key.encode())


if __name__ == "__main__":
    stage.main()
