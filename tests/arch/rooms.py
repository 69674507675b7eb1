#!/usr/bin/env python3
"""The room test: fails on an #include that breaks the table of rooms in ARCHITECTURE.md.

    python3 tests/arch/rooms.py [ROOT]
"""
import re

import sources

C_BARE = {"stdbool.h", "stddef.h", "stdint.h"}
C_PURE = C_BARE | {
    "assert.h", "ctype.h", "errno.h", "float.h", "inttypes.h", "limits.h", "math.h", "setjmp.h",
    "stdalign.h", "stdarg.h", "stdio.h", "stdlib.h", "string.h"}
C_ALL = C_PURE | {"locale.h", "signal.h", "stdatomic.h", "threads.h", "time.h"}
POSIX = {
    "dirent.h", "dlfcn.h", "fcntl.h", "getopt.h", "ifaddrs.h", "net/if.h", "netdb.h",
    "netinet/in.h", "netinet/tcp.h", "arpa/inet.h", "poll.h", "pthread.h", "sched.h", "search.h",
    "strings.h", "sysexits.h", "termios.h", "unistd.h"}

# Room → what its files may include. The first room whose name begins the path decides. `ours` are
# beginnings of paths, or whole ones; `third` are beginnings, too.
TABLE = (
    ("plugin/include/flinch/", {"ours": ("flinch/",), "system": C_BARE, "third": ()}),
    ("plugin/include/", {"ours": ("flinch/",), "system": C_PURE, "third": ()}),
    ("model/", {"ours": ("flinch/", "model/"), "system": C_PURE, "third": ("cblas.h",)}),
    ("schemas/", {"ours": ("flinch/", "schemas/"), "system": C_ALL | POSIX,
                  "third": ("avro.h", "avro/", "curl/", "jansson.h", "zlib.h")}),
    ("consumer/", {"ours": ("flinch/", "consumer/", "schemas/", "model/stream.h"),
                   "system": C_ALL | POSIX, "third": ("librdkafka/",)}),
    # The one file that names the versions of all libraries.
    ("plugin/host/verb_version.c", {
        "ours": ("flinch/", "plugin/host/"), "system": C_ALL | POSIX,
        "third": ("avro.h", "avro/", "cblas.h", "openblas_config.h", "curl/", "jansson.h",
                  "libfyaml.h", "librdkafka/", "zlib.h")}),
    ("plugin/host/", {"ours": ("flinch/", "plugin/host/", "consumer/", "schemas/", "model/"),
                      "system": C_ALL | POSIX,
                      "third": ("libfyaml.h", "microhttpd.h", "librdkafka/", "cblas.h")}),
    # Whatever else stands in plugin/ is a detector like anyone's: it knows the ABI alone.
    ("plugin/", {"ours": ("flinch/",), "system": C_PURE, "third": ()}),
    ("tests/", {"ours": ("flinch/", "plugin/", "consumer/", "schemas/", "model/", "tests/"),
                "system": C_ALL | POSIX,
                "third": ("avro.h", "avro/", "cblas.h", "cmocka.h", "curl/", "jansson.h",
                          "libfyaml.h", "librdkafka/", "microhttpd.h", "zlib.h")}),
)

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include\b[ \t]*(?:"([^"]*)"|<([^>]*)>|(.*))', re.M)


def room_of(path):
    return next((room, rule) for room, rule in TABLE if path.startswith(room))


def _begins(name, allowed):
    return any(name.startswith(a) if a.endswith("/") else name == a for a in allowed)


def refusal(path, ours, system):
    """Why `path` may not include this, or None."""
    room, rule = room_of(path)
    if ours is not None:
        return None if _begins(ours, rule["ours"]) and ".." not in ours else \
            f'"{ours}" is not open to {room}'
    if system is None:
        return "an include by macro hides what it includes"
    if system in rule["system"] or _begins(system, rule["third"]):
        return None
    if system.startswith("sys/") and "unistd.h" in rule["system"]:
        return None
    return f"<{system}> is not open to {room}"


def check(root):
    complaints = []
    for path in sources.files(root):
        source = sources.text(root, path)
        for match in _INCLUDE.finditer(source):
            reason = refusal(path, match.group(1), match.group(2))
            if reason:
                line = source.count("\n", 0, match.start()) + 1
                complaints.append(f"{path}:{line}: {reason}")
    return complaints


if __name__ == "__main__":
    sources.main(check)
