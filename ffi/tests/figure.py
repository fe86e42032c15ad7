"""Those of the golden vectors that begin with records: written through the bindings, read back as figures. Run by
python.rs; SATCHEL_BIN is the relay."""

import asyncio
import datetime
import json
import pathlib

from field import Relay, Secrets, opened
from satchel import satchel_core as model
from satchel import satchel_ffi as ffi

VECTORS = json.loads(pathlib.Path("insight.json").read_text())
BLANK = "00000000-0000-0000-0000-000000000000"
UNSTAMPED = model.Stamp(
    id=BLANK, seen=[], by=BLANK, at=datetime.datetime.fromtimestamp(0, datetime.timezone.utc), zone=""
)


def over(first, last, currency="CNY"):
    return ffi.FigureQuery(first=first, last=last, on=last, zone="Asia/Shanghai", currency=currency)


MARCH = over("2026-02-01", "2026-03-31")


def seen(figure):
    """As the vectors write it: a number, or why there is none."""
    return figure.value if figure.is_KNOWN() else figure.reason.name.lower()


async def pipeline(phone, shop):
    # A rate stays where it is written: those without one come first.
    for vector in sorted(VECTORS["weighted_pipeline"], key=lambda vector: len(vector.get("rates", []))):
        for rate in vector.get("rates", []):
            assert rate["day"].startswith("2026-"), rate
        if rates := vector.get("rates"):
            put = {rate["day"]: rate["rate_e9"] for rate in rates}
            patch = model.ExchangeRatePatch(base="USD", quote=vector["currency"], year=2026, put_rates_e9=put)
            await phone.create(ffi.AnyPatch.EXCHANGE_RATE(patch=patch))
        made = []
        for number, deal in enumerate(vector["deals"]):
            move = model.StageMove(
                stamp=UNSTAMPED,
                stage="proposal",
                stage_type=model.StageType.ONGOING,
                rank=2,
                probability_bp=deal["probability_bp"],
                forecast_category=None,
                reason=None,
            )
            patch = model.DealPatch(
                customer_id=shop,
                name=f"Deal {number}",
                amount=model.Money(minor=deal["minor"], currency=deal["currency"]),
                expected_close=deal["expected_close"],
                append_moves=[move],
            )
            made.append((await phone.create(ffi.AnyPatch.DEAL(patch=patch))).id)
        query = over("2026-02-01", "2026-03-31", vector["currency"])
        figure = await phone.pipeline(query)
        assert figure.count == len(made), (vector, figure)
        found = "no_rate" if figure.weighted.missing else figure.weighted.minor
        assert found == vector["expected_minor"], (vector, figure)
        assert figure.weighted == figure.weighted_by_stage, figure
        ids, after = [], None
        while True:
            page = await phone.counted(ffi.FigurePart.PIPELINE, query, after, 2)
            ids += page.ids
            after = page.next
            if after is None:
                break
        assert ids == sorted(made), (ids, made)
        rate = await phone.win_rate(query)
        assert (rate.won, rate.lost, seen(rate.rate_bp), rate.few) == (0, 0, "zero_denominator", True), rate
        (stage,) = await phone.stages(None, datetime.datetime.now(datetime.timezone.utc), "Asia/Shanghai", "CNY")
        assert (stage.code, stage.rank, stage.inside, stage.waiting) == ("proposal", 2, len(made), len(made)), stage
        for id in made:
            await phone.archive(id, None)


async def opinions(phone, shop):
    asked = [("nps", vector) for vector in VECTORS["nps"]]
    # One vector gives the numbers of answers alone; those are not written one by one.
    asked += [("csat", vector) for vector in VECTORS["csat"] if "satisfied" not in vector]
    for field, vector in asked:
        made = []
        for answer in vector["answers"]:
            patch = model.SurveyResponsePatch(
                customer_id=shop, survey="annual", answered_on="2026-03-05", **{field: answer}
            )
            made.append((await phone.create(ffi.AnyPatch.SURVEY_RESPONSE(patch=patch))).id)
        figure = await phone.opinions(MARCH)
        if field == "nps":
            assert figure.recommending == len(made), figure
            assert seen(figure.margin_x100) == vector["margin_x100"], (vector, figure)
            score = vector["score"]
            assert seen(figure.score_x100) == (score * 100 if made else score), (vector, figure)
        else:
            found = (figure.rating, seen(figure.satisfied_bp), figure.few)
            assert found == (len(made), vector["expected_bp"], vector["few"]), (vector, figure)
        for id in made:
            await phone.archive(id, None)


async def visits(phone, shop, me):
    planned = model.VisitPatch(
        customer_id=shop,
        visit_kind=model.VisitKind.PLANNED,
        planned_start=datetime.datetime(2026, 3, 2, 2, tzinfo=datetime.timezone.utc),
        add_visitors=[me],
    )
    made = await phone.create(ffi.AnyPatch.VISIT(patch=planned))
    other = await phone.create(ffi.AnyPatch.CUSTOMER(patch=model.CustomerPatch(name="Other shop")))
    figure = await phone.visiting(MARCH, [shop, other.id])
    assert (figure.visits, seen(figure.adherence_bp), seen(figure.coverage_bp)) == (0, 0, 0), figure
    assert (await phone.counted(ffi.FigurePart.PLANNED, MARCH, None, 10)).ids == [made.id]
    assert (await phone.counted(ffi.FigurePart.VISITS, MARCH, None, 10)).ids == []
    assert seen((await phone.visiting(MARCH, [])).coverage_bp) == "zero_denominator"


async def targets(phone, me):
    """A target of nothing done, and of nobody."""
    kpi = model.KpiPatch(code="SALES", name_zh="销售额", name_en="Sales", metric=model.KpiMetric.SALES_AMOUNT)
    kpi = await phone.create(ffi.AnyPatch.KPI(patch=kpi))
    target = model.SalesTargetPatch(
        kpi_id=kpi.id, rep=me, first_day="2026-03-01", last_day="2026-03-31", value=10_000_000
    )
    target = await phone.create(ffi.AnyPatch.SALES_TARGET(patch=target))
    (reached,) = await phone.attainment("2026-03-16", None, "Asia/Shanghai", "CNY", None)
    assert (reached.target, reached.measure) == (target.id, kpi.id), reached
    assert (reached.first, reached.last) == ("2026-03-01", "2026-03-31"), reached
    found = [seen(one) for one in [reached.actual, reached.value, reached.attainment_bp, reached.expected]]
    assert found == [0, 10_000_000, 0, 0], reached
    # Twelve of 22 working days are left.
    assert seen(reached.required) == 833_333, reached
    assert (await phone.attained_by(target.id, "Asia/Shanghai", None, 10)).ids == []
    assert await phone.attainment("2026-04-01", None, "Asia/Shanghai", "CNY", None) == []
    try:
        await phone.attained_by(kpi.id, "Asia/Shanghai", None, 10)
        raise AssertionError("a measure was taken for a target")
    except ffi.SatchelError.NotFound:
        pass
    assert (await phone.credited(MARCH)).minor == 0


async def figures(relay):
    phone = await opened("ada", Secrets())
    for wrong in [over("2026-03-31", "2026-03-01"), over("2026-03-01", "2026-03-31")]:
        wrong.zone = "Nowhere" if wrong.first < wrong.last else wrong.zone
        try:
            await phone.pipeline(wrong)
            raise AssertionError(f"taken: {wrong}")
        except ffi.SatchelError.Invalid as error:
            assert [one.field for one in error.violations] in (["last"], ["zone"]), error
    # An admin writes rates and targets.
    account = await phone.enrol(relay.invite("Ada"), relay.url)
    await phone.sync(ffi.SyncOptions()).finish()
    shop = (await phone.create(ffi.AnyPatch.CUSTOMER(patch=model.CustomerPatch(name="Corner shop")))).id
    await pipeline(phone, shop)
    await opinions(phone, shop)
    await visits(phone, shop, account.member)
    await targets(phone, account.member)
    await phone.shut_down()


relay = Relay()
try:
    asyncio.run(asyncio.wait_for(figures(relay), 120))
finally:
    relay.process.kill()
    relay.process.wait()
print("done")
