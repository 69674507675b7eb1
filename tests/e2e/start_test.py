#!/usr/bin/env python3
"""Where flinch begins, and what it does when a user moves its offsets, the records are gone, or the
broker does not take what it writes: it begins where it is told to, learns nothing twice, and says what
is the matter; once that is mended nothing is lost.

    python3 tests/e2e/start_test.py
    FLINCH_E2E_RECORDS=1000000 python3 tests/e2e/start_test.py      a longer past
"""
import os
import re
import signal
import time

import admin
import oracle
import parts
import secured
import stage

SECONDS = 60
RECORDS = int(os.environ.get("FLINCH_E2E_RECORDS", "100000"))  # of the past that is learned
START_SECONDS = 10  # from the start of the process to the first calibrated score
LIVES = 10  # how often a supervisor may have to start flinch while something is amiss
HOUR_MS = 3600 * 1000
# One that fails stays a member until its time-out; the next life has the partitions no sooner.
SETTINGS = ("commit: {interval: 20ms}", "kafka.session.timeout.ms: 3000",
            "kafka.heartbeat.interval.ms: 500")


class Broker(secured.Broker):
    """With access lists, of the usual version."""
    jars, pom = parts.Broker.jars, parts.Broker.pom

    def _settings(self):
        return super()._settings() + "group.min.session.timeout.ms=1000\n"


class Start(stage.Case):
    @classmethod
    def setUpClass(cls):
        cls.broker = cls.start(Broker)
        cls.registry = cls.start(parts.Registry)
        cls.schema, cls.records = stage.kdd99()
        cls.schema_id = cls.registry.register("connections", cls.schema)

    def messages(self, first, end, partitions=1):
        size = len(self.records)
        return [stage.message(n % partitions, n, self.records[n % size].service.encode(),
                              stage.framed(self.schema_id, self.records[n % size].data))
                for n in range(first, end)]

    def send(self, topic, first, end):
        """Records first to end; they have these offsets, too."""
        messages = self.messages(first, end)
        stage.produce(self.broker, topic, messages)
        return messages

    def begin(self, topic, start="earliest", backlog="score", extra=(), partitions=1):
        stage.create_topic(self.broker, topic, partitions)
        path = self.config(topic, self.broker, self.registry, [*SETTINGS, *extra])
        with open(path, encoding="utf-8") as f:
            text = f.read().replace("start: earliest, backlog: score",
                                    f'start: "{start}", backlog: {backlog}')
        return self.place.write(f"{topic}.yaml", text.encode())

    def create_with(self, topic, setting):
        """A topic of one partition, with a setting of its own."""
        stage.tool("topic", self.broker.address, "create", topic, 1, setting)

    def run_flinch(self, topic, settings, life=0):
        return self.place.adopt(stage.Flinch(self.place.folder, f"{topic}-flinch-{life}", settings))

    def is_done(self, topic):
        return all(offset == end for offset, end in
                   stage.committed(self.broker, f"{topic}-flinch", topic))

    def supervise(self, flinch, topic, settings):
        """Until all is scored: whenever flinch ends, with a reason, it is started again."""
        life = 0

        def done():
            nonlocal flinch, life
            if not flinch.running():
                self.assertIn("level=error event=failed", flinch.output())
                life += 1
                self.assertLess(life, LIVES, flinch.output()[-4000:])
                flinch = self.run_flinch(topic, settings, life)
            return self.is_done(topic)
        try:
            parts.wait_until(done, SECONDS, f"all of {topic} committed")
        except TimeoutError as error:
            raise AssertionError(f"{error}; flinch says:\n{flinch.output()[-4000:]}") from None
        self.assertEqual(flinch.terminate(), 0)

    def scores(self, topic):
        """(offset of the record, score) as they were published."""
        decoded = self.decode_scores(self.registry, stage.read(self.broker, f"{topic}.scores"))
        return [(d["source"]["offset"], {**d, "source": 0}) for d in decoded]

    def expected(self, topic, settings, messages):
        return [{**d, "source": 0} for d in self.score_offline(
            settings, f"{topic}-0", self.schema, [m.value[5:] for m in messages])]

    def same(self, found, expected, offset):
        """Scores of records from an offset on, one of each, and their bits."""
        self.assertEqual([n for n, _ in found], list(range(offset, offset + len(expected))))
        for (n, one), other in zip(found, expected):
            self.assertEqual(one, other, f"record {n}")

    # ---- the topic's past ------------------------------------------------------------------------

    def check_start(self, name, start, first, past):
        """Learns from record `first` on, and scores what comes after the start."""
        topic = f"start-{name}"
        settings = self.begin(topic, start, backlog="learn")
        stage.produce(self.broker, topic, past)
        flinch = self.run_flinch(topic, settings)
        flinch.wait_said(re.compile(f"learn_from={first} publish_from={len(past)} "), SECONDS)
        flinch.wait_said(re.compile("event=assigned"), SECONDS)
        more = self.send(topic, len(past), len(past) + 300)
        flinch.wait_scored(self.broker, f"{topic}-flinch", topic, SECONDS)
        self.assertEqual(flinch.terminate(), 0)

        known = [*past[first:], *more]
        expected = self.expected(topic, settings, known)[len(past) - first:]
        self.same(self.scores(topic), expected, len(past))
        return expected

    def test_begins_where_it_is_told_to(self):
        now = int(time.time() * 1000)
        count, half = 1000, 500
        # One record each quarter of an hour: the middle one is 24 hours and 5 minutes old.
        past = [m._replace(timestamp=now - 24 * HOUR_MS - HOUR_MS // 12 +
                           (n - half) * HOUR_MS // 4 // 10)
                for n, m in enumerate(self.messages(0, count))]
        ago = next(n for n, m in enumerate(past) if m.timestamp >= now - 24 * HOUR_MS)
        self.assertGreater(ago, half)
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(past[300].timestamp // 1000))

        self.check_start("earliest", "earliest", 0, past)
        self.check_start("ago", "-24h", ago, past)
        self.check_start("time", at, 300, past)
        fresh = self.check_start("latest", "latest", count, past)
        self.assertEqual(fresh[0]["status"], "WARMUP")

    def test_first_calibrated_score_of_a_long_past(self):
        topic, partitions, chunk = "long", 4, 50000
        settings = self.begin(topic, "-24h", backlog="learn", partitions=partitions)
        since = int(time.time() * 1000) - 20 * HOUR_MS
        step = 20 * HOUR_MS // RECORDS
        for first in range(0, RECORDS, chunk):
            stage.produce(self.broker, topic, [
                m._replace(timestamp=since + (first + n) * step) for n, m in enumerate(
                    self.messages(first, min(first + chunk, RECORDS), partitions))])
        start = time.monotonic()
        flinch = self.run_flinch(topic, settings)
        flinch.wait_said(re.compile("event=assigned"), SECONDS)
        stage.produce(self.broker, topic, self.messages(RECORDS, RECORDS + 40, partitions))
        flinch.wait_scored(self.broker, f"{topic}-flinch", topic, SECONDS)
        took = time.monotonic() - start
        self.assertEqual(flinch.terminate(), 0)

        print(f"{RECORDS} records of the past, first calibrated score after {took:.1f} s")
        self.assertLess(took, START_SECONDS)
        self.assertEqual(flinch.figures()["replayed"], RECORDS)
        scores = self.scores(topic)
        self.assertEqual(len(scores), 40)
        self.assertEqual({score["status"] for _, score in scores}, {"OK"})

    # ---- moved offsets ---------------------------------------------------------------------------

    def live(self, topic, settings, life=0):
        flinch = self.run_flinch(topic, settings, life)
        flinch.wait_scored(self.broker, f"{topic}-flinch", topic, SECONDS)
        self.assertEqual(flinch.terminate(), 0)
        return flinch

    def first_life(self, topic, count):
        """A topic of which so many records are learned and kept."""
        settings = self.begin(topic)
        sent = self.send(topic, 0, count)
        self.live(topic, settings)
        return settings, sent

    def test_moved_to_earlier_scores_again_and_learns_nothing_twice(self):
        topic = "earlier"
        settings, sent = self.first_life(topic, 1000)
        admin.move_offset(self.broker, f"{topic}-flinch", topic, 0, 400)
        sent += self.send(topic, 1000, 1500)

        self.live(topic, settings, 1)

        scores, expected = self.scores(topic), self.expected(topic, settings, sent)
        self.same(scores[:1000], expected[:1000], 0)
        self.assertEqual([n for n, _ in scores[1000:1600]], list(range(400, 1000)))
        self.same(scores[1600:], expected[1000:], 1000)

    def test_moved_to_later_learns_what_it_passes_over(self):
        topic = "later"
        settings, sent = self.first_life(topic, 1000)
        sent += self.send(topic, 1000, 2000)
        admin.move_offset(self.broker, f"{topic}-flinch", topic, 0, 1500)

        flinch = self.live(topic, settings, 1)

        self.assertIn("learn_from=1000 publish_from=1500", flinch.output())
        scores, expected = self.scores(topic), self.expected(topic, settings, sent)
        self.same(scores[:1000], expected[:1000], 0)
        self.same(scores[1000:], expected[1500:], 1500)

    def test_records_deleted_by_retention_are_told_of(self):
        topic = "deleted"
        settings, sent = self.first_life(topic, 1000)
        sent += self.send(topic, 1000, 2000)
        admin.delete_records(self.broker, topic, 0, 1300)

        flinch = self.live(topic, settings, 1)

        self.assertRegex(flinch.output(), "level=warning event=input_deleted partition=0 "
                                          "learn_from=1000 first_left=1300")
        scores = self.scores(topic)
        expected = self.expected(topic, settings, [*sent[:1000], *sent[1300:]])
        self.same(scores[:1000], expected[:1000], 0)
        self.same(scores[1000:], expected[1000:], 1300)

    def test_records_deleted_while_it_runs_are_told_of(self):
        topic = "deleted-running"
        settings = self.begin(topic)
        sent = self.send(topic, 0, 300)
        flinch = self.run_flinch(topic, settings)
        flinch.wait_scored(self.broker, f"{topic}-flinch", topic, SECONDS)
        flinch.popen.send_signal(signal.SIGSTOP)
        sent += self.send(topic, 300, 20000)
        admin.delete_records(self.broker, topic, 0, 19000)
        flinch.popen.send_signal(signal.SIGCONT)
        self.supervise(flinch, topic, settings)

        # What was under way when they were deleted is scored, and what was learned since the last
        # checkpoint is gone with them.
        told = re.search("level=warning event=input_deleted partition=0 learn_from=([0-9]+) "
                         "first_left=19000", flinch.output())
        self.assertTrue(told, flinch.output())
        scores = self.scores(topic)
        before, kept = len(scores) - 1000, int(told[1])
        self.same(scores[:before], self.expected(topic, settings, sent[:before]), 0)
        self.same(scores[before:],
                  self.expected(topic, settings, sent[:kept] + sent[19000:])[kept:], 19000)

    # ---- what the broker does not take -----------------------------------------------------------

    @staticmethod
    def wait_told(flinch, words):
        """flinch says what is the matter, whether it ends then or tries again."""
        pattern = re.compile(f"(?i)level=(warning|error) .*{words}")
        parts.wait_until(lambda: pattern.search(flinch.output()), SECONDS, f"says {words}")

    def test_an_output_topic_that_is_deleted(self):
        topic = "gone"
        # How long a record waits for its topic, before its transaction is aborted.
        settings = self.begin(topic, extra=["kafka.message.timeout.ms: 2000"])
        sent = self.send(topic, 0, 300)
        flinch = self.run_flinch(topic, settings)
        flinch.wait_scored(self.broker, f"{topic}-flinch", topic, SECONDS)
        admin.delete_topic(self.broker, f"{topic}.scores")
        sent += self.send(topic, 300, 600)
        self.wait_told(flinch, f"event=recovery .*{topic}.scores")
        self.assertFalse(self.is_done(topic))

        stage.create_topic(self.broker, f"{topic}.scores", 1)
        self.supervise(flinch, topic, settings)

        self.same(self.scores(topic), self.expected(topic, settings, sent)[300:], 300)

    def test_scores_that_are_too_large_for_their_topic(self):
        topic = "large"
        self.create_with(f"{topic}.scores", "max.message.bytes=100")
        settings = self.begin(topic)
        sent = self.send(topic, 0, 300)
        flinch = self.run_flinch(topic, settings)
        self.wait_told(flinch, "too large")
        self.assertFalse(self.is_done(topic))

        admin.set_topic(self.broker, f"{topic}.scores", "max.message.bytes", "1048588")
        self.supervise(flinch, topic, settings)

        self.same(self.scores(topic), self.expected(topic, settings, sent), 0)

    def lists(self, topic):
        """What flinch needs to be allowed, and no more."""
        outputs = [(admin.TOPIC, f"{topic}.{kind}") for kind in ("scores", "dlq", "flinch")]
        return {
            "input": (admin.TOPIC, topic, admin.READ),
            "group": (admin.GROUP, f"{topic}-flinch", admin.READ),
            "transactions": (admin.TRANSACTIONAL_ID, "*", admin.WRITE),
            "scores": (*outputs[0], admin.WRITE),
            "dead letters": (*outputs[1], admin.WRITE),
            "state": (*outputs[2], admin.WRITE),
            "state of before": (*outputs[2], admin.READ),
        }

    def check_denied(self, what):
        topic = "denied-" + what.replace(" ", "-")
        sent = self.messages(0, 100)
        stage.create_topic(self.broker, topic, 1)
        for kind in ("scores", "dlq"):
            stage.create_topic(self.broker, f"{topic}.{kind}", 1)
        self.create_with(f"{topic}.flinch", "cleanup.policy=compact")
        # The one behind them cannot be read.
        stage.produce(self.broker, topic, [*sent, stage.message(0, 100, b"", b"\1")])
        lists = self.lists(topic)
        for name, words in lists.items():
            if name != what:
                admin.allow(self.broker, f"CN={topic}", *words)
        settings = secured.configuration(
            self.place, topic, self.broker.with_certificate(self.broker.authority.issue(topic)),
            {"url": self.registry.url}, [*SETTINGS, "checkpoint: {interval: 100ms}"])
        flinch = self.run_flinch(topic, settings)
        self.wait_told(flinch, "authori[sz]")
        self.assertFalse(self.is_done(topic))

        admin.allow(self.broker, f"CN={topic}", *lists[what])
        self.supervise(flinch, topic, settings)
        self.same(self.scores(topic), self.expected(topic, settings, sent), 0)
        self.assertEqual(len(stage.read(self.broker, f"{topic}.dlq")), 1)

    def test_what_it_is_not_allowed_to(self):
        for what in ("input", "group", "transactions", "scores", "dead letters", "state",
                     "state of before"):
            with self.subTest(what):
                self.check_denied(what)


if __name__ == "__main__":
    stage.main()
