#!/usr/bin/env python3
"""The size report: fails on a function over 70 lines or a file over 500, and prints the medians.

    python3 tests/arch/sizes.py [ROOT]

Leans on clang-format, which has run before: a body opens at the end of a line, and the line that
closes a function is a brace alone in the first column.
"""
import re
import statistics

import sources

MAX_FUNCTION = 70
MAX_FILE = 500

_NAME = re.compile(r"(\w+)\s*\(")


def functions(source):
    """(name, first line, number of lines) of each function of clang-formatted C."""
    found = []
    start, head, inside = 0, "", False
    for number, line in enumerate(sources.code(source).split("\n"), 1):
        if inside:
            if line.startswith("}"):
                inside = False
                name = _NAME.search(head)
                if line.rstrip() == "}" and name:
                    found.append((name.group(1), start, number - start + 1))
                head = ""
            continue
        if not line.strip() or line.startswith(("#", "}")) or line.startswith('extern ""'):
            head = ""
            continue
        start = start if head else number
        head += line + " "
        if line.rstrip().endswith("{"):
            inside = True
        elif line.rstrip().endswith((";", "}")):
            head = ""
    return found


def check(root):
    complaints, lengths, sizes = [], [], []
    for path in sources.files(root):
        source = sources.text(root, path)
        lines = source.count("\n")
        if path.endswith(".c"):
            sizes.append(lines)
        if lines > MAX_FILE:
            complaints.append(f"{path}: {lines} lines, {MAX_FILE} at most")
        for name, line, length in functions(source):
            lengths.append(length)
            if length > MAX_FUNCTION:
                complaints.append(f"{path}:{line}: {name} has {length} lines, {MAX_FUNCTION} at most")
    _report("lines a function", lengths)
    _report("lines a .c file", sizes)
    return complaints


def _report(what, numbers):
    if numbers:
        ranked = sorted(numbers)
        print(f"{what}: {len(ranked)}, median {statistics.median(ranked):.0f}, "
              f"p95 {ranked[len(ranked) * 95 // 100]}, most {ranked[-1]}")


if __name__ == "__main__":
    sources.main(check)
