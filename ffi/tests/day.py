"""A day of a rep over the bindings, against a real relay: enrol, write offline, sync, observe, disagree. Run by
python.rs; SATCHEL_BIN is the relay."""

import asyncio
import datetime
import os
import signal

from field import Relay, Secrets, opened
from satchel import satchel_core as model
from satchel import satchel_ffi as ffi


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

    # Two processes on one database (here two handles): one syncs, the other leaves it to that one; both write.
    extension = await opened("ann", ann_secrets)
    relay.process.send_signal(signal.SIGSTOP)
    # Sent is not stopped yet.
    os.waitpid(relay.process.pid, os.WUNTRACED)
    held = ann.sync(ffi.SyncOptions())
    while True:
        report = await extension.sync(ffi.SyncOptions(deadline=datetime.timedelta(seconds=5))).finish()
        if report.end == ffi.SyncEnd.ELSEWHERE:
            break
        # It was the first by chance: then the other one left it to this one, and is asked again.
        assert report.end == ffi.SyncEnd.DEADLINE, report
        assert (await held.finish()).end == ffi.SyncEnd.ELSEWHERE
        held = ann.sync(ffi.SyncOptions())
    noted = await extension.create(customer(name="Shared with the app"))
    assert (await ann.get(noted.id)).pending
    # Suspending ends the sync: no lock is held then.
    await ann.suspend()
    try:
        await held.finish()
        raise AssertionError("a sync went on while suspended")
    except ffi.SatchelError.Unavailable:
        pass
    ann.resume()
    relay.process.send_signal(signal.SIGCONT)
    await synced(extension)
    assert not (await ann.get(noted.id)).pending
    await synced(ann)
    await extension.shut_down()
    await ann.archive(noted.id, None)

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
