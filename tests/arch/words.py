#!/usr/bin/env python3
"""Fails on words that break a promise of the project, comments and strings left aside.

    python3 tests/arch/words.py [ROOT]
"""
import os
import re

import sources

BELOW_HOST = ("plugin/include/", "model/", "schemas/", "consumer/")
OURS = BELOW_HOST + ("plugin/",)

# Where, what, why not.
RULES = (
    (("",), r"\b_Thread_local\b|\b__thread\b|\bthread_local\b", "no thread-local state"),
    (OURS, r"\bgets\b|\bstrcpy\b|\bstrcat\b|\bsprintf\b|\bvsprintf\b", "unbounded write"),
    (BELOW_HOST, r"\bv?f?printf\s*\(|\bf?puts\s*\(|\bputchar\s*\(|\bperror\s*\(|\bstderr\b|\bstdout\b",
     "nothing is printed below plugin/host/"),
    (BELOW_HOST, r"\babort\s*\(|\b_?exit\s*\(", "only the host ends the process"),
    (("model/",), r"\bFILE\b|\bfopen\s*\(|\bopen\s*\(|\bgetenv\s*\(", "the model does no I/O"),
    (("model/",), r"\btime\s*\(|\bclock\w*\s*\(|\bgettimeofday\s*\(|\brand\w*\s*\(",
     "scores may depend on the records and the seed alone"),
    (("model/",), r"\bpthread_\w+|\bthrd_\w+|\batomic_\w+", "the model knows no thread"),
    (("tests/",), r"\b(?:u|nano|clock_nano)?sleep\s*\(", "tests wait for a condition, never a time"),
    (("tests/",), r'#\s*include\s*"[^"]*\.c"', "tests use the library, not its source"),
)
BUILD_RULES = (
    (r"-ffast-math|-Ofast|-ffinite-math-only|-fassociative-math", "NaN must stay seen"),
    (r"--wrap", "fakes are passed in, not linked in"),
)


def _complain(path, source, pattern, reason):
    return [f"{path}:{source.count(chr(10), 0, m.start()) + 1}: {m.group().strip()}: {reason}"
            for m in re.finditer(pattern, source)]


def _build_files(root):
    top = [name for name in ("CMakeLists.txt", "CMakePresets.json")
           if os.path.exists(os.path.join(root, name))]
    return top + sources.files(root, ("CMakeLists.txt", ".cmake"))


def check(root):
    complaints = []
    for path in sources.files(root):
        raw = sources.text(root, path)
        source = sources.code(raw)
        for rooms, pattern, reason in RULES:
            if path.startswith(rooms):
                # Names of files stand in quotes, which `code` empties.
                complaints += _complain(path, raw if "include" in pattern else source, pattern,
                                        reason)
    for path in _build_files(root):
        source = re.sub(r"#.*", "", sources.text(root, path))
        for pattern, reason in BUILD_RULES:
            complaints += _complain(path, source, pattern, reason)
    return complaints


if __name__ == "__main__":
    sources.main(check)
