#!/usr/bin/env python3
"""Chaos against the oracle: several processes of flinch score a topic while members, the broker and the
network fail at random moments. Each record then has one score, with the bits of `flinch score`.

    python3 tests/e2e/chaos_test.py                                      a short form
    FLINCH_E2E_SEED=7 FLINCH_E2E_FULL=1 python3 tests/e2e/chaos_test.py  the long form, other moments
"""
import collections
import datetime
import math
import os
import random
import re
import signal
import subprocess
import threading
import time

import oracle
import proxy
import stage
from parts import Registry, free_ports

SEED = int(os.environ.get("FLINCH_E2E_SEED", "1"))
FULL = bool(os.environ.get("FLINCH_E2E_FULL"))
RECORDS = 200000 if FULL else 30000
TICK_SECONDS = 0.02
TIMES = 5 if FULL else 1  # how often FAULTS comes
FAULTS = {"kill": 5, "terminate": 3, "freeze": 2, "broker": 2, "member": 2,
          "cut": 3, "delay": 1, "truncate": 3, "hold": 3, "late": 2}
TOPIC = "chaos"
GROUP = f"{TOPIC}-flinch"
PARTITIONS = 8
WORKERS = 2
SESSION_SECONDS = 4
SETTINGS = (
    f"workers: {WORKERS}",
    "commit: {interval: 200ms}",
    "checkpoint: {interval: 1s}",
    f"kafka.session.timeout.ms: {SESSION_SECONDS * 1000}",
    "kafka.heartbeat.interval.ms: 1000",
    "kafka.transaction.timeout.ms: 10000",
)
SETTLE_SECONDS = 300  # for all to be scored when the faults are over
END_SECONDS = 60  # for one process to end or to come to itself
AFTER_THAW = re.compile("event=(assigned|revoked|recovery|failed|hung)")
FENCED = re.compile("event=(recovery|failed|transaction_error)")
FAILED = re.compile('event=(failed|hung|stop_forced) .*reason="..')


class Broker(oracle.Broker):
    """One with another listener, whose clients come through a proxy."""

    def __init__(self, folder):
        self.proxied_port, = free_ports(1)
        self.proxy = proxy.Proxy(SEED)
        super().__init__(folder)

    def _settings(self):
        kept = [line for line in super()._settings().splitlines()
                if not line.startswith(("listeners=", "advertised.listeners="))]
        return "\n".join([
            *kept,
            f"listeners=PLAINTEXT://{self.address},PROXIED://127.0.0.1:{self.proxied_port},"
            f"CONTROLLER://127.0.0.1:{self._controller}",
            f"advertised.listeners=PLAINTEXT://{self.address},PROXIED://{self.proxy.address}",
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,"
            "CONTROLLER:PLAINTEXT",
            "group.min.session.timeout.ms=1000",
            ""])


class Feed(threading.Thread):
    """Produces messages while the test goes on, past the proxy, so that they last until its end."""

    def __init__(self, broker, messages):
        super().__init__(daemon=True)
        self.progress = 0  # the share of the faults that were done
        self._lines = [stage.as_line(m).encode() + b"\n" for m in messages]
        self._hurry = threading.Event()
        self._tool = subprocess.Popen(
            [os.path.join(stage.TOOLS, "e2e_produce"), broker.address, TOPIC],
            stdin=subprocess.PIPE)
        self.start()

    def run(self):
        started, at = time.monotonic(), 0
        with self._tool.stdin as out:
            while at < len(self._lines):
                count = self._due(len(self._lines) - at, time.monotonic() - started)
                out.write(b"".join(self._lines[at:at + count]))
                out.flush()
                at += count
                self._hurry.wait(TICK_SECONDS)

    def _due(self, left, seconds):
        """How many messages come next, if the faults go on as fast as until now."""
        if self._hurry.is_set():
            return left
        still = max(seconds * (1 - self.progress) / max(self.progress, 0.1), 1)
        return math.ceil(left * TICK_SECONDS / still)

    def finish(self):
        self._hurry.set()
        self.join()
        if self._tool.wait():
            raise AssertionError(f"e2e_produce ended with {self._tool.returncode}")

    def kill(self):
        self._hurry.set()
        self._tool.kill()
        self._tool.wait()


class Member:
    """A process under a supervisor: one configuration, one life after another."""

    def __init__(self, place, name, config):
        self.name = name
        self._place = place
        self.config = config
        self.lives = 0
        self.flinch = None
        self.thaw_at = None  # it is stopped until then
        self.thawed = None  # (deadline, length of its log) of the last thaw, until it shows in the log

    def start(self):
        self.lives += 1
        name = f"{self.name}-{self.lives}"
        self.flinch = self._place.adopt(stage.Flinch(self._place.folder, name, self.config))

    def is_up(self):
        return self.flinch is not None

    def is_free(self):
        """Whether it may be chosen for a fault."""
        return self.is_up() and self.thaw_at is None and self.thawed is None

    def send(self, number):
        self.flinch.popen.send_signal(number)

    def kill(self):
        if self.is_up():
            self.flinch.kill()

    def log(self, begin=0):
        return self.flinch.output()[begin:]


class Storm:
    """Does the faults, and what a supervisor would do meanwhile."""

    def __init__(self, folder, broker, members, spare):
        self._diary = os.path.join(folder, "storm.log")
        self.spare = spare  # the member that comes and goes
        self._broker = broker
        self._members = members
        self._random = random.Random(SEED)
        self.counts = collections.Counter()
        self.ended = collections.Counter()  # exit statuses of those that ended by themselves
        self.fenced = 0

    def rage(self, feed):
        plan = [name for name, count in FAULTS.items() for _ in range(count * TIMES)]
        self._random.shuffle(plan)
        for i, name in enumerate(plan):
            feed.progress = i / len(plan)
            self.attend(self._random.uniform(0, 1.5))  # the moment of the fault
            getattr(self, "fault_" + name)()

    def calm(self):
        """All members run, the spare one, too, which ends what it left open; everything is scored."""
        self._wait(lambda: all(m.is_free() for m in self._members), END_SECONDS, "all awake")
        if not self.spare.is_up():
            self.spare.start()
        self._wait(self._all_scored, SETTLE_SECONDS, "everything scored")

    def _everyone(self):
        return [*self._members, self.spare]

    def _say(self, what, member=None):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%H:%M:%S.%f")[:-3]
        with open(self._diary, "a", encoding="ascii") as diary:
            print(now, what, f"{member.name}-{member.lives}" if member else "", file=diary)

    def _did(self, fault, member=None):
        self.counts[fault] += 1
        self._say(fault, member)

    # ---- what a supervisor does ------------------------------------------------------------------

    def attend(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for member in self._everyone():
                if member.is_up():
                    self._look_after(member)
            time.sleep(0.02)

    def _wait(self, condition, seconds, what):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: not within {seconds} s (seed {SEED})")
            self.attend(0.05)

    def _all_scored(self):
        return all(offset == end for offset, end in stage.committed(self._broker, GROUP, TOPIC))

    def _look_after(self, member):
        now = time.monotonic()
        if member.thaw_at is not None and now > member.thaw_at:
            member.thaw_at, member.thawed = None, (now + END_SECONDS, len(member.log()))
            self._say("thaw", member)
            member.send(signal.SIGCONT)
        if member.thawed is not None:
            self._look_at_thawed(member, now)
        if not member.flinch.running():
            self._check_end(member)
            member.thawed = None
            self.ended[member.flinch.popen.returncode] += 1
            self._say(f"ended with {member.flinch.popen.returncode}", member)
            member.start()

    def _look_at_thawed(self, member, now):
        deadline, begin = member.thawed
        said = member.log(begin)
        if AFTER_THAW.search(said):
            member.thawed = None
            self.fenced += bool(FENCED.search(said))
            self._say("noticed that it was away", member)
        elif now > deadline:
            raise AssertionError(f"{member.name} does not notice that it was away (seed {SEED}):\n"
                                 f"{said[-4000:]}")

    @staticmethod
    def _check_end(member):
        """One that ended by itself has said why."""
        code, said = member.flinch.popen.returncode, member.log()
        if code < 0 or not FAILED.search(said):
            raise AssertionError(f"{member.name} ended with {code} (seed {SEED}):\n{said[-4000:]}")

    def end(self, member):
        """SIGTERM, and the end of it: in peace, or with a reason."""
        member.send(signal.SIGTERM)
        self._wait_for_end(member)
        if member.flinch.popen.returncode != 0:
            self._check_end(member)
        member.flinch = None

    def _wait_for_end(self, member):
        deadline = time.monotonic() + END_SECONDS
        while member.flinch.running():
            if time.monotonic() > deadline:
                raise AssertionError(f"SIGTERM did not end {member.name} within {END_SECONDS} s "
                                     f"(seed {SEED}):\n{member.log()[-4000:]}")
            time.sleep(0.02)

    # ---- faults ----------------------------------------------------------------------------------

    def _choose(self):
        free = [m for m in self._members if m.is_free()]
        if not free:
            self._wait(lambda: any(m.is_free() for m in self._members), END_SECONDS, "a member")
            free = [m for m in self._members if m.is_free()]
        return self._random.choice(free)

    def fault_kill(self):
        member = self._choose()
        self._did("kill", member)
        member.flinch.kill()
        self._start_later(member)

    def _start_later(self, member):
        """A supervisor takes a moment to start again what ended."""
        member.flinch = None
        self.attend(self._random.uniform(0, 0.5))
        member.start()

    def fault_terminate(self):
        member = self._choose()
        self._did("terminate", member)
        self.end(member)
        self._start_later(member)

    def fault_freeze(self):
        """For longer than the session lasts; other faults go on meanwhile."""
        member = self._choose()
        member.send(signal.SIGSTOP)
        member.thaw_at = time.monotonic() + SESSION_SECONDS + self._random.uniform(1.5, 3)
        self._did("freeze", member)

    def fault_broker(self):
        """Not while a member is stopped: a new coordinator would begin its session anew."""
        self._wait(lambda: not any(m.thaw_at for m in self._members), END_SECONDS, "a thaw")
        self._did("broker")
        self._broker.process.kill()
        self.attend(self._random.uniform(0, 2))
        self._broker.start()
        self._say("the broker is back")

    def fault_member(self):
        """Adds the spare member, or takes it away."""
        if not self.spare.is_up():
            self._did("added", self.spare)
            self.spare.start()
            return
        self._did("removed", self.spare)
        if self._random.random() < 0.5:
            self.spare.flinch.kill()
            self.spare.flinch = None
        else:
            self.end(self.spare)

    def fault_cut(self):
        self._broker.proxy.cut(self._random.choice((0.3, 1)))
        self._did("cut")

    def fault_delay(self):
        self._broker.proxy.delay(self._random.uniform(0.02, 0.3), self._random.uniform(0.5, 3))
        self._did("delay")

    def fault_truncate(self):
        self._broker.proxy.truncate(self._random.choice((proxy.REQUEST, proxy.ANSWER)))
        self._wait(lambda: not self._broker.proxy.waits(), END_SECONDS, "a frame to truncate")
        self._did("truncate")

    def fault_hold(self):
        seconds = self._random.choice((0.2, 1, 3, 11)) * self._random.uniform(0.5, 1.2)
        self._broker.proxy.hold(seconds, self._random.random() < 0.5)
        self._wait(lambda: not self._broker.proxy.waits(), END_SECONDS, "an end of a transaction")
        self._did("hold")

    def fault_late(self):
        self._broker.proxy.let_come_late(self._random.uniform(0.2, 1))
        self._wait(lambda: not self._broker.proxy.waits(), END_SECONDS, "an end of a transaction")
        self._did("late")


class ChaosTest(stage.Case):
    @classmethod
    def setUpClass(cls):
        cls.broker = cls.start(Broker)
        cls.addClassCleanup(cls.broker.proxy.stop)
        cls.broker.proxy.start(cls.broker.proxied_port)
        cls.registry = cls.start(Registry)

    def messages(self):
        """Each with an id of its own as its key."""
        schema, records = stage.kdd99()
        schema_id = self.registry.register(f"{TOPIC}-value", schema)
        return [stage.message(i % PARTITIONS, i, str(i).encode(),
                              stage.framed(schema_id, records[i % len(records)].data))
                for i in range(RECORDS)]

    def sent(self):
        """What stands in each partition. A producer that loses its broker may have sent a record
        twice: then both have a score."""
        sent = [[] for _ in range(PARTITIONS)]
        for message in stage.read(self.broker, TOPIC):
            sent[message.partition].append(message)
        ids = {message.key for partition in sent for message in partition}
        self.assertEqual(len(ids), RECORDS)
        return sent

    def member(self, name, is_static):
        extra = [*SETTINGS, f"input.instance: {name}"]
        if is_static:
            extra.append(f"kafka.group.instance.id: {name}")
        path = self.config(TOPIC, self.broker.proxy, self.registry, extra)
        own = os.path.join(self.place.folder, name + ".yaml")
        os.rename(path, own)
        return Member(self.place, name, own)

    def storm(self, messages):
        """Faults, while records come; until all are scored and all members have ended in peace."""
        members = [self.member(name, is_static) for name, is_static in
                   (("one", True), ("two", False), ("three", False))]
        storm = Storm(self.place.folder, self.broker, members, self.member("spare", False))
        for member in members:
            member.start()
            self.addCleanup(member.kill)
        self.addCleanup(storm.spare.kill)
        for member in members:
            member.flinch.wait_said(re.compile("event=assigned"), 60)
        feed = Feed(self.broker, messages)
        self.addCleanup(feed.kill)
        storm.rage(feed)
        feed.finish()
        storm.calm()
        for member in [*members, storm.spare]:
            storm.end(member)
        return storm, members[0].config

    def test_each_record_has_one_score_with_the_bits_of_a_run_in_peace(self):
        started = time.monotonic()
        messages = self.messages()
        stage.create_topic(self.broker, TOPIC, PARTITIONS)
        storm, settings = self.storm(messages)

        sent = self.sent()
        found = oracle.published(self, self.broker, self.registry, TOPIC)
        verdict = oracle.judge(self, found, sent, settings, TOPIC)
        shown = sum(map(len, found.values()))
        aborted = len(stage.read(self.broker, f"{TOPIC}.scores", "read_uncommitted")) - shown
        faults = sum(storm.counts.values())
        print(f"\nchaos: seed={SEED} records={RECORDS} faults={faults} "
              + " ".join(f"{name}={count}" for name, count in sorted(storm.counts.items()))
              + f" frames={self.broker.proxy.done} ended={dict(storm.ended)} "
              f"fenced={storm.fenced} aborted_records={aborted} missing={len(verdict.missing)} "
              f"doubled={len(verdict.doubled)} unknown={len(verdict.unknown)} "
              f"differing={len(verdict.differing)} seconds={time.monotonic() - started:.0f}")
        self.assertEqual(oracle.explain(verdict), "", f"seed {SEED}")
        self.assertEqual(stage.read(self.broker, f"{TOPIC}.dlq"), [])
        self.assertGreater(aborted, 0)
        if FULL:  # of the short form's two zombies none may have had a transaction open
            self.assertGreater(storm.fenced, 0)
        self.assertGreaterEqual(faults, sum(FAULTS.values()) * TIMES)


if __name__ == "__main__":
    stage.main()
