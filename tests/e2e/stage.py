"""What the end-to-end tests share: flinch itself, the tools, the records, and a class of tests that
runs with a broker and a registry.

The program and the tools are those of the environment's FLINCH and FLINCH_E2E_TOOLS, as ctest sets
them; otherwise those of build/release and build/dev.
"""
import collections
import functools
import json
import os
import signal
import struct
import subprocess
import sys
import unittest

import parts

FLINCH = os.environ.get("FLINCH", os.path.join(parts.ROOT, "build", "release", "flinch"))
TOOLS = os.environ.get("FLINCH_E2E_TOOLS",
                       os.path.join(parts.ROOT, "build", "dev", "tests", "e2e"))
KDD99 = os.path.join(parts.ROOT, "tests", "data", "kdd99.avro")
FIRST_TIMESTAMP_MS = 1700000000000
BLOCK_RECORDS = 10000  # of a container file
EX_OK, EX_UNAVAILABLE = 0, 69

Message = collections.namedtuple("Message", "partition offset timestamp key value headers")
Record = collections.namedtuple("Record", "service data")


def tool(name, *arguments, lines=()):
    """What a tool prints, as lines, given lines."""
    done = subprocess.run(
        [os.path.join(TOOLS, "e2e_" + name), *map(str, arguments)],
        input="".join(line + "\n" for line in lines).encode(), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError(f"e2e_{name} {arguments[:3]}: {done.stderr.decode()}")
    return done.stdout.decode().splitlines()


# ---- Avro ----------------------------------------------------------------------------------------


def framed(schema_id, data):
    """Confluent's wire format."""
    return struct.pack(">bi", 0, schema_id) + data


def varint(number):
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number > 0x7F:
        out.append((number & 0x7F) | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def text(value):
    return varint(len(value.encode())) + value.encode()


def container(schema, records):
    """An Avro object container file of encoded records."""
    sync = b"e2e sync marker."
    parts = [b"Obj\x01", varint(1), text("avro.schema"), text(schema), varint(0), sync]
    for at in range(0, len(records), BLOCK_RECORDS):
        block = records[at:at + BLOCK_RECORDS]
        parts += [varint(len(block)), varint(sum(map(len, block))), *block, sync]
    return b"".join(parts)


def values(path, datums=None):
    """What Avro C's generic reader sees: in a container file, or in datums by a schema's file.
    Floats and doubles are the hexadecimal text of their bits."""
    lines = () if datums is None else [d.hex() for d in datums]
    return [json.loads(line) for line in tool("avro", "values", path, lines=lines)]


@functools.cache
def kdd99():
    """(schema, records) of the test data, as Avro C reads them."""
    schema, *lines = tool("avro", "records", KDD99, "service")
    split = (line.split(" ") for line in lines)
    return schema, [Record(service, bytes.fromhex(data)) for service, data in split]


def features():
    """The features to configure: every number of kdd99 but the label, and the flag."""
    fields = [f["name"] for f in json.loads(kdd99()[0])["fields"]
              if f["type"]["type"] != "string" and f["name"] != "label"]
    flags = "[SF, S0, REJ, RSTO, RSTR, S1, S2, S3, SH, OTH, RSTOS0]"
    return [f"{{field: {name}}}" for name in fields] + [f"{{field: flag, one_hot: {flags}}}"]


# ---- Kafka ---------------------------------------------------------------------------------------


def create_topic(broker, topic, partitions):
    tool("topic", broker.address, "create", topic, partitions)


def message(partition, index, key, value, headers=()):
    """A message to produce; `index` makes its timestamp."""
    return Message(partition, None, FIRST_TIMESTAMP_MS + 10 * index, key, value, tuple(headers))


def as_line(m):
    """A message as e2e_produce reads it."""
    def hexed(data):
        return "-" if data is None else data.hex() or '""'
    head = f"{m.partition} {m.timestamp} {hexed(m.key)} {hexed(m.value)}"
    return " ".join([head, *(f"{name}={value.decode()}" for name, value in m.headers)])


def produce(broker, topic, messages):
    tool("produce", broker.address, topic, lines=map(as_line, messages))


def _parsed(line):
    def plain(word):
        return None if word == "-" else bytes.fromhex(word)
    partition, offset, timestamp, key, value, *headers = line.split(" ")
    pairs = (h.split("=", 1) for h in headers)
    return Message(int(partition), int(offset), int(timestamp), plain(key), plain(value),
                   tuple((name, plain(value)) for name, value in pairs))


def read(broker, topic, *isolation):
    """All messages of a topic that read_committed shows, or the isolation level given."""
    return [_parsed(line) for line in tool("read", broker.address, topic, *isolation)]


def committed(broker, group, topic):
    """What the group has committed of each partition, -1 for nothing, and the partition's end."""
    rows = (line.split(" ") for line in tool("topic", broker.address, "committed", group, topic))
    return [(int(offset), int(end)) for _, offset, end in rows]


# ---- flinch --------------------------------------------------------------------------------------


class Flinch(parts.Process):
    """`flinch run`."""

    def __init__(self, folder, name, config):
        super().__init__(name, [FLINCH, "run", "--config", config], folder)

    def wait(self, condition, seconds, what):
        """Waits for a condition, as long as the program runs."""
        def checked():
            if not self.running():
                raise AssertionError(f"flinch ended with {self.popen.returncode} before: {what}\n"
                                     f"{self.output()[-4000:]}")
            return condition()
        try:
            return parts.wait_until(checked, seconds, what)
        except TimeoutError as error:
            raise AssertionError(f"{error}; flinch says:\n{self.output()[-4000:]}") from None

    def wait_said(self, pattern, seconds):
        """Waits until its log has a line that matches."""
        return self.wait(lambda: pattern.search(self.output()), seconds, f"says {pattern.pattern}")

    def wait_scored(self, broker, group, topic, seconds):
        def done():
            return all(offset == end for offset, end in committed(broker, group, topic))
        self.wait(done, seconds, f"all of {topic} committed")

    def terminate(self, seconds=20):
        """SIGTERM. Returns the exit status; a failure if the program does not end."""
        self.popen.send_signal(signal.SIGTERM)
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"SIGTERM did not end flinch within {seconds} s:\n"
                                 f"{self.output()[-4000:]}") from None

    def figures(self):
        """The totals of its last line."""
        last = [line for line in self.output().splitlines() if "stopped" in line][-1]
        pairs = (word.split("=", 1) for word in last.split() if "=" in word)
        return {name: int(value) for name, value in pairs if value.isdigit()}


def flinch(*arguments):
    """Runs a verb to its end: (exit status, what it printed)."""
    done = subprocess.run([FLINCH, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=120, check=False)
    return done.returncode, done.stdout.decode()


class Case(unittest.TestCase):
    """A class of tests with a workplace."""

    place = None  # of main()

    @classmethod
    def start(cls, part):
        """Starts a Broker or a Registry for the tests of this class."""
        started = cls.place.start(part)
        cls.addClassCleanup(started.stop)
        return started

    @classmethod
    def config(cls, topic, broker, registry, extra=()):
        """Writes a configuration for a topic; its path."""
        lines = [
            f'kafka: {{bootstrap.servers: "{broker.address}"}}',
            f'registry: {{url: "{registry.url}", timeout: 2s}}',
            f"input: {{topic: {topic}, group: {topic}-flinch, start: earliest, backlog: score}}",
            "http: {listen: none}",
            *extra,
            "features:", *(f"  - {feature}" for feature in features()), ""]
        return cls.place.write(topic + ".yaml", "\n".join(lines).encode())

    @classmethod
    def run_flinch(cls, topic, config):
        return cls.place.adopt(Flinch(cls.place.folder, topic + "-flinch", config))

    @classmethod
    def score_offline(cls, config, stream, schema, records):
        """What `flinch score` makes of the records, as the stream of that name."""
        source = cls.place.write(f"{stream}.avro", container(schema, records))
        target = os.path.join(cls.place.folder, f"{stream}-scores.avro")
        code, said = flinch("score", source, "--config", config, "--stream", stream,
                            "--output", target)
        if code != EX_OK:
            raise AssertionError(f"flinch score ended with {code}: {said}")
        return values(target)

    @classmethod
    def decode_scores(cls, registry, messages):
        """The scores in messages, each decoded by the schema that the registry has for its id."""
        found = [None] * len(messages)
        ids = collections.defaultdict(list)
        for i, m in enumerate(messages):
            magic, schema_id = struct.unpack(">bi", m.value[:5])
            if magic != 0:
                raise AssertionError(f"{m.partition}:{m.offset}: magic byte {magic}")
            ids[schema_id].append(i)
        for schema_id, indexes in ids.items():
            schema = registry.request(f"/schemas/ids/{schema_id}")["schema"]
            path = cls.place.write(f"{schema_id}.avsc", schema.encode())
            scores = values(path, [messages[i].value[5:] for i in indexes])
            for i, score in zip(indexes, scores, strict=True):
                found[i] = score
        return found


def main():
    """Runs the tests of the program in a workplace."""
    for path in (FLINCH, os.path.join(TOOLS, "e2e_avro")):
        if not os.access(path, os.X_OK):
            sys.exit(f"{path} is not built; build the presets release and dev first, "
                     "or set FLINCH and FLINCH_E2E_TOOLS")
    with parts.Workplace() as place:
        Case.place = place
        unittest.main(module="__main__", verbosity=2)
