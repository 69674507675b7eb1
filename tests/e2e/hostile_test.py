#!/usr/bin/env python3
"""Bad records on a real broker: each has the outcome that schemas/README.md states, and the records
around them are scored with the bits that they have without them.

    python3 tests/e2e/hostile_test.py
"""
import json
import struct

import stage
from parts import Broker, Registry

TOPIC = "hostile"
GROUP = f"{TOPIC}-flinch"
PARTITIONS = 2
RECORDS = 1000  # good ones in each partition
TILE = 32
WARM_UP = 256
FIELD = "serror_rate"  # the feature that is masked; a double
UNKNOWN_ID = 987654

# Before which good records of a partition the bad ones come: at the start, about the ends of tiles
# and of the warm-up, in a row, at the end.
PLACES = (0, 1, 31, 32, 33, 100, 255, 256, 257, 511, 512, 777, 777, 777, 900, 999, RECORDS)
# Which good records lose a feature. In partition 1 none does before the model is ready.
MASKED = ((5, 64, 200, 300, 448, 479, 700, 998), (300, 319, 480, 600, 601, 602))


def skip_varint(data, at):
    while data[at] & 0x80:
        at += 1
    return at + 1


def take_varint(data, at):
    end = skip_varint(data, at)
    raw = sum((byte & 0x7F) << 7 * i for i, byte in enumerate(data[at:end]))
    return (raw >> 1) ^ -(raw & 1), end


def split(schema, data):
    """A flat record as field → its bytes."""
    fields, at = {}, 0
    for field in json.loads(schema)["fields"]:
        kind, end = field["type"]["type"], at
        if kind == "double":
            end += 8
        elif kind == "string":
            size, end = take_varint(data, at)
            end += size
        else:
            end = skip_varint(data, at)
        fields[field["name"]], at = data[at:end], end
    return fields


def with_field(schema, data, raw):
    return b"".join({**split(schema, data), FIELD: raw}.values())


def schema_with(schema, kind):
    """The schema with another type for FIELD; None: without it."""
    parsed = json.loads(schema)
    parsed["fields"] = [{**f, "type": kind} if f["name"] == FIELD else f for f in parsed["fields"]
                        if f["name"] != FIELD or kind]
    return json.dumps(parsed)


class Ids:
    """The schemas of the test, in the registry."""

    def __init__(self, registry, schema):
        self.good = registry.register(f"{TOPIC}-value", schema)
        self.string = registry.register("string-value", schema_with(schema, "string"))
        self.nullable = registry.register("null-value", schema_with(schema, ["null", "double"]))
        self.without = registry.register("without-value", schema_with(schema, None))
        other = {"type": "record", "name": "Other", "fields": [{"name": "x", "type": "double"}]}
        self.no_feature = registry.register("other-value", json.dumps(other))


def masked_values(ids, schema, data):
    """The ways in which FIELD may come without a number: counter of flinch → value."""
    def double(number):
        return stage.framed(ids.good, with_field(schema, data, struct.pack("<d", number)))
    return (
        ("non_finite", double(float("nan"))),
        ("non_finite", double(float("inf"))),
        ("non_finite", double(float("-inf"))),
        ("wrong_type", stage.framed(ids.string, with_field(schema, data, stage.text("0.5")))),
        ("missing", stage.framed(ids.nullable, with_field(schema, data, stage.varint(0)))),
        ("missing", stage.framed(ids.without, with_field(schema, data, b""))),
    )


def dead_values(ids, data):
    """Values that cannot be read: (cause, what its text names, value)."""
    good = stage.framed(ids.good, data)
    head = good[:5]
    return (
        ("BAD_MAGIC", "first byte is 1", b"\x01" + good[1:]),
        ("SCHEMA_NOT_FOUND", str(UNKNOWN_ID), stage.framed(UNKNOWN_ID, data)),
        ("SCHEMA_REJECTED", str(ids.no_feature),
         stage.framed(ids.no_feature, struct.pack("<d", 1.0))),
        ("TRUNCATED", "TRUNCATED", good[:-1]),
        ("TRUNCATED", "TRUNCATED", good[:len(good) // 2]),
        ("TRUNCATED", "TRUNCATED", head),
        ("TRUNCATED", "TRUNCATED", head + stage.varint(0) + stage.varint(1 << 40) + good[8:]),
        ("TRAILING_BYTES", "1 bytes", good + b"\0"),
        ("TRAILING_BYTES", f"{len(data)} bytes", good + data),
        ("MALFORMED", "MALFORMED", head + b"\xff" * 11 + good[6:]),
        ("MALFORMED", "MALFORMED", head + stage.varint(0) + stage.varint(-1) + good[7:]),
        ("TOO_SHORT", "3 bytes", good[:3]),
    )


class HostileTest(stage.Case):
    @classmethod
    def setUpClass(cls):
        cls.broker = cls.start(Broker)
        cls.registry = cls.start(Registry)
        cls.schema, records = stage.kdd99()
        cls.records = [records[p:p + RECORDS * PARTITIONS:PARTITIONS] for p in range(PARTITIONS)]
        cls.ids = Ids(cls.registry, cls.schema)
        cls.settings = cls.config(TOPIC, cls.broker, cls.registry, ["output: {reasons: all}", "input.schema.missing: 1s"])
        cls.counts = {"missing": 0, "non_finite": 0, "wrong_type": 0}
        cls.dead = {}  # (partition, offset) → (cause, what its text names)
        cls.tombstones = set()
        cls.sent = [cls._feed(p) for p in range(PARTITIONS)]
        cls._stream()

    @classmethod
    def _feed(cls, p):
        """The messages of partition p."""
        sent = []

        def put(key, value, headers=()):
            sent.append(stage.message(p, len(sent), key, value, headers))

        def put_bad(n, data):
            kinds = dead_values(cls.ids, data)
            for at in (k for k, place in enumerate(PLACES) if place == n):
                cause, names, value = kinds[(at + 7 * p) % len(kinds)]
                cls.dead[p, len(sent)] = cause, names
                put(b"bad", value, [("trace", f"{p}-{at}".encode())])
                cls.tombstones.add((p, len(sent)))
                put(b"gone", None if at % 2 else b"")

        for n, record in enumerate(cls.records[p]):
            put_bad(n, record.data)
            value = stage.framed(cls.ids.good, record.data)
            if n in MASKED[p]:
                ways = masked_values(cls.ids, cls.schema, record.data)
                counter, value = ways[MASKED[p].index(n) % len(ways)]
                cls.counts[counter] += 1
            put(record.service.encode(), value)
        put_bad(RECORDS, cls.records[p][-1].data)
        return sent

    @classmethod
    def _stream(cls):
        stage.create_topic(cls.broker, TOPIC, PARTITIONS)
        stage.produce(cls.broker, TOPIC, [m for messages in cls.sent for m in messages])
        cls.flinch = cls.run_flinch(TOPIC, cls.settings)
        cls.flinch.wait_scored(cls.broker, GROUP, TOPIC, 60)
        cls.exit_status = cls.flinch.terminate()
        cls.letters = stage.read(cls.broker, f"{TOPIC}.dlq")
        decoded = cls.decode_scores(cls.registry, stage.read(cls.broker, f"{TOPIC}.scores"))
        cls.scores = [[d for d in decoded if d["source"]["partition"] == p]
                      for p in range(PARTITIONS)]

    def offline(self, p, masked):
        """Scores of the records alone; with those of `masked` (their numbers) without FIELD."""
        nan = struct.pack("<d", float("nan"))
        records = [with_field(self.schema, r.data, nan) if n in masked else r.data
                   for n, r in enumerate(self.records[p])]
        return self.score_offline(self.settings, f"{TOPIC}-{p}", self.schema, records)

    @staticmethod
    def letter_origin(letter):
        headers = dict(letter.headers)
        return (int(headers["__connect.errors.partition"]), int(headers["__connect.errors.offset"]))

    def test_every_message_has_one_outcome(self):
        scored = [(p, d["source"]["offset"]) for p in range(PARTITIONS) for d in self.scores[p]]
        letters = [self.letter_origin(letter) for letter in self.letters]
        sent = [(p, n) for p in range(PARTITIONS) for n in range(len(self.sent[p]))]

        self.assertEqual(sorted([*scored, *letters, *self.tombstones]), sent)

    def test_scores_have_the_bits_that_they_have_without_the_bad_records(self):
        for p in range(PARTITIONS):
            for n, (one, other) in enumerate(zip(self.scores[p], self.offline(p, MASKED[p]),
                                                 strict=True)):
                self.assertEqual({**one, "source": 0}, {**other, "source": 0}, f"record {n} of {p}")

    def test_a_masked_feature_degrades_its_record(self):
        for p in range(PARTITIONS):
            degraded = [n for n, d in enumerate(self.scores[p]) if d["status"] == "DEGRADED"]
            self.assertEqual(degraded, [n for n in MASKED[p] if n >= WARM_UP])

    def test_a_masked_feature_changes_no_other_score_of_its_tile(self):
        p, first = 1, MASKED[1][0]
        start = first - first % TILE
        whole = self.offline(p, ())
        self.assertGreaterEqual(start, WARM_UP)
        for n in range(start + TILE):
            one, other = self.scores[p][n], whole[n]
            if n not in MASKED[p]:
                self.assertEqual({**one, "source": 0}, {**other, "source": 0}, f"record {n}")

    def test_a_record_that_cannot_be_read_is_a_dead_letter_with_its_cause(self):
        self.assertEqual({self.letter_origin(letter) for letter in self.letters}, set(self.dead))
        for letter in self.letters:
            headers = dict(letter.headers)
            cause, names = self.dead[self.letter_origin(letter)]
            self.assertEqual(headers["__connect.errors.exception.class.name"], cause.encode())
            self.assertIn(names, headers["__connect.errors.exception.message"].decode())
            self.assertEqual(headers["__connect.errors.topic"], TOPIC.encode())
            self.assertEqual(headers["__connect.errors.connector.name"], b"flinch")
            self.assertEqual(headers["__connect.errors.stage"], b"VALUE_CONVERTER")

    def test_a_dead_letter_is_the_record_unchanged(self):
        for letter in self.letters:
            p, offset = self.letter_origin(letter)
            source = self.sent[p][offset]
            self.assertEqual(letter.partition, p)
            self.assertEqual((letter.key, letter.value, letter.timestamp),
                             (source.key, source.value, source.timestamp))
            self.assertEqual(letter.headers[:1], source.headers)

    def test_a_schema_without_a_number_for_a_feature_is_named(self):
        said = self.flinch.output()
        self.assertRegex(said, rf"feature_missing schema_id={self.ids.without} feature={FIELD}\n")
        self.assertRegex(said, rf"feature_unusable schema_id={self.ids.string} feature={FIELD} ")

    def test_everything_is_counted(self):
        figures = self.flinch.figures()
        expected = {**self.counts, "dead_letters": len(self.dead),
                    "tombstones": len(self.tombstones), "scored": PARTITIONS * RECORDS,
                    "consumed": sum(map(len, self.sent))}

        self.assertEqual({name: figures[name] for name in expected}, expected)
        self.assertEqual(self.exit_status, 0)


if __name__ == "__main__":
    stage.main()
