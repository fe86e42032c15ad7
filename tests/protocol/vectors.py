"""Checks this client against tests/golden/vectors.json."""

import base64
import json
import sys
import uuid

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import wire
from change import Change, author, hash_of, put, seed


def identifier(text):
    return uuid.UUID(text).bytes


def main(vectors, model):
    for vector in vectors["frames"]:
        message = bytes.fromhex(vector["hex"])
        ((kind, parts),) = wire.read(message)
        assert kind == vector["type"] and len(parts) == len(vector["parts"]), vector["name"]
        # What we write of it is the same to the byte: one way only to say a thing.
        assert wire.frame(kind, *parts) == message, vector["name"]

    for vector in vectors["seeds"]:
        made = seed(identifier(vector["id"]), vector["kind"], model[vector["kind"]])
        assert made.bytes.hex() == vector["hex"], f"the seed of {vector['kind']}"
        assert made.hash.hex() == vector["hash"]

    for vector in vectors["changes"]:
        chunk = bytes.fromhex(vector["hex"])
        assert hash_of(chunk).hex() == vector["hash"]
        born = seed(identifier(vector["id"]), vector["kind"], model[vector["kind"]])
        names = [operation.key for operation in born.operations]
        operations = []
        if vector["what"] == "creation":
            operations.append(put("_created", {"at_ms": vector["at_ms"], "by": vector["author"], "zone": vector["zone"]}))
        for name, value in vector["patch"].items():
            if isinstance(value, dict):
                # A set: each element is a key of the container that the seed made.
                container = (born.actor, born.start_op + names.index(name))
                operations += [put(element, 1, container) for element in value["add"]]
            else:
                operations.append(put(name, value))
        made = Change(
            bytes.fromhex(vector["actor"]), vector["sequence"], vector["start_op"], operations,
            [bytes.fromhex(one) for one in vector["dependencies"]], vector["at_ms"], author(identifier(vector["author"])),
        )
        assert made.bytes == chunk, f"{vector['what']} of {vector['kind']}"
        assert made.max_op == vector["max_op"]

    digests = vectors["digests"]
    documents = {}
    for vector in digests["documents"]:
        heads = [bytes.fromhex(one) for one in vector["heads"]]
        documents[identifier(vector["id"])] = heads
        assert wire.digest({identifier(vector["id"]): heads}).hex() == vector["digest"]
    assert wire.digest(documents).hex() == digests["sum"]

    grants = {identifier(scope): access for scope, access in vectors["grants"]["scopes"]}
    assert wire.grants_hash(grants).hex() == vectors["grants"]["hash"]

    token = vectors["tokens"]
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(token["secret"]))
    signed = f"satchel-token-v1\n{token['device_id']}\n{token['challenge']}".encode()
    assert base64.urlsafe_b64encode(key.sign(signed)).rstrip(b"=").decode() == token["signature"]

    for exchange in vectors["exchanges"]:
        for message in (exchange["request"], exchange["answer"]):
            frames = list(wire.read(bytes.fromhex(message)))
            assert frames and all(isinstance(parts, list) for _, parts in frames), exchange["title"]

    counted = {name: len(vectors[name]) for name in ("frames", "seeds", "changes", "exchanges")}
    print(json.dumps(counted))


def merge_rules(page):
    """The fields of every kind with their merge rules, in order, as docs/data-model.md lists them."""
    kinds, kind, table = {}, None, False
    for line in page.splitlines():
        if line.startswith("## "):
            kind, table = line[3:].strip(), False
        elif line.startswith("| field | type | merge |") and kind is not None:
            # A value of several parts has a table of its own; only the first below a heading is the kind's.
            table = kind not in kinds
            if table:
                kinds[kind] = []
        elif not line.startswith("|"):
            table = False
        elif table and not line.startswith("| ---"):
            name, _, rule = [cell.strip() for cell in line.split("|")[1:4]]
            kinds[kind].append((name.strip("`"), rule))
    return kinds


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        found = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        main(found, merge_rules(file.read()))
