#!/usr/bin/env python3
"""flinch eval as its user meets it: what it measures, which files it reads, what it says of mistakes.

    FLINCH=build/release/flinch python3 tests/host/eval_test.py
"""
import csv
import gzip
import json
import os
import random
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FLINCH = os.environ.get("FLINCH", os.path.join(ROOT, "build", "release", "flinch"))
KDD99 = os.path.join(ROOT, "tests", "data", "kdd99.avro")
EX_OK, EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_CONFIG = 0, 64, 65, 66, 78


def flinch(*arguments):
    return subprocess.run([FLINCH, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False, timeout=120)


def area(pairs):
    """ROC-AUC by its definition: pairs of a positive and a negative, a tie counting half."""
    positives = [score for score, label in pairs if label]
    negatives = [score for score, label in pairs if not label]
    above = sum((p > n) + (p == n) / 2 for p in positives for n in negatives)
    return above / (len(positives) * len(negatives))


def records(count, chance=0.05):
    """Two features that go together, but for the anomalies."""
    rng = random.Random(7)
    for _ in range(count):
        x = rng.gauss(0, 1)
        odd = rng.random() < chance
        yield {"x": f"{x:.6f}", "y": f"{(-3 if odd else 1) * x + rng.gauss(0, 0.1):.6f}",
               "site": rng.choice(("north", "south")), "label": str(int(odd))}


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="flinch-eval-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "wb") as f:
                f.write(content.encode() if isinstance(content, str) else content)
        return path

    def table(self, name, rows):
        rows = list(rows)
        lines = [",".join(rows[0])] + [",".join(row.values()) for row in rows]
        text = "".join(line + "\n" for line in lines).encode()
        return self.path(name, gzip.compress(text) if name.endswith(".gz") else text)

    def eval(self, *arguments):
        done = flinch("eval", *arguments, "--json")
        self.assertEqual(done.returncode, EX_OK, done.stderr)
        return json.loads(done.stdout)


class Measures(Folder):
    def test_the_area_is_that_of_the_scores_behind_the_first_quarter_or_256(self):
        rows = list(records(1500))
        path = self.table("a.csv", rows)

        result = self.eval(path, "--label", "label", "--features", "x,y")
        flinch("score", path, "--output", self.path("scores.csv"), "--set", "features=[x, y]")

        with open(self.path("scores.csv"), encoding="utf-8") as f:
            scores = [float(row["score"]) for row in csv.DictReader(f)]
        pairs = [(score, row["label"] == "1")
                 for score, row in zip(scores, rows, strict=True)][256:]
        self.assertEqual((result["records"], result["scored"]), (1500, 1244))
        self.assertEqual(result["labeled"], sum(label for _, label in pairs))
        self.assertAlmostEqual(result["roc_auc"], area(pairs), places=5)

    def test_a_short_file_starts_with_a_quarter_of_its_records(self):
        path = self.table("short.csv", records(400))

        result = self.eval(path, "--label", "label")

        self.assertEqual((result["records"], result["scored"]), (400, 300))

    def test_a_stated_warmup_stays(self):
        path = self.table("short.csv", records(400))

        result = self.eval(path, "--label", "label", "--set", "detector.warmup=256")

        self.assertEqual(result["scored"], 144)

    def test_auto_takes_all_numbers_but_the_label(self):
        path = self.table("a.csv", records(600))

        auto = self.eval(path, "--label", "label")
        listed = self.eval(path, "--label", "label", "--features", "x,y")

        self.assertEqual(auto["roc_auc"], listed["roc_auc"])

    def test_gzip_plain_and_semicolons_are_the_same_file(self):
        rows = list(records(600))
        plain = self.table("a.csv", rows)
        packed = self.table("a.csv.gz", rows)
        with open(plain, encoding="utf-8") as f:
            other = self.path("b.csv", "\ufeff" + f.read().replace(",", ";").replace("\n", "\r\n"))

        results = [self.eval(path, "--label", "label", "--stream", "s")
                   for path in (plain, packed, other)]

        self.assertEqual({result["roc_auc"] for result in results}, {results[0]["roc_auc"]})

    def test_an_avro_file_is_read_and_a_category_is_a_feature(self):
        features = ("--set", "features=[src_bytes, count, serror_rate]")

        result = self.eval(KDD99, "--label", "label", *features)

        self.assertEqual((result["records"], result["scored"]), (74016, 73760))
        self.assertGreater(result["roc_auc"], 0.9)
        self.assertGreater(result["records_per_second"], 0)
        for key in ("average_precision", "best_f1", "alarm_rate", "alarm_rate_stated"):
            self.assertIsInstance(result[key], float)

    def test_a_text_column_of_a_csv_file_serves_as_category_and_as_stream(self):
        path = self.table("a.csv", records(1200))
        config = self.path("config.yaml",
                           "features: [x, y, {field: site, one_hot: [north, south]}]\n")

        one_hot = self.eval(path, "--label", "label", "--config", config)
        streams = self.eval(path, "--label", "label", "--set", "input.stream=site",
                            "--set", "detector.warmup=64")

        self.assertEqual(one_hot["scored"], 944)
        self.assertEqual(streams["scored"], 1200 - 2 * 64)

    def test_a_record_without_label_is_learned_from_and_not_judged(self):
        rows = list(records(600))
        rows[500]["label"] = ""

        done = flinch("eval", self.table("a.csv", rows), "--label", "label")

        self.assertIn("1 have no label", done.stdout)

    def test_two_seeds_differ_and_one_is_the_same_again(self):
        path = self.table("a.csv", records(600))

        scores = [self.eval(path, "--label", "label", "--seed", seed)["average_precision"]
                  for seed in ("1", "1", "2")]

        self.assertEqual(scores[0], scores[1])
        self.assertNotEqual(scores[0], scores[2])


class Mistakes(Folder):
    def refused(self, code, *arguments):
        done = flinch("eval", *arguments)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        return done.stderr

    def test_without_a_label_it_says_what_it_needs(self):
        self.assertIn("--label FIELD", self.refused(EX_USAGE, KDD99))

    def test_an_unknown_label_gets_the_nearest_and_those_that_exist(self):
        path = self.table("a.csv", records(300))

        said = self.refused(EX_CONFIG, path, "--label", "lable")

        self.assertIn('did you mean "label"?; there are: x, y, label', said)

    def test_a_label_of_text_is_none(self):
        path = self.table("a.csv", records(300))

        self.assertIn("no number or boolean", self.refused(EX_CONFIG, path, "--label", "site"))

    def test_the_label_cannot_be_a_feature(self):
        path = self.table("a.csv", records(300))

        said = self.refused(EX_CONFIG, path, "--label", "label", "--features", "x,label")

        self.assertIn("is the label, which the detector never sees", said)

    def test_one_class_alone_has_no_area(self):
        path = self.table("a.csv", records(600, chance=0))

        said = flinch("eval", path, "--label", "label")
        result = self.eval(path, "--label", "label")

        self.assertIn("undefined: no scored record is labeled an anomaly", said.stdout)
        self.assertIsNone(result["roc_auc"])

    def test_a_row_with_another_number_of_cells_is_named_by_its_line(self):
        path = self.path("a.csv", "x,label\n1,0\n2\n")

        self.assertIn("line 3: 1 cells, but the header has 2",
                      self.refused(EX_DATAERR, path, "--label", "label"))

    def test_a_file_cut_short_is_an_error(self):
        whole = self.table("a.csv.gz", records(600))
        with open(whole, "rb") as f:
            cut = self.path("cut.csv.gz", f.read()[:3000])

        self.assertIn("does not unpack", self.refused(EX_DATAERR, cut, "--label", "label"))

    def test_a_file_that_is_not_there(self):
        said = self.refused(EX_NOINPUT, self.path("absent.csv"), "--label", "label")

        self.assertIn("absent.csv: No such file or directory", said)

    def test_an_empty_one_and_one_of_a_header_alone(self):
        self.refused(EX_DATAERR, self.path("empty.csv", ""), "--label", "label")
        done = flinch("eval", self.path("header.csv", "x,label\n"), "--label", "label")

        self.assertIn("nothing is left to judge", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
