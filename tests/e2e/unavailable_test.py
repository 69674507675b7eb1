#!/usr/bin/env python3
"""What flinch says and does while a broker, a topic or the registry is not there, and that it
carries on when they come.

    python3 tests/e2e/unavailable_test.py
"""
import re
import resource
import signal

import stage
from parts import Broker, Registry

PARTITIONS = 2
SECONDS = 60
FULL_AT_BYTES = 1 << 18


def said(event, *words):
    """A line of flinch's log with an event and all words, in any order."""
    ahead = "".join(f"(?=.*{re.escape(word)})" for word in words)
    return re.compile(rf"event={event}\b{ahead}")


def messages(schema_id, count):
    return [stage.message(i % PARTITIONS, i, record.service.encode(),
                          stage.framed(schema_id, record.data))
            for i, record in enumerate(stage.kdd99()[1][:count])]


class StartTest(stage.Case):
    """Started before everything that it needs."""
    topic = "early"

    def check(self, settings, *words):
        """`flinch check --online` says the words and ends with EX_UNAVAILABLE."""
        code, text = stage.flinch("check", "--online", settings)
        self.assertEqual(code, stage.EX_UNAVAILABLE, text)
        for word in words:
            self.assertIn(word, text)

    def test_waits_for_registry_broker_and_topic_and_carries_on(self):
        broker, registry = self.place.add(Broker), self.place.add(Registry)
        settings = self.config(self.topic, broker, registry)
        flinch = self.run_flinch(self.topic, settings)

        flinch.wait_said(said("waiting", registry.address, "registry.url"), SECONDS)
        self.check(settings, broker.address, "kafka.bootstrap.servers", registry.address,
                   "registry.url")
        registry.start()
        schema_id = registry.register(f"{self.topic}-value", stage.kdd99()[0])

        flinch.wait_said(said("waiting", broker.address, "kafka.bootstrap.servers"), SECONDS)
        self.check(settings, broker.address, "kafka.bootstrap.servers")
        broker.start()

        flinch.wait_said(said("waiting", self.topic, "input.topic"), SECONDS)
        self.check(settings, self.topic, "input.topic")
        stage.create_topic(broker, self.topic, PARTITIONS)
        stage.produce(broker, self.topic, messages(schema_id, 1000))

        flinch.wait_scored(broker, f"{self.topic}-flinch", self.topic, SECONDS)
        self.assertEqual(len(stage.read(broker, f"{self.topic}.scores")), 1000)
        self.assertEqual(flinch.terminate(), 0)
        self.assertEqual(stage.flinch("check", "--online", settings)[0], stage.EX_OK)

    def test_sigterm_ends_the_wait(self):
        broker, registry = self.place.add(Broker), self.place.add(Registry)
        flinch = self.run_flinch("never", self.config("never", broker, registry))
        flinch.wait_said(said("waiting", registry.address), SECONDS)

        self.assertEqual(flinch.terminate(seconds=5), 0)


class RunningTest(stage.Case):
    """What flinch needs goes away while it runs."""

    @classmethod
    def setUpClass(cls):
        cls.broker = cls.start(Broker)
        cls.registry = cls.start(Registry)
        cls.schema = stage.kdd99()[0]

    def begin(self, topic):
        """Starts flinch on a topic, and waits until it has scored 100 records of it."""
        schema_id = self.registry.register(f"{topic}-value", self.schema)
        stage.create_topic(self.broker, topic, PARTITIONS)
        stage.produce(self.broker, topic, messages(schema_id, 100))
        flinch = self.run_flinch(topic, self.config(topic, self.broker, self.registry))
        flinch.wait_scored(self.broker, f"{topic}-flinch", topic, SECONDS)
        return flinch, schema_id

    def committed(self, topic, partition):
        return stage.committed(self.broker, f"{topic}-flinch", topic)[partition]

    def test_a_registry_that_does_not_answer_holds_up_its_partition_alone(self):
        topic = "quiet"
        flinch, schema_id = self.begin(topic)
        renamed = self.schema.replace("Connection", "Renamed")
        new_id = self.registry.register("quiet-new", renamed)
        self.registry.process.popen.send_signal(signal.SIGSTOP)
        try:
            stage.produce(self.broker, topic, [
                m for m in messages(new_id, 100) if m.partition == 0])
            flinch.wait_said(said("registry_wait", self.registry.address, "registry.url",
                                  "retry_in_ms=400"), SECONDS)
            stage.produce(self.broker, topic, [
                m for m in messages(schema_id, 100) if m.partition == 1])
            flinch.wait(lambda: self.committed(topic, 1) == (100, 100), SECONDS,
                        "partition 1 goes on")
            self.assertEqual(self.committed(topic, 0), (50, 100))
        finally:
            self.registry.process.popen.send_signal(signal.SIGCONT)

        flinch.wait_scored(self.broker, f"{topic}-flinch", topic, SECONDS)
        self.assertEqual(len(stage.read(self.broker, f"{topic}.scores")), 200)
        self.assertEqual(stage.read(self.broker, f"{topic}.dlq"), [])
        self.assertEqual(flinch.terminate(), 0)

    def test_carries_on_when_the_broker_is_started_again(self):
        topic = "restart"
        flinch, schema_id = self.begin(topic)

        self.broker.stop()
        flinch.wait_said(said("kafka_consumer", self.broker.address), SECONDS)
        self.broker.start()
        stage.produce(self.broker, topic, messages(schema_id, 100))

        flinch.wait_scored(self.broker, f"{topic}-flinch", topic, SECONDS)
        sources = [(d["source"]["partition"], d["source"]["offset"]) for d in self.decode_scores(
            self.registry, stage.read(self.broker, f"{topic}.scores"))]
        self.assertEqual(sorted(sources), [(p, n) for p in range(PARTITIONS) for n in range(100)])
        self.assertEqual(flinch.terminate(), 0)

    def test_carries_on_when_the_disk_was_full(self):
        """No file of the broker grows any more, which ends it, as a full disk does."""
        topic = "full"
        flinch, schema_id = self.begin(topic)
        flinch.popen.send_signal(signal.SIGSTOP)
        stage.produce(self.broker, topic, messages(schema_id, 20000))
        resource.prlimit(self.broker.process.popen.pid, resource.RLIMIT_FSIZE,
                         (FULL_AT_BYTES, FULL_AT_BYTES))
        flinch.popen.send_signal(signal.SIGCONT)
        self.broker.process.popen.wait(SECONDS)
        flinch.wait_said(said("waiting", "kafka.bootstrap.servers"), SECONDS)
        self.broker.start()

        flinch.wait_scored(self.broker, f"{topic}-flinch", topic, SECONDS)
        sources = [(d["source"]["partition"], d["source"]["offset"]) for d in self.decode_scores(
            self.registry, stage.read(self.broker, f"{topic}.scores"))]
        self.assertEqual(sorted(sources),
                         [(p, n) for p in range(PARTITIONS) for n in range(20100 // PARTITIONS)])
        self.assertEqual(flinch.terminate(), 0)


if __name__ == "__main__":
    stage.main()
