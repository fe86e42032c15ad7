package dev.satchel

import dev.satchel.model.Customer
import dev.satchel.model.CustomerField
import dev.satchel.model.CustomerLevel
import dev.satchel.model.CustomerPatch
import dev.satchel.model.DealPatch
import dev.satchel.model.Money
import dev.satchel.model.VisitEvent
import dev.satchel.model.VisitEventKind
import dev.satchel.model.VisitKind
import dev.satchel.model.VisitPatch
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.time.Instant
import java.time.LocalDate
import java.time.ZoneId
import java.time.temporal.ChronoUnit

internal class WorkingDayTest : Field() {
    @Test
    fun `what is written offline survives a restart and is handed in later`() = story {
        val ann = Phone("Ann").enrolled()
        val bo = Phone("Bo").enrolled()
        relay.kill()
        val shop = ann.shop("Corner shop")
        val visit = ann.satchel.visits.create(
            VisitPatch(
                customerId = shop.id,
                visitKind = VisitKind.PLANNED,
                plannedStart = Instant.parse("2026-03-02T02:00:00Z"),
            ),
        )
        ann.satchel.visits.edit(
            visit.id,
            VisitPatch(appendEvents = listOf(VisitEvent(stamp = UNSTAMPED, event = VisitEventKind.CHECKIN))),
            visit.version,
        )
        assertFails<SatchelException.Offline> { ann.satchel.sync() }
        ann.satchel.close()

        ann.start()
        assertEquals(2, ann.satchel.status().pending)
        assertFalse(ann.satchel.status().safeToWipe)
        assertFalse(ann.satchel.checkWipe().isSafe)
        assertEquals(Presence.HERE_PENDING, ann.satchel.explain(visit.id).presence)
        assertEquals("in_progress", ann.satchel.visits.get(visit.id)?.get(VisitColumns.status))
        val today = ann.satchel.agenda(LocalDate.of(2026, 3, 2), ZoneId.of("Asia/Shanghai"))
        assertEquals(listOf(visit.id), today.visits.map { it.id })

        relay.start()
        ann.synced()
        assertTrue(ann.satchel.status().safeToWipe)
        assertTrue(ann.satchel.checkWipe().isSafe)
        assertEquals(Presence.HERE, ann.satchel.explain(visit.id).presence)
        relay.admin("assign", shop.id, bo.member)
        bo.synced()
        assertEquals("in_progress", bo.satchel.visits.get(visit.id)?.get(VisitColumns.status))
        assertEquals(visit.id, bo.satchel.related(shop.id).single { it.kind == Kinds.visit.name }.entries.single().id)
    }

    @Test
    fun `what one writes the other sees at once while both are live`() = story {
        val ann = Phone("Ann").enrolled()
        val bo = Phone("Bo").enrolled()
        val shop = ann.shop("Corner shop")
        ann.synced()
        relay.admin("assign", shop.id, bo.member)
        bo.synced()

        val events = mutableListOf<LiveEvent>()
        val connections = listOf(ann, bo).map { phone ->
            val connected = CompletableDeferred<Unit>()
            val live = launch {
                phone.satchel.live().onEach(events::add).collect {
                    if (it ==
                        LiveEvent.Connected
                    ) {
                        connected.complete(Unit)
                    }
                }
            }
            connected.await()
            live
        }
        val seen = async {
            bo.satchel.customers.observe().first { page -> page.entries.any { it.record.level == CustomerLevel.A } }
        }
        ann.satchel.customers.edit(shop.id, CustomerPatch(level = CustomerLevel.A), shop.version)
        assertEquals(shop.id, seen.await().entries.single().id)
        connections.forEach { it.cancel() }
    }

    @Test
    fun `one field set twice apart shows both values until somebody chooses`() = story {
        val ann = Phone("Ann").enrolled()
        val bo = Phone("Bo").enrolled()
        val shop = ann.shop("Corner shop")
        ann.synced()
        relay.admin("assign", shop.id, bo.member)
        bo.synced()
        ann.satchel.customers.edit(shop.id, CustomerPatch(level = CustomerLevel.A), shop.version)
        bo.satchel.customers.edit(shop.id, CustomerPatch(level = CustomerLevel.C), shop.version)
        for (phone in listOf(ann, bo, ann)) phone.synced()

        val conflict = bo.satchel.conflicts(shop.id).single()
        assertEquals("level", conflict.field)
        assertEquals(setOf(Value.Text("a"), Value.Text("c")), conflict.siblings.map { it.value }.toSet())
        assertEquals(setOf(ann.member, bo.member), conflict.siblings.map { it.written.by }.toSet())
        val entry = bo.satchel.inConflict().single()
        assertEquals(listOf("level"), entry.conflicts)
        bo.satchel.resolve(shop.id, "level", Value.Text("a"), entry.version)
        for (phone in listOf(bo, ann)) phone.synced()
        for (phone in listOf(ann, bo)) {
            assertEquals(emptyList<Conflict>(), phone.satchel.conflicts(shop.id))
            assertEquals(CustomerLevel.A, phone.satchel.customers.get(shop.id)?.record?.level)
        }
        val changes = ann.satchel.history(shop.id, "level")
        assertEquals(3, changes.size)
        assertEquals(Value.Text("a"), changes.last().fields.single().after)
    }

    @Test
    fun `clearing a field is not leaving it, and what is wrong is said by field`() = story {
        val ann = Phone("Ann").enrolled()
        val made = ann.satchel.customers.create(
            CustomerPatch(name = "Corner shop", industry = "retail", addTags = listOf("new")),
        )
        val left = ann.satchel.customers.edit(made.id, CustomerPatch(name = "Corner"), made.version)
        assertEquals("retail", ann.satchel.customers.get(made.id)?.record?.industry)
        ann.satchel.customers.edit(made.id, CustomerPatch(clear = listOf(CustomerField.INDUSTRY)), left.version)
        val cleared = checkNotNull(ann.satchel.customers.get(made.id))
        assertNull(cleared.record.industry)
        assertEquals("Corner", cleared.record.name)
        assertEquals(listOf("new"), cleared.record.tags)

        val blank = assertFails<SatchelException.Invalid> {
            ann.satchel.customers.edit(made.id, CustomerPatch(clear = listOf(CustomerField.NAME)))
        }
        assertEquals(listOf("name" to ViolationCode.REQUIRED), blank.violations.map { it.field to it.code })
        val id = assertFails<SatchelException.Invalid> { ann.satchel.customers.get("nonsense") }
        assertEquals(listOf("id" to ViolationCode.MALFORMED), id.violations.map { it.field to it.code })
        assertFails<SatchelException.NotFound> { ann.satchel.visits.edit(made.id, VisitPatch(nextAction = "call")) }
        assertNull(ann.satchel.visits.get(made.id))
    }

    @Test
    fun `lists come in pages, conditions and orders, and changes as they happen`() = story {
        val ann = Phone("Ann").enrolled()
        val shops = (1..7).map { ann.shop("Shop $it") }
        val first = ann.satchel.customers.list(Query(limit = 3))
        assertEquals(3, first.entries.size)
        assertEquals(7, ann.satchel.customers.all(Query(limit = 3)).toList().distinctBy { it.id }.size)
        assertEquals(7, ann.satchel.customers.count())
        val since = Instant.now().minus(1, ChronoUnit.HOURS)
        assertEquals(7, ann.satchel.customers.count(Query(CustomerColumns.updated greater since)))
        assertEquals(0, ann.satchel.customers.count(Query(CustomerColumns.updated less since)))
        val found = ann.satchel.search("shop 7").entries
        assertEquals(listOf("Shop 7"), found.map { (it.record as Customer).name })

        val observing = CompletableDeferred<Unit>()
        val removed = async {
            ann.satchel.customers.observe().onEach { observing.complete(Unit) }.filter { it.entries.size == 6 }.first()
        }
        observing.await()
        ann.satchel.customers.archive(shops[0].id, shops[0].version)
        assertFalse(removed.await().entries.any { it.id == shops[0].id })
        assertEquals(1, ann.satchel.customers.count(Query(archived = Archived.ONLY)))
        ann.satchel.customers.restore(shops[0].id)
        assertEquals(7, ann.satchel.customers.count())
    }

    @Test
    fun `a customer that is there twice is found, merged and taken apart again`() = story {
        val ann = Phone("Ann").enrolled()
        val patch = CustomerPatch(name = "Golden Dragon Trading", addPhones = listOf("+8613800138000"))
        val (one, two) = List(2) { ann.satchel.customers.create(patch) }
        assertEquals(listOf(two.id), ann.satchel.duplicates(one.id).map { it.id })
        ann.satchel.merge(two.id, one.id)
        assertEquals(emptyList<Duplicate>(), ann.satchel.duplicates(one.id))
        ann.satchel.unmerge(two.id, one.id)
        assertEquals(1, ann.satchel.duplicates(one.id).size)
    }

    @Test
    fun `figures are read with the radio off, with the records behind them`() = story {
        val ann = Phone("Ann").enrolled()
        val shop = ann.shop("Corner shop")
        relay.kill()
        val deal = ann.satchel.deals.create(
            DealPatch(
                customerId = shop.id,
                name = "Shelf",
                amount = Money(100_000, "CNY"),
                probabilityBp = 2_500,
                expectedClose = "2026-03-20",
            ),
        )
        val figures = ann.satchel.figures("CNY", ZoneId.of("Asia/Shanghai"))
        val march = LocalDate.of(2026, 3, 1) through LocalDate.of(2026, 3, 31)
        val pipeline = figures.pipeline(march)
        assertEquals(1, pipeline.count)
        assertEquals(100_000, pipeline.amount.minor)
        assertEquals(25_000, pipeline.weighted.minor)
        assertEquals(listOf(deal.id), figures.counted(FigurePart.PIPELINE, march).toList())
        val rate = figures.winRate(march, on = march.first)
        assertNull(rate.rateBp.valueOrNull)
        assertEquals(NoFigure.ZERO_DENOMINATOR, rate.rateBp.reasonOrNull)
        assertEquals(1, figures.winRate(march, on = LocalDate.of(2026, 4, 1)).overdue)
        assertEquals(emptyList<StageFigure>(), figures.stages())
        assertEquals(0, figures.visiting(march).visits)
        assertEquals(0L, figures.visiting(march, due = listOf(shop.id)).coverageBp.valueOrNull)
        assertEquals(NoFigure.ZERO_DENOMINATOR, figures.opinions(march).scoreX100.reasonOrNull)
        assertEquals(0, figures.credited(march).minor)
        assertEquals(emptyList<Attainment>(), figures.attainment())
        assertFails<SatchelException.NotFound> { figures.attainedBy(deal.id).toList() }
    }

    @Test
    fun `a list is looked at row by row, committed, and written out without loss`() = story {
        val ann = Phone("Ann").enrolled()
        val book = "Customer name,Level\nCorner shop,A\n,B\n".toByteArray()
        ann.satchel.planImport(book, "book").use { plan ->
            val sheet = plan.sheets.single()
            assertEquals(Kinds.customer.name, sheet.kind)
            assertEquals(listOf(1L, 1L), listOf(sheet.create, sheet.refused))
            assertEquals(listOf(RowVerdict.CREATE, RowVerdict.REFUSED), plan.rows().map { it.verdict }.toList())
            assertEquals(1, plan.rows().last().reasons.size)
            assertTrue(plan.refused()!!.isNotEmpty())
            assertFails<SatchelException.NotFound> { plan.rows(7).toList() }
            assertEquals(0, ann.satchel.customers.count())
            assertEquals(ImportReport(1, emptyMap(), false), plan.commit())
        }
        assertEquals(1, ann.satchel.planImport(book, "book").use { it.sheets.single().unchanged })

        val lines = folder.resolve("customers.jsonl").toFile()
        assertEquals(1, ann.satchel.export(Kinds.customer, lines, ExportForm.JSONL))
        assertTrue("\"document\"" in lines.readText())
        val csv = folder.resolve("customers.csv").toFile()
        ann.satchel.export(Kinds.customer, csv)
        assertEquals(1, ann.satchel.planImport(csv.readBytes(), "satchel").use { it.sheets.single().unchanged })
        val nowhere = folder.resolve("missing/customers.csv").toFile()
        val path = assertFails<SatchelException.Invalid> { ann.satchel.export(Kinds.customer, nowhere) }
        assertEquals(listOf("path"), path.violations.map { it.field })
        val noList = assertFails<SatchelException.Invalid> { ann.satchel.planImport(ByteArray(0), "book") }
        assertEquals(listOf("file"), noList.violations.map { it.field })
    }

    @Test
    fun `a customer handed over leaves the phone that lost it`() = story {
        val ann = Phone("Ann").enrolled()
        val bo = Phone("Bo").enrolled()
        val shop = ann.shop("Corner shop")
        ann.synced()
        // Written before the handover is known: not lost.
        ann.satchel.customers.edit(shop.id, CustomerPatch(industry = "retail"), shop.version)
        relay.admin("handover", shop.id, "--to", bo.member)
        ann.synced()
        assertNull(ann.satchel.customers.get(shop.id))
        assertEquals(0, ann.satchel.status().handingIn)
        bo.synced()
        assertEquals("retail", bo.satchel.customers.get(shop.id)?.record?.industry)
    }
}
