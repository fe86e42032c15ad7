"""Automerge change chunks, as far as a client needs them that writes registers and elements of sets.

A real client takes Automerge's library for its language. This is here to show that docs/protocol.md says all there is to
say: the bytes must be those that Automerge itself would write, because a document that was saved and loaded must give
the same hashes again.
"""

import base64
import hashlib
import json
import struct

MAGIC = bytes([0x85, 0x6F, 0x4A, 0x83])
CHANGE = 1
MAKE_MAP, PUT, MAKE_TEXT = 0, 1, 4
# Types of values.
NULL, INTEGER, STRING, BYTES, COUNTER = 0, 4, 6, 7, 8


def unsigned(value):
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def signed(value):
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        done = (value == 0 and not byte & 0x40) or (value == -1 and byte & 0x40)
        out.append(byte | (0 if done else 0x80))
        if done:
            return bytes(out)


def read_unsigned(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


def read_signed(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return (value - (1 << shift) if byte & 0x40 else value), at


def text(value):
    data = value.encode()
    return unsigned(len(data)) + data


def runs(values, encode):
    """A column in run-length encoding: repetitions, literal runs, and runs of nothing."""
    if all(value is None for value in values):
        return b""
    groups = []
    for value in values:
        if groups and groups[-1][0] == value:
            groups[-1][1] += 1
        else:
            groups.append([value, 1])
    out, literals = bytearray(), []

    def flush():
        if literals:
            out.extend(signed(-len(literals)))
            out.extend(b"".join(literals))
            literals.clear()

    for value, count in groups:
        if value is None:
            flush()
            out.extend(signed(0) + unsigned(count))
        elif count > 1:
            flush()
            out.extend(signed(count) + encode(value))
        else:
            literals.append(encode(value))
    flush()
    return bytes(out)


class Operation:
    """Writes one key of the root (`parent` None) or of a container (`parent` the operation that made it)."""

    def __init__(self, key, action, kind=NULL, raw=b"", parent=None):
        self.key, self.action, self.kind, self.raw, self.parent = key, action, kind, raw, parent


def put(key, value, parent=None):
    """A scalar as docs/protocol.md has it: text, whole number, or the bytes of a JSON."""
    if isinstance(value, str):
        return Operation(key, PUT, STRING, value.encode(), parent)
    if isinstance(value, int):
        return Operation(key, PUT, INTEGER, signed(value), parent)
    return Operation(key, PUT, BYTES, json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(), parent)


class Change:
    """A change and its hash. `parent`s of operations are (actor, counter)."""

    def __init__(self, actor, sequence, start_op, operations, dependencies=(), time_ms=0, message=""):
        self.actor, self.sequence, self.start_op, self.operations = actor, sequence, start_op, operations
        self.max_op = start_op + len(operations) - 1
        others = sorted({op.parent[0] for op in operations if op.parent} - {actor})
        number = {actor: 0, **{other: at + 1 for at, other in enumerate(others)}}
        lengths = [len(op.raw) << 4 | op.kind for op in operations]
        columns = [
            (0x01, runs([number[op.parent[0]] if op.parent else None for op in operations], unsigned)),
            (0x02, runs([op.parent[1] if op.parent else None for op in operations], unsigned)),
            (0x15, runs([op.key for op in operations], text)),
            (0x34, unsigned(len(operations))),
            (0x42, runs([op.action for op in operations], unsigned)),
            (0x56, runs(lengths, unsigned)),
            (0x57, b"".join(op.raw for op in operations)),
            (0x70, runs([0 for _ in operations], unsigned)),
        ]
        columns = [(spec, data) for spec, data in columns if data]
        body = b"".join(
            [
                unsigned(len(dependencies)),
                *sorted(dependencies),
                unsigned(len(actor)),
                actor,
                unsigned(sequence),
                unsigned(start_op),
                signed(time_ms),
                text(message),
                unsigned(len(others)),
                *[unsigned(len(other)) + other for other in others],
                unsigned(len(columns)),
                *[unsigned(spec) + unsigned(len(data)) for spec, data in columns],
                *[data for _, data in columns],
            ]
        )
        chunk = bytes([CHANGE]) + unsigned(len(body)) + body
        self.hash = hashlib.sha256(chunk).digest()
        self.bytes = MAGIC + self.hash[:4] + chunk


def seed_actor(document, step):
    return hashlib.sha256(b"satchel seed" + document + struct.pack(">I", step)).digest()[:16]


def seed(document, kind, fields):
    """The first seed of a document: `fields` are (name, merge rule) in the order of the data model."""
    operations = [put("_kind", kind)]
    for name, rule in fields:
        if rule == "text":
            operations.append(Operation(name, MAKE_TEXT))
        elif rule == "counter":
            operations.append(Operation(name, PUT, COUNTER, signed(0)))
        elif rule != "register":
            operations.append(Operation(name, MAKE_MAP))
    return Change(seed_actor(document, 1), 1, 1, operations)


def author(member):
    """The message of a change."""
    return base64.urlsafe_b64encode(member).rstrip(b"=").decode()


def hash_of(chunk):
    """The hash of a change chunk, checked."""
    hashed = hashlib.sha256(chunk[8:]).digest()
    assert chunk[:4] == MAGIC and chunk[4:8] == hashed[:4] and chunk[8] == CHANGE, "no change chunk"
    return hashed


def dependencies_of(chunk):
    _, at = read_unsigned(chunk, 9)
    count, at = read_unsigned(chunk, at)
    return [chunk[at + 32 * n : at + 32 * (n + 1)] for n in range(count)]


def restored(rest, parent):
    """The change chunk of which a Delta left out what it builds on."""
    body = unsigned(1) + parent + rest
    chunk = bytes([CHANGE]) + unsigned(len(body)) + body
    return MAGIC + hashlib.sha256(chunk).digest()[:4] + chunk
