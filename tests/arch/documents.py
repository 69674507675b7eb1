#!/usr/bin/env python3
"""Fails on a document that names what is not there: a link, a path of ours in backquotes, or a function
in `file : function`; and on a room's README over 120 lines.

    python3 tests/arch/documents.py [ROOT]
"""
import glob
import os
import re

import sources

MAX_README = 120

_LINK = re.compile(r"\]\((?!\w+://|#)([^)#\s]+)")
_PATH = re.compile(r"`((?:%s)/[\w./*-]*)(?: : (\w+))?" % "|".join((*sources.ROOMS, "ops")))
_FENCED = re.compile(r"^```.*?^```", re.S | re.M)


def documents(root):
    top = [name for name in os.listdir(root) if name.endswith(".md")]
    return sorted(top) + sources.files(root, (".md",), (*sources.ROOMS, "ops"))


def _there(root, path):
    """The files that a path, perhaps with a star, stands for."""
    return glob.glob(os.path.join(root, path))


def _missing(root, path, line):
    for link in _LINK.findall(line):
        if not _there(root, os.path.join(os.path.dirname(path), link)):
            yield f"link to {link}, which is not there"
    for named, function in _PATH.findall(line):
        found = _there(root, named)
        if not found:
            yield f"names {named}, which is not there"
        elif function and not re.search(rf"\b{function}\(", sources.text(root, named)):
            yield f"names {function}, which is not in {named}"


def check(root):
    complaints = []
    for path in documents(root):
        source = sources.text(root, path)
        if "/" in path and path.endswith("README.md") and source.count("\n") > MAX_README:
            complaints.append(f"{path}: {source.count(chr(10))} lines, {MAX_README} at most")
        prose = _FENCED.sub(lambda match: "\n" * match.group().count("\n"), source)
        for number, line in enumerate(prose.split("\n"), 1):
            complaints += [f"{path}:{number}: {what}" for what in _missing(root, path, line)]
    return complaints


if __name__ == "__main__":
    sources.main(check)
