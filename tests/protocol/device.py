"""A device on strings: reads a command a line (JSON), answers with a line. tests/story/protocol_client.rs pulls them."""

import json
import sys
import uuid

import websocket

import wire
from client import Client, Refused
from vectors import merge_rules


def shown(client):
    """The records this device holds, as plain values."""
    return {str(uuid.UUID(bytes=id)): doc.row and doc.row["fields"] for id, doc in client.documents.items()}


class Device:
    def __init__(self, url, model):
        self.client, self.model, self.socket = Client(url), model, None

    def enrol(self, code):
        self.client.enrol(code)
        self.client.sign_in()
        return {"device": self.client.device}

    def sync(self):
        before = len(self.client.receipts)
        count = self.client.sync()
        receipts = [[str(uuid.UUID(bytes=id)), state, code] for id, state, code in self.client.receipts[before:]]
        return {"exchanges": count, "bytes": sum(self.client.bytes), "receipts": receipts, "records": shown(self.client)}

    def create(self, kind, fields):
        return {"id": str(uuid.UUID(bytes=self.client.create(kind, fields, self.model[kind])))}

    def edit(self, id, fields):
        self.client.edit(uuid.UUID(id).bytes, fields)
        return {}

    def token(self, token):
        self.client.token = token
        return {}

    def raw(self, hex):
        headers = {"Authorization": f"Bearer {self.client.token}", "Content-Type": "application/vnd.satchel.frames"}
        self.client.request("/v1/sync", bytes.fromhex(hex), headers)
        return {}

    def directory(self):
        return {"members": sorted(member["name"] for member in self.client.directory["members"])}

    # Live

    def listen(self):
        address = self.client.url.replace("http", "ws", 1) + "/v1/live"
        self.socket = websocket.create_connection(
            address, timeout=30, header=[f"Authorization: Bearer {self.client.token}"]
        )
        self.socket.send_binary(self.client.message())
        while self.client.take(self.socket.recv()):
            self.socket.send_binary(self.client.message())
        return {}

    def hear(self):
        """The next message of the live connection."""
        message = self.socket.recv()
        names = [kind for kind, _ in wire.read(message)]
        self.client.take(message)
        self.socket.send_binary(wire.frame(wire.ACKNOWLEDGE, self.client.cursor))
        return {"frames": names, "records": shown(self.client)}

    def sign_in_again(self):
        self.client.sign_in()
        self.socket.send_binary(wire.frame(wire.AUTHENTICATE, self.client.token))
        ((kind, parts),) = wire.read(self.socket.recv())
        return {"frame": kind, "seconds": parts[0]}

    def hang_up(self):
        self.socket.close()
        return {}


def main(url, page):
    with open(page, encoding="utf-8") as file:
        device = Device(url, merge_rules(file.read()))
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = getattr(device, command.pop("do"))(**command)
        except Refused as refused:
            answer = {"refused": refused.code, "status": refused.status}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
