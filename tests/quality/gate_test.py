#!/usr/bin/env python3
"""The quality gate: on the project's own sets, mean ROC-AUC and mean average precision are no worse
than recorded, seed noise aside.

    FLINCH=build/release/flinch python3 tests/quality/gate_test.py
    FLINCH_GATE=small …                      three small sets and one seed, for a slow build
"""
import math
import os
import statistics
import unittest

import quality

SMALL = ("breastw", "cardio", "ionosphere")
# How many standard errors of a difference of two means count as noise, and what always does.
ERRORS = 3
LEAST = {"roc_auc": 0.004, "average_precision": 0.01}


def noise(recorded, names, seeds, m):
    """Two means over the same sets, each of this many seeds, differ by chance by about so much."""
    variance = sum(quality.spread(recorded[name][m]) ** 2 for name in names)
    return math.sqrt(2 * variance / seeds) / len(names)


class Gate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        small = os.environ.get("FLINCH_GATE") == "small"
        cls.recorded = quality.recorded()["sets"]
        cls.seeds = range(1, 2 if small else 4)
        sets = quality.find([quality.OWN])
        cls.names = SMALL if small else tuple(sorted(sets))
        cls.found = quality.measure({name: sets[name] for name in cls.names}, cls.seeds)

    def mean(self, found, m):
        return statistics.fmean(quality.group_means(found, self.names, m))

    def no_worse(self, m):
        now = self.mean(self.found, m)
        before = self.mean(self.recorded, m)
        allowed = max(ERRORS * noise(self.recorded, self.names, len(self.seeds), m), LEAST[m])
        per_set = ", ".join(f"{name} {statistics.fmean(self.found[name][m]):.3f} "
                            f"({statistics.fmean(self.recorded[name][m]):.3f})"
                            for name in self.names)
        self.assertGreaterEqual(now, before - allowed,
                                f"mean {m} {now:.4f}, recorded {before:.4f}, noise {allowed:.4f}; "
                                f"by set, recorded in brackets: {per_set}")

    def test_every_set_was_recorded(self):
        self.assertEqual([name for name in self.names if name not in self.recorded], [])

    def test_mean_roc_auc_has_not_fallen(self):
        self.no_worse("roc_auc")

    def test_mean_average_precision_has_not_fallen(self):
        self.no_worse("average_precision")


if __name__ == "__main__":
    unittest.main(verbosity=2)
