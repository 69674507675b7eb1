#!/usr/bin/env python3
"""Writes kdd99.avro from the records as CSV: see README.md.

    python3 tests/data/make_kdd99.py kdd99.csv.gz tests/data/kdd99.avro
"""
import csv
import gzip
import json
import struct
import sys
import zlib

TEXT = {"protocol_type", "service", "flag", "attack"}
BLOCK_BYTES = 256 * 1024
SYNC = b"flinch kdd99 v1."  # any 16 bytes; fixed, so that the file is the same each time


def varint(n):
    n = (n << 1) ^ (n >> 63)
    out = bytearray()
    while n > 0x7F:
        out.append((n & 0x7F) | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def text(s):
    raw = s.encode()
    return varint(len(raw)) + raw


def type_of(name, values):
    if name in TEXT:
        return "string"
    if name == "label":
        return "int"
    return "double" if any("." in v for v in values) else "long"


def encode(kind, value):
    if kind == "string":
        return text(value)
    return struct.pack("<d", float(value)) if kind == "double" else varint(int(value))


def main(source, target):
    with gzip.open(source, "rt", newline="") as f:
        rows = list(csv.reader(f))
    names, rows = rows[0], rows[1:]
    kinds = [type_of(name, [row[i] for row in rows]) for i, name in enumerate(names)]
    schema = {"type": "record", "name": "Connection", "namespace": "kdd99",
              "doc": "A connection as a network sensor summed it up (KDD Cup 1999).",
              "fields": [{"name": n, "type": k} for n, k in zip(names, kinds)]}
    meta = {"avro.schema": json.dumps(schema, separators=(",", ":")), "avro.codec": "deflate"}
    with open(target, "wb") as out:
        out.write(b"Obj\x01" + varint(len(meta)))
        for key, value in meta.items():
            out.write(text(key) + text(value))
        out.write(varint(0) + SYNC)
        block, count = bytearray(), 0
        for i, row in enumerate(rows):
            for kind, value in zip(kinds, row):
                block += encode(kind, value)
            count += 1
            if len(block) >= BLOCK_BYTES or i + 1 == len(rows):
                packer = zlib.compressobj(9, zlib.DEFLATED, -15)
                packed = packer.compress(bytes(block)) + packer.flush()
                out.write(varint(count) + varint(len(packed)) + packed + SYNC)
                block, count = bytearray(), 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
