import Foundation
import SatchelKit
import Testing

extension Stories {
    @Suite(.timeLimit(.minutes(2)))
    struct WorkingDayTests {
        @Test("What is written offline survives a restart and is handed in later")
        func offline() async throws {
            try await Field.story { field in
                let phones = try await field.phones("Ann", "Bo")
                let (ann, bo) = (phones[0], phones[1])
                await field.relay.kill()
                let shop = try await ann.shop("Corner shop")
                let start = try Date("2026-03-02T02:00:00Z", strategy: .iso8601)
                let visit = try await ann.satchel.visits.create(
                    VisitPatch(customerId: shop.id, visitKind: .planned, plannedStart: start))
                try await ann.satchel.visits.edit(
                    visit.id,
                    VisitPatch(appendEvents: [VisitEvent(stamp: .unstamped, event: .checkin)]),
                    version: visit.version)
                #expect(try await refusal { try await ann.satchel.sync() }.isOffline)
                try await ann.satchel.close()

                try await ann.start()
                #expect(try await ann.satchel.status().pending == 2)
                #expect(try await ann.satchel.status().safeToWipe == false)
                #expect(try await ann.satchel.checkWipe().isSafe == false)
                #expect(try await ann.satchel.explain(visit.id).presence == .herePending)
                let kept = try #require(try await ann.satchel.visits.get(visit.id))
                #expect(kept[VisitColumns.status] == "in_progress")
                #expect(kept[VisitColumns.plannedStart] == nil, "only what is derived is beside the record")
                #expect(kept.record.plannedStart == start)
                let zone = try #require(TimeZone(identifier: "Asia/Shanghai"))
                let day = try #require(CivilDay("2026-03-02"))
                #expect(try await ann.satchel.agenda(day, in: zone).visits.map(\.id) == [visit.id])

                try await field.relay.start()
                try await ann.sync()
                let status = try await ann.satchel.status()
                #expect(status.safeToWipe, "\(status)")
                #expect(try await ann.satchel.checkWipe().isSafe)
                #expect(try await ann.satchel.explain(visit.id).presence == .here)
                #expect(try await bo.satchel.explain(visit.id).presence == .notHere)
                try await field.relay.admin("assign", shop.id, bo.member)
                try await bo.sync()
                #expect(try await bo.satchel.visits.get(visit.id)?[VisitColumns.status] == "in_progress")
                let related = try await bo.satchel.related(to: shop.id).filter { $0.kind == Kinds.visit.name }
                #expect(related.map { $0.entries.map(\.id) } == [[visit.id]])
            }
        }

        @Test("What one writes the other sees at once while both are live")
        func live() async throws {
            try await Field.story { field in
                let phones = try await field.phones("Ann", "Bo")
                let (ann, bo) = (phones[0], phones[1])
                let shop = try await ann.shop("Corner shop")
                try await ann.sync()
                try await field.relay.admin("assign", shop.id, bo.member)
                try await bo.sync()

                var connections: [Task<Void, any Error>] = []
                for satchel in [try ann.satchel, try bo.satchel] {
                    let connected = Signal<Void>()
                    connections.append(
                        Task {
                            for try await event in satchel.live() where event == .connected { connected.fire() }
                        })
                    await connected.wait()
                }
                let customers = try bo.satchel.customers
                // On the main actor, as a screen would.
                let seen = Task { @MainActor in
                    for try await page in customers.observe() {
                        if let entry = page.entries.first(where: { $0.record.level == .a }) { return entry.id }
                    }
                    return ""
                }
                try await ann.satchel.customers.edit(shop.id, CustomerPatch(level: .a), version: shop.version)
                #expect(try await seen.value == shop.id)
                for connection in connections {
                    connection.cancel()
                    // A cancelled loop ends by itself.
                    try await connection.value
                }
            }
        }

        @Test("One field set twice apart shows both values until somebody chooses")
        func conflict() async throws {
            try await Field.story { field in
                let phones = try await field.phones("Ann", "Bo")
                let (ann, bo) = (phones[0], phones[1])
                let shop = try await ann.shop("Corner shop")
                try await ann.sync()
                try await field.relay.admin("assign", shop.id, bo.member)
                try await bo.sync()
                try await ann.satchel.customers.edit(shop.id, CustomerPatch(level: .a), version: shop.version)
                try await bo.satchel.customers.edit(shop.id, CustomerPatch(level: .c), version: shop.version)
                for phone in [ann, bo, ann] { try await phone.sync() }

                let conflict = try #require(try await bo.satchel.conflicts(shop.id).first)
                #expect(conflict.field == "level")
                #expect(Set(conflict.siblings.map(\.value)) == [.text("a"), .text("c")])
                #expect(Set(conflict.siblings.map(\.written.by)) == [ann.member, bo.member])
                let entry = try #require(try await bo.satchel.inConflict().first)
                #expect(entry.conflicts == ["level"])
                try await bo.satchel.resolve(shop.id, field: "level", to: .text("a"), version: entry.version)
                for phone in [bo, ann] { try await phone.sync() }
                for phone in [ann, bo] {
                    #expect(try await phone.satchel.conflicts(shop.id).isEmpty)
                    #expect(try await phone.satchel.customers.get(shop.id)?.record.level == .a)
                }
                let changes = try await ann.satchel.history(shop.id, field: "level")
                #expect(changes.count == 3)
                let last = try #require(changes.last)
                #expect(last.fields.map(\.after) == [.text("a")])
                guard case .customer(let then) = try await ann.satchel.record(shop.id, at: changes[0].version) else {
                    Issue.record("a customer was another kind")
                    return
                }
                #expect(then.name == "Corner shop")
            }
        }

        @Test("Clearing a field is not leaving it, and what is wrong is said by field")
        func clearing() async throws {
            try await Field.story { field in
                let ann = try await field.phones("Ann")[0]
                let customers = try ann.satchel.customers
                let made = try await customers.create(
                    CustomerPatch(name: "Corner shop", industry: "retail", addTags: ["new"]))
                let left = try await customers.edit(made.id, CustomerPatch(name: "Corner"), version: made.version)
                #expect(try await customers.get(made.id)?.record.industry == "retail")
                try await customers.edit(made.id, CustomerPatch(clear: [.industry]), version: left.version)
                let cleared = try #require(try await customers.get(made.id))
                #expect(cleared.record.industry == nil)
                #expect(cleared.record.name == "Corner")
                #expect(cleared.record.tags == ["new"])

                let blank = try await refusal { try await customers.edit(made.id, CustomerPatch(clear: [.name])) }
                #expect(blank == .invalid([Violation(field: "name", code: .required, limit: nil)]))
                let malformed = try await refusal { _ = try await customers.get("no id") }
                #expect(malformed.fields == ["id"])
                let visits = try ann.satchel.visits
                #expect(
                    try await refusal { try await visits.edit(made.id, VisitPatch(nextAction: "call")) } == .notFound)
                #expect(try await visits.get(made.id) == nil)
            }
        }

        @Test("Lists come in pages, conditions and orders, and changes as they happen")
        func lists() async throws {
            try await Field.story { field in
                let ann = try await field.phones("Ann")[0]
                let customers = try ann.satchel.customers
                var shops: [Saved] = []
                for number in 1...7 { shops.append(try await ann.shop("Shop \(number)")) }
                #expect(try await customers.list(Query(limit: 3)).entries.count == 3)
                var ids: Set<String> = []
                for try await entry in customers.all(Query(limit: 3)) { ids.insert(entry.id) }
                #expect(ids == Set(shops.map(\.id)))
                let since = Date(timeIntervalSinceNow: -3_600)
                #expect(try await customers.count(Query(CustomerColumns.updated > since)) == 7)
                #expect(try await customers.count(Query(CustomerColumns.updated < since)) == 0)
                let named = try await customers.list(Query(orderBy: CustomerColumns.name.descending, limit: 1))
                #expect(named.entries.map(\.record.name) == ["Shop 7"])
                let found = try await ann.satchel.search("shop 7", kinds: [Kinds.customer, Kinds.visit])
                #expect(found.entries.map(\.id) == [shops[6].id])

                let begun = Signal<Void>()
                let removed = Task {
                    for try await page in customers.observe() {
                        begun.fire()
                        if page.entries.count == 6 { return page.entries.map(\.id) }
                    }
                    return []
                }
                let told = Task {
                    for try await changes in customers.changes() where changes.contains(.removed(shops[0].id)) {
                        return true
                    }
                    return false
                }
                await begun.wait()
                try await customers.archive(shops[0].id, version: shops[0].version)
                #expect(try await Set(removed.value) == Set(shops.dropFirst().map(\.id)))
                #expect(try await customers.count(Query(archived: .only)) == 1)
                told.cancel()
                _ = try await told.value
                try await customers.restore(shops[0].id)
                #expect(try await customers.count() == 7)
            }
        }

        @Test("A customer that is there twice is found, merged and taken apart again")
        func duplicates() async throws {
            try await Field.story { field in
                let ann = try await field.phones("Ann")[0]
                let satchel = try ann.satchel
                let patch = CustomerPatch(name: "Golden Dragon Trading", addPhones: ["+8613800138000"])
                let one = try await satchel.customers.create(patch)
                let two = try await satchel.customers.create(patch)
                #expect(try await satchel.duplicates(of: one.id).map(\.id) == [two.id])
                try await satchel.merge(two.id, into: one.id)
                #expect(try await satchel.duplicates(of: one.id).isEmpty)
                try await satchel.unmerge(two.id, from: one.id)
                #expect(try await satchel.duplicates(of: one.id).count == 1)
            }
        }

        @Test("Figures are read with the radio off, with the records behind them")
        func figures() async throws {
            try await Field.story { field in
                let ann = try await field.phones("Ann")[0]
                let shop = try await ann.shop("Corner shop")
                await field.relay.kill()
                let close = try #require(CivilDay("2026-03-20"))
                let patch = DealPatch(
                    customerId: shop.id, name: "Shelf", amount: Money(minor: 100_000, currency: "CNY"),
                    probabilityBp: 2_500, expectedClose: close)
                let deal = try await ann.satchel.deals.create(patch)
                let zone = try #require(TimeZone(identifier: "Asia/Shanghai"))
                let figures = try ann.satchel.figures(currency: "CNY", zone: zone)
                let (first, last) = (CivilDay("2026-03-01"), CivilDay("2026-03-31"))
                let march = try #require(first)...(try #require(last))
                let pipeline = try await figures.pipeline(march)
                #expect(pipeline.count == 1)
                #expect(pipeline.amount.minor == 100_000)
                #expect(pipeline.weighted.minor == 25_000)
                #expect(try await figures.counted(.pipeline, march) == [deal.id])
                let rate = try await figures.winRate(march, on: march.lowerBound)
                #expect(rate.rateBp.value == nil)
                #expect(rate.rateBp.reason == .zeroDenominator)
                #expect(rate.strictBp.value == nil)
                #expect(try await figures.winRate(march, on: CivilDay(.distantFuture, in: zone)).overdue == 1)
                #expect(try await figures.stages().isEmpty)
                #expect(try await figures.visiting(march).visits == 0)
                #expect(try await figures.visiting(march, due: [shop.id]).coverageBp.value == 0)
                #expect(try await figures.opinions(march).scoreX100.reason == .zeroDenominator)
                #expect(try await figures.credited(march).minor == 0)
                #expect(try await figures.attainment().isEmpty)
                #expect(try await refusal { _ = try await figures.attained(by: deal.id) } == .notFound)
            }
        }

        @Test("A list is looked at row by row, committed, and written out without loss")
        func list() async throws {
            try await Field.story { field in
                let ann = try await field.phones("Ann")[0]
                let satchel = try ann.satchel
                let book = Data("Customer name,Level\nCorner shop,A\n,B\n".utf8)
                let plan = try await satchel.planImport(book, source: "book")
                let sheet = try #require(plan.sheets.first)
                #expect(sheet.kind == Kinds.customer.name)
                #expect((sheet.create, sheet.refused) == (1, 1))
                let rows = try plan.rows()
                #expect(rows.map(\.verdict) == [.create, .refused])
                #expect(rows[1].reasons.count == 1)
                #expect(try plan.refused()?.isEmpty == false)
                #expect(throws: SatchelError.notFound) { try plan.rows(7) }
                #expect(try await satchel.customers.count() == 0)
                let report = try await plan.commit()
                #expect((report.written, report.failed.count, report.isCancelled) == (1, 0, false))
                #expect(try await satchel.planImport(book, source: "book").sheets.first?.unchanged == 1)

                let lines = field.folder.appendingPathComponent("customers.jsonl")
                #expect(try await satchel.export(Kinds.customer, to: lines, form: .jsonl) == 1)
                #expect(try String(contentsOf: lines, encoding: .utf8).contains("\"document\""))
                let csv = field.folder.appendingPathComponent("customers.csv")
                try await satchel.export(Kinds.customer, to: csv)
                let back = try await satchel.planImport(Data(contentsOf: csv), source: "satchel")
                #expect(back.sheets.first?.unchanged == 1)
                let nowhere = field.folder.appendingPathComponent("missing/customers.csv")
                let refused = try await refusal { try await satchel.export(Kinds.customer, to: nowhere) }
                #expect(refused.fields == ["path"])
                let noList = try await refusal { _ = try await satchel.planImport(Data(), source: "book") }
                #expect(noList.fields == ["file"])
            }
        }

        @Test("A customer handed over leaves the phone that lost it")
        func handover() async throws {
            try await Field.story { field in
                let phones = try await field.phones("Ann", "Bo")
                let (ann, bo) = (phones[0], phones[1])
                let shop = try await ann.shop("Corner shop")
                try await ann.sync()
                // Written before the handover is known: not lost.
                let retail = CustomerPatch(industry: "retail")
                try await ann.satchel.customers.edit(shop.id, retail, version: shop.version)
                try await field.relay.admin("handover", shop.id, "--to", bo.member)
                try await ann.sync()
                #expect(try await ann.satchel.customers.get(shop.id) == nil)
                #expect(try await ann.satchel.status().handingIn == 0)
                try await bo.sync()
                #expect(try await bo.satchel.customers.get(shop.id)?.record.industry == "retail")
            }
        }
    }
}
