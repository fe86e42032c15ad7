"""What the stories in Python share: a relay process, and phones. SATCHEL_BIN is the relay."""

import json
import os
import pathlib
import subprocess

from satchel import satchel_ffi as ffi

HERE = pathlib.Path.cwd()


class Relay:
    """A relay process on files of its own, with an organisation and one team."""

    def __init__(self):
        self.files = HERE / "relay"
        self.files.mkdir()
        self.admin("init", "--name", "Acme Beverages", "--admin", "Ada")
        self.admin("team", "add", "North")
        # Relays of other tests run beside it: no port is fixed.
        command = [os.environ["SATCHEL_BIN"], "--data-dir", self.files, "serve"]
        command += ["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"]
        log = open(HERE / "relay.log", "w")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        line = next(line for line in self.process.stdout if line.startswith("listening on "))
        self.url = line.removeprefix("listening on ").strip()

    def admin(self, *words):
        command = [os.environ["SATCHEL_BIN"], "--data-dir", self.files, "admin", "--json", *words]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

    def member(self, name):
        return self.admin("member", "add", name, "--role", "rep", "--team", "North", "--time-zone", "Asia/Shanghai")["id"]

    def invite(self, member):
        return self.admin("invite", member)["code"]


class Secrets(ffi.SecretStore):
    """What Keychain or Keystore would be."""

    def __init__(self):
        self.kept = {}

    def load(self, name):
        return self.kept.get(name)

    def store(self, name, secret):
        self.kept[name] = secret

    def forget(self, name):
        self.kept.pop(name, None)


async def opened(name, secrets):
    options = ffi.OpenOptions(path=str(HERE / f"{name}.sqlite"), zone="Asia/Shanghai")
    return await ffi.Satchel.open(options, secrets)
