#!/usr/bin/env python3
"""Fails on a mutant of tests/mutants that no longer fits the source. That it is killed, tests/mutants/run
shows.

    python3 tests/arch/mutants.py [ROOT]
"""
import os
import runpy

import sources


def check(root):
    return runpy.run_path(os.path.join(root, "tests/mutants/catalogue.py"))["check"](root)


if __name__ == "__main__":
    sources.main(check)
