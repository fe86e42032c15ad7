"""Every kind crosses into Python and back; run by python.rs, which wrote cases.json."""

import json

from satchel import satchel_core, satchel_ffi

cases = json.load(open("cases.json", encoding="utf-8"))
for case in cases:
    text = json.dumps(case["full"])
    try:
        any_record = satchel_ffi.record_from_json(case["kind"], text)
    except satchel_ffi.SatchelError.Invalid as error:
        wrong = [(one.field, one.code) for one in error.violations]
        raise AssertionError(f"{case['kind']}: {wrong}") from error
    assert type(any_record.record) is getattr(satchel_core, case["record"]), any_record
    assert satchel_ffi.check_record(any_record) == []
    back = json.loads(satchel_ffi.record_to_json(any_record))
    # A container that the case leaves out comes back empty.
    back = {name: value for name, value in back.items() if value not in ([], {}) or name in case["full"]}
    assert back == case["full"], case["kind"]

    # A patch names only what changes: left alone, nothing.
    patch_class = getattr(satchel_core, case["patch"])
    variant = getattr(satchel_ffi.AnyPatch, case["kind"].upper())
    assert json.loads(satchel_ffi.patch_to_json(variant(patch=patch_class()))) == {}

    # What is wrong is said, by field.
    try:
        satchel_ffi.record_from_json(case["kind"], '{"nonsense": 1}')
        raise AssertionError("an unknown field was taken")
    except satchel_ffi.SatchelError.Invalid as error:
        found = {(one.field, one.code) for one in error.violations}
        assert ("nonsense", satchel_core.ViolationCode.UNKNOWN_FIELD) in found, found

for kind, text in [("no such kind", "{}"), (cases[0]["kind"], "not json"), (cases[0]["kind"], "[]")]:
    try:
        satchel_ffi.record_from_json(kind, text)
        raise AssertionError("bad input was taken")
    except satchel_ffi.SatchelError.Invalid:
        pass

print(f"{len(cases)} kinds")
