"""A device that keeps its records in memory: enrols, exchanges, listens. Written from docs/protocol.md."""

import base64
import json
import os
import time
import urllib.error
import urllib.request
import uuid

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import wire
from change import Change, author, dependencies_of, hash_of, put, restored, seed

ACKNOWLEDGING, PARKING = (0, 1, 2), (3, 4, 9)


def unpadded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Refused(Exception):
    """A problem document."""

    def __init__(self, status, problem):
        super().__init__(f"{status} {problem.get('code')}")
        self.status, self.code = status, problem.get("code")


class Document:
    def __init__(self, kind):
        self.kind, self.scope, self.row = kind, None, None
        # What the relay acknowledged, and what this device pushed on top of it.
        self.acknowledged, self.heads, self.pending, self.base = None, [], [], None
        self.max_op = 0


class Client:
    def __init__(self, url):
        self.url, self.key, self.actor = url, Ed25519PrivateKey.generate(), os.urandom(16)
        self.cursor = self.newest = self.caught_up = None
        self.grants, self.documents, self.floors, self.want = {}, {}, {}, set()
        self.directory, self.outs, self.purged, self.receipts = None, {}, [], []
        self.exchange_number, self.bytes = 0, (0, 0)
        # The last sequence number of this device in each document.
        self.sequences = {}

    # HTTP

    def request(self, path, body, headers):
        request = urllib.request.Request(self.url + path, data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request) as response:
                return response.read()
        except urllib.error.HTTPError as error:
            raise Refused(error.code, json.loads(error.read())) from None

    def json(self, path, body):
        return json.loads(self.request(path, json.dumps(body).encode(), {"Content-Type": "application/json"}))

    def enrol(self, code):
        public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        body = {"code": code, "public_key": unpadded(public), "device_name": "a script", "platform": "python"}
        answer = self.json("/v1/enrol", body)
        assert self.json("/v1/enrol", body) == answer, "sent again with the same key, the answer is the same"
        self.device, self.member = answer["device_id"], uuid.UUID(answer["member_id"]).bytes

    def sign_in(self):
        challenge = self.json("/v1/token/challenge", {"device_id": self.device})["challenge"]
        signed = f"satchel-token-v1\n{self.device}\n{challenge}".encode()
        body = {"device_id": self.device, "challenge": challenge, "signature": unpadded(self.key.sign(signed))}
        self.token = self.json("/v1/token", body)["token"]

    # Records

    def create(self, kind, fields, model):
        """A record of registers; `model` has the fields of the kind with their merge rules."""
        now_ms = time.time_ns() // 1_000_000
        stamp = now_ms.to_bytes(6, "big") + os.urandom(10)
        id = uuid.UUID(bytes=bytes(stamp[:6]) + bytes([0x70 | stamp[6] & 15, stamp[7], 0x80 | stamp[8] & 63]) + stamp[9:]).bytes
        born = seed(id, kind, model)
        created = {"at_ms": now_ms, "by": str(uuid.UUID(bytes=self.member)), "zone": "Asia/Shanghai"}
        operations = [put("_created", created)] + [put(name, value) for name, value in fields.items()]
        document = self.documents[id] = Document(kind)
        document.heads, document.max_op = [born.hash], born.max_op
        self.write(id, operations, now_ms)
        return id

    def edit(self, id, fields):
        """Sets registers that had no value."""
        self.write(id, [put(name, value) for name, value in fields.items()], time.time_ns() // 1_000_000)

    def write(self, id, operations, now_ms):
        document = self.documents[id]
        sequence = self.sequences[id] = self.sequences.get(id, 0) + 1
        change = Change(
            self.actor, sequence, document.max_op + 1, operations, document.heads, now_ms, author(self.member)
        )
        document.max_op, document.heads = change.max_op, [change.hash]
        document.pending.append(change.bytes)
        document.base = document.base or self.cursor

    # Exchanges

    def hello(self, pushes):
        self.exchange_number += 1
        held = {
            id: doc.acknowledged
            for id, doc in self.documents.items()
            if doc.acknowledged is not None and doc.scope in self.grants
        }
        loading = [[scope, seq, done] for scope, (seq, done) in sorted(self.floors.items())]
        # Part 5 only where it is not the cursor; part 11 only where something is pushed.
        return wire.frame(
            wire.HELLO, 1, 1, self.exchange_number, self.cursor, self.caught_up,
            self.newest if self.newest != self.cursor else None, wire.grants_hash(self.grants),
            None if loading else wire.digest(held), len(pushes), int(time.time()), 0,
            self.actor if pushes else None, loading or None, sorted(self.want), wire.DELTAS,
        )

    def message(self):
        pushes = [
            wire.frame(wire.PUSH, id, doc.kind, doc.base, b"".join(sorted(doc.heads)), doc.pending)
            for id, doc in self.documents.items()
            if doc.pending
        ]
        purged = [wire.frame(wire.PURGED, *receipt) for receipt in self.purged]
        return b"".join([self.hello(pushes), *pushes, *purged])

    def sync(self):
        """Exchanges until there is no more. Answers how many exchanges it took."""
        for count in range(1, 50):
            question = self.message()
            headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/vnd.satchel.frames"}
            answer = self.request("/v1/sync", question, headers)
            self.bytes = (len(question), len(answer))
            more = self.take(answer)
            self.purge()
            if not more and not self.purged and not self.want and not any(d.pending for d in self.documents.values()):
                return count
        raise AssertionError("it does not come to an end")

    def take(self, message):
        """Applies an answer (or a live message), batch by batch. Answers whether there is more."""
        batch, more, welcomed = [], False, False
        for kind, parts in wire.read(message):
            if kind == wire.WELCOME:
                assert parts[0] == self.exchange_number
                assert not wire.part(parts, 3), "no new epoch is expected here"
                welcomed = True
                self.purged = []
            elif kind == wire.FAULT:
                raise Refused(0, {"code": parts[0]})
            elif kind == wire.RECEIPT:
                self.receipt(parts)
            elif kind == wire.COMMIT:
                more = self.commit(batch, parts)
                batch = []
            else:
                batch.append((kind, parts))
        assert not batch, "a batch without its commit"
        return more and welcomed

    def receipt(self, parts):
        id, state, code, heads, point, readable = parts
        self.receipts.append((id, state, code))
        document = self.documents[id]
        if state in ACKNOWLEDGING or state in PARKING:
            document.pending, document.base = [], None
        if state in ACKNOWLEDGING:
            document.acknowledged = wire.hashes(heads)
        self.newest = point
        if not readable:
            del self.documents[id]

    def commit(self, batch, parts):
        from_seq, to_seq, more = parts[:3]
        have = self.cursor[1] if self.cursor else 0
        if not from_seq <= have <= to_seq:
            return True
        for kind, content in batch:
            if kind == wire.GRANTS:
                self.grants = {scope: access for scope, access in content[0]}
            elif kind == wire.OUT:
                self.outs[content[0]] = content[1]
            elif kind == wire.DIRECTORY:
                self.directory = json.loads(content[0])
            elif kind == wire.DOC:
                self.document(content)
            elif kind == wire.DELTA:
                self.delta(content)
        self.cursor = [wire.part(parts, 3) or self.cursor[0], to_seq]
        ahead = [content[3] for kind, content in batch if kind == wire.DOC]
        ahead += [seq for _, seq, _ in wire.part(parts, 5) or []]
        self.newest = [self.cursor[0], max([to_seq, *ahead])]
        self.caught_up = (self.caught_up or 0) if more else None
        floors = wire.part(parts, 5)
        self.floors = {scope: (seq, done) for scope, seq, done in floors or []} if more else {}
        if not more:
            expected = wire.part(parts, 4)
            held = {id: d.acknowledged for id, d in self.documents.items() if d.acknowledged and d.scope in self.grants}
            dirty = any(d.pending for d in self.documents.values())
            assert expected is None or dirty or expected == wire.digest(held), "the digests differ"
        return more

    def document(self, parts):
        id, kind, scope, _, snapshot, changes, heads, row = parts[:8]
        document = self.documents.setdefault(id, Document(kind))
        reached = set(document.acknowledged or [])
        for chunk in changes:
            reached -= set(dependencies_of(chunk))
            reached.add(hash_of(chunk))
        wanted = wire.hashes(heads)
        # A snapshot is opaque here; without one the changes must lead from what is known to the heads.
        if snapshot is None and reached != set(wanted) and document.acknowledged != wanted:
            self.want.add(id)
        else:
            self.want.discard(id)
        document.scope, document.acknowledged, document.row = scope, wanted, json.loads(row)

    def delta(self, parts):
        """What changed in a document, on top of what is here; where that does not lead where it should, the whole is asked for."""
        id, changes, fingerprint, schema, difference = parts[:5]
        document = self.documents.get(id)
        if document is None:
            return
        acknowledged, row = document.acknowledged or [], document.row
        if not changes:
            # Our own come back. This client makes no rows of its own: it asks for the one that they lead to.
            if not document.pending:
                self.want.add(id)
            return
        if wire.fingerprint(acknowledged) == fingerprint:
            return
        # The first of them may be here already.
        for known in range(len(changes) if len(acknowledged) == 1 else 0):
            last = acknowledged[0]
            for rest in changes[known:]:
                last = hash_of(restored(rest, last))
            if wire.fingerprint([last]) == fingerprint:
                break
        else:
            self.want.add(id)
            return
        # The difference tells from before the first: this client, which makes no rows, cannot tell it from between two.
        if known or row is None or row["schema"] != schema or row["heads"] != [one.hex() for one in acknowledged]:
            self.want.add(id)
            return
        told = json.loads(difference)
        for part, value in told["set"].items():
            outer, slash, inner = part.partition("/")
            (row.setdefault(outer, {}) if slash else row)[inner or outer] = value
        for part in told.get("gone", []):
            outer, slash, inner = part.partition("/")
            (row.get(outer, {}) if slash else row).pop(inner or outer, None)
        row["heads"], document.acknowledged = [last.hex()], [last]

    def purge(self):
        """Deletes what was lost, once nothing of it is pending."""
        for scope, point in list(self.outs.items()):
            lost = [id for id, doc in self.documents.items() if doc.scope == scope]
            if not any(self.documents[id].pending for id in lost):
                for id in lost:
                    del self.documents[id]
                del self.outs[scope]
                self.purged.append((scope, point, len(lost)))
