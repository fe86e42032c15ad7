"""Messages and frames, as docs/protocol.md has them."""

import hashlib
import io

import cbor2
import zstandard

from change import read_unsigned, unsigned

BUNDLE = 0x81
HELLO, PUSH, PURGED, ACKNOWLEDGE, AUTHENTICATE = 0x82, 0x83, 0x84, 0x05, 0x86
WELCOME, RECEIPT, GRANTS, OUT, SCOPE_ROW, DIRECTORY = 0x90, 0x91, 0x92, 0x93, 0x94, 0x15
DOC, VERDICT, COMMIT, POKE, AUTHENTICATED, FAULT = 0x96, 0x97, 0x98, 0x19, 0x1A, 0x9B
PACK, MANIFEST, FLAG, DELTA = 0x9C, 0x9D, 0x1E, 0x9F
DOC_ROW, ROW_DELTA = 0xA2, 0xA3
COMPARE, RECONCILE, DIFFER, RECONCILED = 0x08, 0x09, 0x22, 0x23
WIPED = 0x07
KNOWN = {
    HELLO, PUSH, PURGED, ACKNOWLEDGE, AUTHENTICATE, WELCOME, RECEIPT, GRANTS, OUT, SCOPE_ROW, DIRECTORY, DOC, VERDICT,
    COMMIT, POKE, AUTHENTICATED, FAULT, PACK, MANIFEST, FLAG, DELTA, COMPARE, RECONCILE, DIFFER, RECONCILED,
    DOC_ROW, ROW_DELTA, WIPED,
}
UNPACKED_LIMIT = 64 << 20
# Feature bits of Hello.
DELTAS = 2


def frame(kind, *parts):
    payload = cbor2.dumps(list(parts))
    return bytes([kind]) + unsigned(len(payload)) + payload


def part(parts, at):
    """A part that may be absent: left out at the end, or null."""
    return parts[at] if at < len(parts) else None


def read(message, in_bundle=False):
    """The frames of a message, each as (type, parts)."""
    at = 0
    while at < len(message):
        kind = message[at]
        length, begin = read_unsigned(message, at + 1)
        at = begin + length
        payload = message[begin:at]
        assert len(payload) == length, "a frame is cut"
        if kind == BUNDLE:
            assert not in_bundle, "bundles do not nest"
            reader = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(payload))
            unpacked = reader.read(UNPACKED_LIMIT + 1)
            assert len(unpacked) <= UNPACKED_LIMIT, "a bundle unpacks to too much"
            yield from read(unpacked, in_bundle=True)
        elif kind in KNOWN:
            yield kind, cbor2.loads(payload)
        else:
            assert not kind & 0x80, f"a critical frame that this client does not know: {kind:#x}"


def hashes(heads):
    """Heads as a list."""
    return [heads[at : at + 32] for at in range(0, len(heads), 32)]


def fingerprint(heads):
    """First bytes of the hash of a version."""
    return hashlib.sha256(b"".join(sorted(heads))).digest()[:8]


def digest(documents):
    """The digest of {id: heads}."""
    shares = (hashlib.sha256(id + b"".join(sorted(heads))).digest()[:16] for id, heads in documents.items())
    total = sum(int.from_bytes(share, "little") for share in shares) % (1 << 128)
    return total.to_bytes(16, "little")


def grants_hash(grants):
    """First bytes of the hash of {scope: access}."""
    return hashlib.sha256(b"".join(scope + bytes([grants[scope]]) for scope in sorted(grants))).digest()[:8]
