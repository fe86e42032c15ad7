"""A day of a rep over the bindings, against a real relay: enrol, write offline, sync, observe, disagree. Run by
python.rs; SATCHEL_BIN is the relay."""

import asyncio
import json
import os
import pathlib
import subprocess

from satchel import satchel_core as model
from satchel import satchel_ffi as ffi

HERE = pathlib.Path.cwd()


class Relay:
    """A relay process on files of its own, with an organisation and one team."""

    def __init__(self):
        self.files = HERE / "relay"
        self.files.mkdir()
        self.admin("init", "--name", "Acme Beverages", "--admin", "Ada")
        self.admin("team", "add", "North")
        command = [os.environ["SATCHEL_BIN"], "--data-dir", self.files, "serve", "--listen", "127.0.0.1:0"]
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


async def synced(phone):
    run = phone.sync(ffi.SyncOptions())
    report = await run.finish()
    assert report.end == ffi.SyncEnd.COMPLETE, report
    return report.progress


def customer(**fields):
    return ffi.AnyPatch.CUSTOMER(patch=model.CustomerPatch(**fields))


async def day(relay):
    ann_secrets = Secrets()
    ann, bo = await opened("ann", ann_secrets), await opened("bo", Secrets())
    assert await ann.account() is None

    # Nothing can be written before the device belongs to somebody, and a wrong invite says so at its field.
    try:
        await ann.create(customer(name="Corner shop"))
        raise AssertionError("written by nobody")
    except ffi.SatchelError.SignedOut:
        pass
    try:
        await ann.enrol("AAAA-BBBB-CCCC-DDDD", relay.url)
        raise AssertionError("a wrong invite was taken")
    except ffi.SatchelError.Invalid as error:
        assert [one.field for one in error.violations] == ["invite"], error

    members = {name: relay.member(name) for name in ["Ann", "Bo"]}
    account = await ann.enrol(relay.invite(members["Ann"]), relay.url)
    assert (account.member, account.name, account.role) == (members["Ann"], "Ann", ffi.Role.REP)
    await bo.enrol(relay.invite(members["Bo"]), relay.url)
    assert list(ann_secrets.kept) == ["satchel.device"]
    await synced(ann)
    await synced(bo)

    # Offline, in another process: the key comes from the secrets, the account from the database.
    await ann.shut_down()
    try:
        await ann.status()
        raise AssertionError("a closed database answers")
    except ffi.SatchelError.Unavailable:
        pass
    ann = await opened("ann", ann_secrets)
    assert (await ann.account()).name == "Ann"
    shops = ffi.Query(kind="customer")
    watching = ann.observe(shops)
    shop = await ann.create(customer(name="Corner shop", add_tags=["new"]))
    (change,) = await watching.next()
    assert change.is_ADDED() and change.entry.record.record.name == "Corner shop", change
    assert change.entry.pending
    try:
        await ann.create(customer(name=""))
        raise AssertionError("a shop without a name")
    except ffi.SatchelError.Invalid as error:
        assert [(one.field, one.code) for one in error.violations] == [("name", model.ViolationCode.REQUIRED)], error
    status = await ann.status()
    assert (status.pending, status.safe_to_wipe) == (1, False), status
    assert (await ann.explain(shop.id)).presence == ffi.Presence.HERE_PENDING
    check = await ann.check_wipe()
    assert (check.is_safe, check.pending) == (False, 1), check

    # Handed in: the list tells that the record waits no more.
    progress = await synced(ann)
    assert progress.decided >= 1 and progress.pending == 0, progress
    (change,) = await watching.next()
    assert change.is_CHANGED() and not change.entry.pending, change
    status = await ann.status()
    assert (status.pending, status.safe_to_wipe, status.agreed) == (0, True, True), status
    assert (await ann.explain(shop.id)).presence == ffi.Presence.HERE
    assert (await bo.explain(shop.id)).presence == ffi.Presence.NOT_HERE
    check = await ann.check_wipe()
    assert (check.is_safe, check.miscounted) == (True, 0), check

    # Both write the same field apart: both values are shown, until somebody chooses.
    relay.admin("assign", shop.id, members["Bo"])
    await synced(bo)
    await ann.edit(shop.id, customer(level=model.CustomerLevel.A), shop.version)
    await bo.edit(shop.id, customer(level=model.CustomerLevel.C), None)
    for phone in [ann, bo, ann]:
        await synced(phone)
    (conflict,) = await ann.conflicts(shop.id)
    assert conflict.field == "level"
    assert {one.value.value for one in conflict.siblings} == {"a", "c"}, conflict
    assert {one.written.by for one in conflict.siblings} == set(members.values()), conflict
    (entry,) = await ann.in_conflict(10)
    await ann.resolve(shop.id, "level", ffi.Value.TEXT(value="a"), entry.version)
    await synced(ann)
    await synced(bo)
    assert await bo.conflicts(shop.id) == []
    seen = await bo.get(shop.id)
    assert seen.record.record.level == model.CustomerLevel.A

    # Clearing is not leaving.
    await bo.edit(shop.id, customer(clear=[model.CustomerField.LEVEL]), seen.version)
    assert (await bo.get(shop.id)).record.record.level is None
    assert (await bo.get(shop.id)).record.record.name == "Corner shop"

    # Live: what one writes the other is told of.
    live = await ann.live()
    assert (await live.next()).is_CONNECTED()
    await synced(bo)
    while (await ann.get(shop.id)).record.record.level is not None:
        assert await watching.next()
    live.stop()
    while await live.next() is not None:
        pass

    # A suspended database refuses to write and still reads; an observation ends with its database.
    await ann.suspend()
    try:
        await ann.archive(shop.id, None)
        raise AssertionError("written while suspended")
    except ffi.SatchelError.Unavailable:
        pass
    assert await ann.count(shops) == 1
    ann.resume()
    await ann.archive(shop.id, None)
    assert await ann.count(shops) == 0
    for phone in [ann, bo]:
        await phone.shut_down()
    while await watching.next() is not None:
        pass


relay = Relay()
try:
    asyncio.run(asyncio.wait_for(day(relay), 120))
finally:
    relay.process.kill()
    relay.process.wait()
print("done")
