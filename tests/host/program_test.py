#!/usr/bin/env python3
"""The program as its user meets it: exit codes, what is said of mistakes, the offline verbs, and how
good the demo is.

    FLINCH=build/release/flinch python3 tests/host/program_test.py
"""
import csv
import json
import os
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FLINCH = os.environ.get("FLINCH", os.path.join(ROOT, "build", "release", "flinch"))
KDD99 = os.path.join(ROOT, "tests", "data", "kdd99.avro")
EX_OK, EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_CONFIG = 0, 64, 65, 66, 78

FIVE_MISTAKES = """\
kafka: {bootstrap.servers: "127.0.0.1:1"}
registry: {url: "http://127.0.0.1:2"}
input:
  topik: telemetry
  group: [flinch]
features: [cpu]
alarm_rate: 0.5x
workers: 900
"""


def flinch(*arguments):
    return subprocess.run([FLINCH, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False, timeout=120)


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="flinch-program-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "w", encoding="utf-8") as f:
                f.write(content)
        return path


class Mistakes(Folder):
    def expect_all_five(self, done, path):
        self.assertEqual(done.returncode, EX_CONFIG)
        for line in (
                f'{path}:3:1: input.topic: missing (expected the topic to read)',
                f'{path}:4:3: input.topik: unknown key',
                'did you mean "input.topic"?',
                f'{path}:5:10: input.group: a list (expected text)',
                f'{path}:7:13: alarm_rate: "0.5x" is not a number (expected a number from',
                f'{path}:8:10: workers: "900" is out of range (expected a whole number from 1'):
            self.assertIn(line, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 5, done.stderr)
        self.assertEqual(done.stdout, "")

    def test_check_tells_five_mistakes_in_one_run(self):
        path = self.path("config.yaml", FIVE_MISTAKES)

        self.expect_all_five(flinch("check", path), path)

    def test_run_tells_them_too_and_starts_nothing(self):
        path = self.path("config.yaml", FIVE_MISTAKES)

        self.expect_all_five(flinch("run", "--config", path), path)

    def test_an_override_is_checked_like_the_file(self):
        done = flinch("demo", "--set", "alarm_rte=0.1")

        self.assertEqual(done.returncode, EX_CONFIG)
        self.assertIn('--set alarm_rte: unknown key', done.stderr)
        self.assertIn('did you mean "alarm_rate"?', done.stderr)

    def test_an_unknown_verb_gets_the_nearest(self):
        done = flinch("chekc")

        self.assertEqual(done.returncode, EX_USAGE)
        self.assertIn('"chekc" is not a verb; did you mean "check"?', done.stderr)

    def test_the_example_is_valid(self):
        done = flinch("check", os.path.join(ROOT, "config.example.yaml"))

        self.assertEqual((done.returncode, done.stderr), (EX_OK, ""))
        self.assertTrue(done.stdout.endswith("ok\n"))


class Score(Folder):
    OPTIONS = ("--set", "input.stream=service", "--set", "features=[src_bytes, count, serror_rate]")

    def test_csv_json_lines_and_avro_say_the_same(self):
        for name in ("a.csv", "a.jsonl", "a.avro"):
            done = flinch("score", KDD99, "--output", self.path(name), *self.OPTIONS, "--json")
            self.assertEqual((done.returncode, json.loads(done.stdout)["records"]), (EX_OK, 74016),
                             done.stderr)
        with open(self.path("a.csv"), encoding="utf-8") as f:
            table = list(csv.DictReader(f))
        with open(self.path("a.jsonl"), encoding="utf-8") as f:
            lines = [json.loads(line) for line in f]
        again = flinch("score", self.path("a.avro"), "--set", "features=[score]", "--json")

        self.assertEqual(len(table), 74016)
        for row, line in zip(table, lines, strict=True):
            self.assertEqual((row["stream"], row["status"], float(row["score"])),
                             (line["stream"], line["status"], line["score"]))
        self.assertEqual({line["stream"] for line in lines}, {"http", "smtp"})
        self.assertEqual(json.loads(again.stdout.splitlines()[-1])["records"], 74016)

    def test_two_runs_write_the_same_bytes(self):
        for name in ("one.csv", "two.csv"):
            flinch("score", KDD99, "--output", self.path(name), *self.OPTIONS)

        with open(self.path("one.csv"), "rb") as one, open(self.path("two.csv"), "rb") as two:
            self.assertEqual(one.read(), two.read())

    def test_without_an_output_it_prints_csv(self):
        done = flinch("score", KDD99, *self.OPTIONS)

        self.assertTrue(done.stdout.startswith("partition,offset,timestamp,stream,status,score"))
        self.assertEqual(len(done.stdout.splitlines()), 74017)

    def test_a_field_that_the_file_lacks_is_named(self):
        done = flinch("score", KDD99, "--set", "features=[src_bytes, src_bites]")

        self.assertEqual(done.returncode, EX_OK)
        self.assertIn("feature src_bites is missing in every record", done.stderr)

    def test_a_file_that_is_not_there_and_one_that_is_none(self):
        absent = flinch("score", self.path("absent.avro"))
        other = flinch("score", self.path("other.avro", "no container"))
        short = self.path("short.avro")
        with open(KDD99, "rb") as f, open(short, "wb") as out:
            out.write(f.read(100000))
        cut = flinch("score", short, "--output", self.path("cut.csv"))

        self.assertEqual(absent.returncode, EX_NOINPUT)
        self.assertIn("absent.avro: No such file or directory", absent.stderr)
        self.assertEqual(other.returncode, EX_DATAERR)
        self.assertIn("not an Avro object container file", other.stderr)
        self.assertEqual(cut.returncode, EX_DATAERR)

    def test_a_stream_with_too_long_a_name_is_refused(self):
        rows = self.path("rows.csv", "host,load\nweb,1\n" + "x" * 1025 + ",2\n")
        done = flinch("score", rows, "--set", "input.stream=host")

        self.assertEqual(done.returncode, EX_DATAERR)
        self.assertIn("record 1: the name of its stream has 1025 bytes, 1024 at most", done.stderr)

    def test_a_full_disk_is_an_error(self):
        done = flinch("score", KDD99, "--output", "/dev/full", *self.OPTIONS)

        self.assertNotEqual(done.returncode, EX_OK)


class Demo(unittest.TestCase):
    def test_it_finds_the_attacks(self):
        done = flinch("demo", "--json")
        result = json.loads(done.stdout.splitlines()[-1])

        self.assertEqual((done.returncode, result["records"]), (EX_OK, 74016), done.stderr)
        self.assertGreaterEqual(result["roc_auc"], 0.98)
        self.assertGreaterEqual(result["average_precision"], 0.80)

    def test_it_says_what_it_shows(self):
        done = flinch("demo")

        self.assertEqual(done.returncode, EX_OK, done.stderr)
        for text in ("serror_rate", "expected", "neptune", "ROC-AUC 0.9", "false alarms"):
            self.assertIn(text, done.stdout)
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80)

    def test_live_it_learns_this_machine(self):
        done = flinch("demo", "--live", "--seconds", "15", "--set", "detector.warmup=64", "--json")
        result = json.loads(done.stdout.splitlines()[-1])

        self.assertEqual(done.returncode, EX_OK, done.stderr)
        self.assertGreater(result["scored"], 0)
        self.assertIsNone(result["roc_auc"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
