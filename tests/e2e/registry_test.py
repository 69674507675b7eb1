#!/usr/bin/env python3
"""The registry's life while flinch runs. A stand-in before the real one gives every fault that a
registry, or what stands before it, has: records wait for its end, and none is a dead letter. Schemas
that change in the middle of a stream change no score of a feature that they keep.

    python3 tests/e2e/registry_test.py
"""
import json
import re
import struct
import time

import front
import oracle
import stage
from hostile_test import split
from parts import Broker, Registry

PARTITIONS = 2
SECONDS = 60
# One that is killed stays a member until its time-out; the next life has the partitions no sooner.
SETTINGS = ("commit: {interval: 20ms}", "checkpoint: {interval: 500ms}",
            "kafka.session.timeout.ms: 6000")
MISSING_S = 2
NOT_FOUND = b'{"error_code": 40403, "message": "Schema not found"}'

# What happens when a new id is asked for: the fault, and what flinch says of it.
FAULTS = {
    "401": (front.status(401, b'{"error_code": 401, "message": "who are you?"}'), "HTTP 401: who"),
    "403": (front.status(403), "HTTP 403"),
    "404 of a proxy": (front.status(404, b"<h1>Not Found</h1>"), "404, but not from a registry"),
    "408": (front.status(408), "HTTP 408"),
    "429": (front.status(429, b'{"error_code": 42901, "message": "slowly"}'), "HTTP 429: slowly"),
    "500": (front.status(500, b'{"error_code": 50001, "message": "store"}'), "HTTP 500: store"),
    "503": (front.status(503, b"<h1>Service Unavailable</h1>"), "HTTP 503"),
    "redirect": (front.status(302, b"", [("Location", "file:///etc/hostname")]), "HTTP 302"),
    "page": (front.status(200, b"<html>welcome</html>"), "not a registry's"),
    "noise": (front.status(200, bytes(range(256))), "not a registry's"),
    "other JSON": (front.status(200, b'{"id": 7}'), "no schema"),
    "cut": (front.cut, "bytes remaining"),
    "hung up": (front.hung_up, "Empty reply"),
    "slow": (front.slow, "timed out"),
    "huge": (front.huge, "over 2097152 bytes"),
}


def only(path, fault):
    """The fault for requests of that path alone."""
    return lambda handler, asked: asked.endswith(path) and fault(handler, asked)


def in_turn(*faults):
    """One fault a request, then none."""
    left = list(faults)
    return lambda handler, path: bool(left) and left.pop(0)(handler, path)


class Faults(stage.Case):
    @classmethod
    def setUpClass(cls):
        cls.broker = cls.start(Broker)
        cls.inner = cls.start(Registry)
        cls.registry = front.Front(cls.inner)
        cls.registry.start()
        cls.addClassCleanup(cls.registry.stop)
        cls.schema, cls.records = stage.kdd99()

    def setUp(self):
        self.registry.fault = None
        self.ids = 0

    def new_id(self, topic):
        """The id of a schema that no one has asked for yet, of the same fields."""
        self.ids += 1
        return self.registry.register(f"{topic}-{self.ids}",
                                      self.schema.replace('"Connection"', f'"C{topic}{self.ids}"'))

    def begin(self, topic, extra=()):
        stage.create_topic(self.broker, topic, PARTITIONS)
        settings = self.config(topic, self.broker, self.registry, [*SETTINGS, *extra])
        with open(settings, encoding="utf-8") as f:
            text = f.read().replace("timeout: 2s", "timeout: 500ms")
        self.place.write(f"{topic}.yaml", text.encode())
        return [[] for _ in range(PARTITIONS)], settings

    def send(self, topic, sent, partition, schema_id, count):
        first = len(sent[partition])
        more = [stage.message(partition, n, r.service.encode(), stage.framed(schema_id, r.data))
                for n, r in enumerate(self.records[first:first + count], first)]
        sent[partition] += more
        stage.produce(self.broker, topic, more)

    def committed(self, topic, partition):
        return stage.committed(self.broker, f"{topic}-flinch", topic)[partition]

    def wait_all(self, flinch, topic):
        flinch.wait_scored(self.broker, f"{topic}-flinch", topic, SECONDS)

    def judge(self, topic, sent, settings):
        """Each record has one score, with the bits of `flinch score`."""
        found = oracle.published(self, self.broker, self.registry, topic)
        self.assertEqual(oracle.explain(oracle.judge(self, found, sent, settings, topic)), "")

    # ---- at the start ----------------------------------------------------------------------------

    def test_faults_at_the_start(self):
        topic = "begun"
        sent, settings = self.begin(topic)
        self.send(topic, sent, 0, self.new_id(topic), 100)
        kinds = ("503", "page", "slow")
        self.registry.fault = in_turn(*(FAULTS[kind][0] for kind in kinds))

        flinch = self.run_flinch(topic, settings)
        for kind in kinds:
            flinch.wait_said(re.compile(rf"event=waiting .*registry\.url.*{FAULTS[kind][1]}"),
                             SECONDS)

        self.wait_all(flinch, topic)
        self.assertEqual(flinch.terminate(), 0)
        self.judge(topic, sent, settings)

    def test_refused_at_the_start(self):
        topic = "stranger"
        _, settings = self.begin(topic)
        self.registry.fault = FAULTS["401"][0]

        flinch = self.run_flinch(topic, settings)

        self.assertEqual(flinch.popen.wait(SECONDS), stage.EX_UNAVAILABLE)
        self.assertRegex(flinch.output(), r"level=error .*registry\.url.*HTTP 401: who are you")

    # ---- at a new id -----------------------------------------------------------------------------

    def wait_through(self, flinch, topic, sent, known):
        """Each fault at a new id: its partition waits, the other goes on, and it ends with the fault."""
        for kind, (fault, words) in FAULTS.items():
            schema_id = self.new_id(topic)
            stands = len(sent[0])
            self.registry.fault = only(f"/schemas/ids/{schema_id}", fault)
            self.send(topic, sent, 0, schema_id, 40)
            flinch.wait_said(re.compile(
                rf"event=registry_wait partition=0 offset={stands} .*registry\.url.*{words}"),
                SECONDS)
            self.send(topic, sent, 1, known, 40)
            flinch.wait(lambda: self.committed(topic, 1) == (len(sent[1]), len(sent[1])), SECONDS,
                        f"partition 1 goes on: {kind}")
            self.assertEqual(self.committed(topic, 0), (stands, len(sent[0])), kind)
            self.registry.fault = None
            self.wait_all(flinch, topic)

    def test_every_fault_at_the_first_record_of_an_id(self):
        topic = "faulty"
        sent, settings = self.begin(topic)
        known = self.new_id(topic)
        for p in range(PARTITIONS):
            self.send(topic, sent, p, known, 300)
        flinch = self.run_flinch(topic, settings)
        self.wait_all(flinch, topic)

        self.wait_through(flinch, topic, sent, known)

        self.assertEqual(flinch.terminate(), 0)
        self.assertEqual(stage.read(self.broker, f"{topic}.dlq"), [])
        self.judge(topic, sent, settings)

    def test_out_of_reach_at_the_first_record_of_an_id(self):
        """The registry is away, flinch is killed meanwhile, and started again."""
        topic = "away"
        sent, settings = self.begin(topic)
        self.send(topic, sent, 0, self.new_id(topic), 300)
        flinch = self.run_flinch(topic, settings)
        self.wait_all(flinch, topic)
        schema_id = self.new_id(topic)
        self.registry.stop()
        self.send(topic, sent, 0, schema_id, 100)
        flinch.wait_said(re.compile("event=registry_wait .*[Cc]onnect"), SECONDS)
        flinch.kill()
        again = self.place.adopt(stage.Flinch(self.place.folder, f"{topic}-again", settings))
        again.wait_said(re.compile("event=waiting .*registry.url"), SECONDS)
        self.registry.start()

        self.wait_all(again, topic)

        self.assertEqual(again.terminate(), 0)
        self.assertEqual(stage.read(self.broker, f"{topic}.dlq"), [])
        self.judge(topic, sent, settings)

    # ---- 404 -------------------------------------------------------------------------------------

    def test_an_id_that_comes_in_time(self):
        topic = "late"
        sent, settings = self.begin(topic, ["input.schema.missing: 60s"])
        schema_id = self.new_id(topic)
        self.registry.fault = only(f"/schemas/ids/{schema_id}", front.status(404, NOT_FOUND))
        self.send(topic, sent, 0, schema_id, 100)
        flinch = self.run_flinch(topic, settings)
        flinch.wait_said(re.compile("event=registry_wait .*Schema not found"), SECONDS)
        self.registry.fault = None

        self.wait_all(flinch, topic)

        self.assertEqual(flinch.terminate(), 0)
        self.assertEqual(stage.read(self.broker, f"{topic}.dlq"), [])
        self.judge(topic, sent, settings)

    def test_an_id_that_does_not_come_makes_dead_letters_after_the_stated_time(self):
        """And they stay dead letters when the id is known at last and everything is learned again:
        the scores behind them are those of the stream without them."""
        topic = "never"
        sent, settings = self.begin(topic, [f"input.schema.missing: {MISSING_S}s"])
        with open(settings, encoding="utf-8") as f:  # nothing is kept: all is learned again
            text = f.read().replace("{interval: 500ms}", "{interval: 1h}")
        self.place.write(f"{topic}.yaml", text.encode())
        known, unknown = self.new_id(topic), self.new_id(topic)
        self.send(topic, sent, 0, known, 300)
        flinch = self.run_flinch(topic, settings)
        self.wait_all(flinch, topic)
        self.registry.fault = only(f"/schemas/ids/{unknown}", front.status(404, NOT_FOUND))

        start = time.monotonic()
        self.send(topic, sent, 0, unknown, 5)
        self.wait_all(flinch, topic)
        self.assertGreaterEqual(time.monotonic() - start, MISSING_S)
        letters = stage.read(self.broker, f"{topic}.dlq")
        self.assertEqual([letter.value for letter in letters], [m.value for m in sent[0][300:]])
        for letter in letters:
            self.assertEqual(dict(letter.headers)["__connect.errors.exception.class.name"],
                             b"SCHEMA_NOT_FOUND")
        flinch.kill()
        self.registry.fault = None
        again = self.place.adopt(stage.Flinch(self.place.folder, f"{topic}-again", settings))
        self.send(topic, sent, 0, known, 100)
        self.wait_all(again, topic)
        self.assertEqual(again.terminate(), 0)

        self.assertEqual(len(stage.read(self.broker, f"{topic}.dlq")), len(letters))
        del sent[0][300:305]
        scores = [score for _, found in sorted(
            oracle.published(self, self.broker, self.registry, topic).items())
            for _, score in found]
        self.same_bits(scores, self.offline(topic, settings, sent[0]))

    # ---- schemas that change ---------------------------------------------------------------------

    def offline(self, topic, settings, messages):
        return self.score_offline(settings, f"{topic}-0", self.schema,
                                  [m.value[5:] for m in messages])

    def same_bits(self, scores, expected):
        self.assertEqual(len(scores), len(expected))
        for n, (one, other) in enumerate(zip(scores, expected)):
            self.assertEqual({**one, "source": 0}, {**other, "source": 0}, f"record {n}")

    def test_schemas_that_change_in_the_middle_of_a_stream(self):
        topic = "changing"
        _, settings = self.begin(topic)
        ways = [same, added, dropped, reordered, widened, renamed, same]
        flinch = self.run_flinch(topic, settings)
        count, sent = 150, []
        for way in ways:
            schema, encode = way(self.schema)
            schema_id = self.registry.register(f"{topic}-value", json.dumps(schema))
            records = self.records[len(sent):len(sent) + count]
            more = [stage.message(0, n, r.service.encode(), stage.framed(
                schema_id, encode(split(self.schema, r.data))))
                for n, r in enumerate(records, len(sent))]
            stage.produce(self.broker, topic, more)
            sent += more
        self.wait_all(flinch, topic)
        self.assertEqual(flinch.terminate(), 0)

        self.assertEqual(stage.read(self.broker, f"{topic}.dlq"), [])
        scores = self.decode_scores(self.registry, stage.read(self.broker, f"{topic}.scores"))
        expected = self.score_offline(settings, f"{topic}-0", self.schema,
                                      [r.data for r in self.records[:len(sent)]])
        self.same_bits(scores, expected)
        for name in ("missing", "wrong_type"):
            self.assertEqual(flinch.figures()[name], 0)


# ---- ways in which a schema changes: the schema, and how a record's fields are written by it ---------


def written(fields):
    return b"".join(fields.values())


def same(schema):
    return json.loads(schema), written


def added(schema):
    """Fields of several types, before, between and behind."""
    parsed = json.loads(schema)
    strings = {"type": "array", "items": "string"}
    parsed["fields"].insert(0, {"name": "host", "type": "string", "default": ""})
    parsed["fields"].insert(7, {"name": "tags", "type": strings, "default": []})
    parsed["fields"].append({"name": "note", "type": ["null", "double"], "default": None})

    def encode(fields):
        values = list(fields.values())
        values.insert(0, stage.text("host"))
        values.insert(7, stage.varint(2) + stage.text("a") + stage.text("b") + stage.varint(0))
        return b"".join(values) + stage.varint(1) + struct.pack("<d", 0.5)
    return parsed, encode


def dropped(schema):
    """Those that are no features."""
    gone = ("label", "service", "protocol_type")
    parsed = json.loads(schema)
    parsed["fields"] = [f for f in parsed["fields"] if f["name"] not in gone]
    return parsed, lambda fields: written({k: v for k, v in fields.items() if k not in gone})


def reordered(schema):
    parsed = json.loads(schema)
    parsed["fields"].reverse()
    return parsed, lambda fields: b"".join(reversed(fields.values()))


def is_long(field):
    return field["type"] in ("long", {"type": "long"})


def widened(schema):
    """Every long is a double, and some doubles may be null."""
    parsed = json.loads(schema)
    longs = {f["name"] for f in parsed["fields"] if is_long(f)}
    for field in parsed["fields"]:
        if field["name"] in longs:
            field["type"] = "double"
        elif field["name"].endswith("_rate"):
            field["type"] = ["null", "double"]

    def encode(fields):
        def one(name, raw):
            if name in longs:
                return struct.pack("<d", number(raw))
            return stage.varint(1) + raw if name.endswith("_rate") else raw
        return b"".join(one(name, raw) for name, raw in fields.items())
    return parsed, encode


def number(raw):
    value = sum((byte & 0x7F) << 7 * i for i, byte in enumerate(raw))
    return (value >> 1) ^ -(value & 1)


def renamed(schema):
    """Every field, with its old name for an alias."""
    parsed = json.loads(schema)
    for field in parsed["fields"]:
        field["aliases"] = [field["name"]]
        field["name"] = "new_" + field["name"]
    return parsed, written


if __name__ == "__main__":
    stage.main()
