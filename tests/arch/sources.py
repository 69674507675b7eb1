"""What the checks of this folder share: finding our sources and reading them."""
import os
import re
import sys

ROOMS = ("plugin", "model", "schemas", "consumer", "tests")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

_TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def files(root, endings=(".c", ".h"), rooms=ROOMS):
    """Paths of our files below root, relative to it, sorted."""
    found = []
    for room in rooms:
        for folder, _, names in os.walk(os.path.join(root, room)):
            found += [os.path.relpath(os.path.join(folder, name), root)
                      for name in names if name.endswith(endings)]
    return sorted(found)


def text(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as f:
        return f.read()


def code(source):
    """C without its comments and with its strings emptied; every line keeps its number."""
    def blank(match):
        found = match.group()
        return '""' if found[0] in "\"'" else "\n" * found.count("\n") or " "
    return _TOKEN.sub(blank, source)


def main(check):
    """Runs check(root) → list of complaints, and ends the program accordingly."""
    complaints = check(sys.argv[1] if len(sys.argv) > 1 else ROOT)
    print("\n".join(complaints) or "ok")
    sys.exit(1 if complaints else 0)
