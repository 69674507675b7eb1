#!/usr/bin/env python3
"""flinch is killed or stopped at random moments and started again: what it learned comes back from
the state topic, each offset has one score, and every score has the bits of a run in one piece. So it
is where two versions share a group. `at_least_once` loses nothing.

    python3 tests/e2e/restart_test.py
    FLINCH_E2E_SEED=7 python3 tests/e2e/restart_test.py     other moments
"""
import os
import random
import re
import threading
import time

import oracle
import stage
from parts import Registry

SEED = int(os.environ.get("FLINCH_E2E_SEED", "1"))
PARTITIONS = 4
LIVES = 9
SLICE = 400  # records that are produced at once
SETTINGS = (
    "workers: 2",
    "commit: {interval: 50ms}",
    "checkpoint: {interval: 300ms}",
    "kafka.session.timeout.ms: 6000",
    "kafka.transaction.timeout.ms: 10000",
)
# With a name of its own, a worker that comes back has its partitions at once.
STATIC = "kafka.group.instance.id: {}"
DETECTOR = "detector: {{type: zscore, path: {}/e2e_detector_{}.so}}"
RESTORED = re.compile(r"event=restored .*marker=(\d+)")


class Feed(threading.Thread):
    """Produces messages slice by slice while the test goes on."""

    def __init__(self, broker, topic, messages):
        super().__init__(daemon=True)
        self._arguments = broker, topic
        self._messages = messages
        self._error = None
        self.start()

    def run(self):
        try:
            for at in range(0, len(self._messages), SLICE):
                stage.produce(*self._arguments, self._messages[at:at + SLICE])
        except RuntimeError as error:
            self._error = error

    def finish(self):
        self.join()
        if self._error:
            raise self._error


class RestartTest(stage.Case):
    @classmethod
    def setUpClass(cls):
        cls.broker = cls.start(oracle.Broker)
        cls.registry = cls.start(Registry)
        cls.random = random.Random(SEED)
        print(f"seed {SEED}")

    def begin(self, topic, records, extra):
        """A topic; what is to be sent, by partition and in order; the configuration."""
        schema, all_records = stage.kdd99()
        schema_id = self.registry.register(f"{topic}-value", schema)
        messages = [stage.message(i % PARTITIONS, i, r.service.encode(),
                                  stage.framed(schema_id, r.data))
                    for i, r in enumerate(all_records[:records])]
        stage.create_topic(self.broker, topic, PARTITIONS)
        settings = self.config(topic, self.broker, self.registry, [*SETTINGS, *extra])
        return [messages[p::PARTITIONS] for p in range(PARTITIONS)], messages, settings

    def end_life(self, flinch):
        """Ends flinch in one of two ways, at a random moment of its life."""
        flinch.wait_said(re.compile("event=assigned"), 60)
        time.sleep(self.random.uniform(0, 0.8))  # the moment of the fault
        if self.random.random() < 0.7:
            flinch.kill()
            return
        self.assertEqual(flinch.terminate(), 0, flinch.output()[-4000:])

    def live(self, topic, settings, messages, names=("one",)):
        """Many lives, while records come; each by the next of the names, as another process with a
        configuration of its own would be. The logs."""
        feed = Feed(self.broker, topic, messages)
        logs = []
        for life in range(LIVES + 1):
            name = names[life % len(names)]
            flinch = self.place.adopt(stage.Flinch(self.place.folder, f"{topic}-{life}",
                                                   settings[name]))
            if life < LIVES:
                self.end_life(flinch)
            else:
                feed.finish()
                flinch.wait_scored(self.broker, f"{topic}-flinch", topic, 120)
                self.assertEqual(flinch.terminate(), 0)
            logs.append(flinch.output())
        return logs

    def check(self, topic, sent, settings, logs):
        """Every offset once, every bit, and the state topic used for it."""
        found = oracle.published(self, self.broker, self.registry, topic)
        self.assertEqual(oracle.explain(oracle.judge(self, found, sent, settings, topic)), "",
                         f"seed {SEED}")
        markers = [int(m) for log in logs for m in RESTORED.findall(log)]
        self.assertGreater(sum(m > 0 for m in markers), LIVES, f"restored at {markers}")
        self.assertEqual(stage.read(self.broker, f"{topic}.dlq"), [])

    def test_killed_and_started_again(self):
        topic = "restarted"
        sent, messages, settings = self.begin(topic, 40000, [STATIC.format("one")])
        logs = self.live(topic, {"one": settings}, messages)

        self.check(topic, sent, settings, logs)

    def join(self, topic, member, version):
        """A member, by the name of an instance of its own, that has its partitions."""
        settings = self.config(topic, self.broker, self.registry, [
            *SETTINGS, f"input.instance: {member}", DETECTOR.format(stage.TOOLS, version)])
        name = f"{topic}-{member}"
        flinch = self.place.adopt(stage.Flinch(self.place.folder, name, settings))
        flinch.wait_said(re.compile("event=assigned"), 60)
        return flinch

    def test_two_versions_in_one_group(self):
        """An upgrade, member by member, and the way back: neither version loads what the other kept,
        and either learns again what it needs from the topic."""
        topic = "upgraded"
        sent, messages, settings = self.begin(topic, 40000, [DETECTOR.format(stage.TOOLS, 1)])
        feed = Feed(self.broker, topic, messages)
        first = self.join(topic, "first", 1)
        second = self.join(topic, "second", 2)
        self.assertEqual(first.terminate(), 0)
        third = self.join(topic, "third", 1)
        second.kill()
        feed.finish()
        third.wait_scored(self.broker, f"{topic}-flinch", topic, 120)
        self.assertEqual(third.terminate(), 0)

        found = oracle.published(self, self.broker, self.registry, topic)
        self.assertEqual(oracle.explain(oracle.judge(self, found, sent, settings, topic)), "")
        for flinch in (first, second, third):
            self.assertNotIn("state_refused", flinch.output())
        first_of_new = second.output().partition("event=assigned")[0]
        self.assertNotIn("event=restored", first_of_new)
        self.assertRegex(third.output(), r"event=restored .*marker=[1-9]")

    def test_at_least_once_loses_nothing(self):
        topic = "repeated"
        _, messages, settings = self.begin(
            topic, 40000, [STATIC.format("one"), "delivery: at_least_once"])
        self.live(topic, {"one": settings}, messages)

        found = oracle.published(self, self.broker, self.registry, topic)
        each = len(messages) // PARTITIONS
        self.assertEqual(set(found), {(p, n) for p in range(PARTITIONS) for n in range(each)})
        self.assertEqual(stage.read(self.broker, f"{topic}.dlq"), [])


if __name__ == "__main__":
    stage.main()
