import Foundation
import SatchelKit
import Testing

extension Stories {
    @Suite(.timeLimit(.minutes(2)))
    struct TroubleTests {
        @Test("A sync that is cancelled while the relay hangs ends at once and leaves nothing locked")
        func cancelled() async throws {
            try await Field.story { field in
                let ann = try await field.phones("Ann")[0]
                let satchel = try ann.satchel
                try await ann.shop("Corner shop")
                field.relay.freeze()
                let running = Task { try await satchel.sync() }
                // One that waits for its turn so long shows that the first is on its way and hangs.
                #expect(try await satchel.sync(deadline: .milliseconds(300)).end == .deadline)
                let begun = ContinuousClock.now
                running.cancel()
                await #expect(throws: CancellationError.self) { try await running.value }
                #expect(begun.duration(to: .now) < .seconds(5))

                try await ann.shop("Written while the relay hangs")
                try await satchel.pause()
                satchel.resume()
                field.relay.thaw()
                try await ann.sync()
                #expect(try await satchel.status().pending == 0)
            }
        }

        @Test("A background window is kept to, by time and by bytes")
        func window() async throws {
            try await Field.story { field in
                let ann = try await field.phones("Ann")[0]
                try await ann.shop("Corner shop")
                #expect(try await ann.satchel.sync(byteBudget: 0).end == .budget)
                field.relay.freeze()
                let begun = ContinuousClock.now
                #expect(try await ann.satchel.sync(deadline: .milliseconds(200)).end == .deadline)
                #expect(begun.duration(to: .now) < .seconds(5))
                field.relay.thaw()
                try await ann.sync()
            }
        }

        @Test("Progress is exact and ends with the report; a loop that ends stops its sync")
        func progress() async throws {
            try await Field.story { field in
                let ann = try await field.phones("Ann")[0]
                let satchel = try ann.satchel
                for number in 0..<20 { try await ann.shop("Shop \(number)") }
                field.relay.freeze()
                let begun = Task { for try await _ in satchel.syncing() {} }
                #expect(try await satchel.sync(deadline: .milliseconds(300)).end == .deadline)
                begun.cancel()
                try await begun.value
                field.relay.thaw()

                var steps: [SyncStep] = []
                for try await step in satchel.syncing() { steps.append(step) }
                guard case .done(let report) = steps.popLast() else {
                    Issue.record("a sync ended without a report")
                    return
                }
                #expect(report.end == .complete)
                #expect(report.progress.pending == 0)
                #expect(try await satchel.status().pending == 0)
                let isProgress = { (step: SyncStep) in if case .progress = step { true } else { false } }
                #expect(steps.allSatisfy(isProgress))
            }
        }

        @Test("A relay that is gone is told as offline, and nothing is lost when it is back")
        func relayGone() async throws {
            try await Field.story { field in
                let ann = try await field.phones("Ann")[0]
                let satchel = try ann.satchel
                await field.relay.kill()
                try await ann.shop("Corner shop")
                #expect(try await refusal { try await satchel.sync() } == .offline(retryAfter: nil))
                let (waiting, connected) = (Signal<Void>(), Signal<Void>())
                let live = Task {
                    for try await event in satchel.live() {
                        if case .waiting = event { waiting.fire() }
                        if event == .connected { connected.fire() }
                    }
                }
                await waiting.wait()
                try await field.relay.start()
                await connected.wait()
                try await ann.sync()
                live.cancel()
                try await live.value
            }
        }

        @Test("A database of a newer app is refused and stays as it was")
        func newerDatabase() async throws {
            try await Field.story { field in
                let ann = try await field.phones("Ann")[0]
                try await ann.shop("Corner shop")
                try await ann.satchel.close()
                // SQLite keeps the user's version in the header, big-endian, from byte 60 on.
                var database = try Data(contentsOf: ann.file)
                database.replaceSubrange(60..<64, with: [0, 0, 0x27, 0x0F])
                try database.write(to: ann.file)
                #expect(try await refusal { try await ann.start() } == .updateNeeded)
                #expect(try Data(contentsOf: ann.file) == database)
            }
        }

        @Test("A file that is no database is said to be damaged and is not touched")
        func damaged() async throws {
            try await Field.story { field in
                let file = field.folder.appendingPathComponent("damaged.sqlite")
                let text = Data(String(repeating: "not a database", count: 1_000).utf8)
                try text.write(to: file)
                let secrets = MemorySecrets()
                #expect(try await refusal { _ = try await field.opened(file, secrets) } == .databaseDamaged)
                #expect(try Data(contentsOf: file) == text)
                let nowhere = field.folder.appendingPathComponent("no/such/folder/a.sqlite")
                #expect(try await refusal { _ = try await field.opened(nowhere, secrets) } == .unavailable)
            }
        }

        @Test("Pausing waits for who writes, then refuses to write and goes on reading")
        func pausing() async throws {
            try await Field.story { field in
                let ann = try await field.phones("Ann")[0]
                let satchel = try ann.satchel
                let observed = Signal<Void>()
                let first = Task {
                    for try await page in satchel.customers.observe() {
                        observed.fire()
                        if !page.entries.isEmpty { return }
                    }
                }
                await observed.wait()
                let writing = Task {
                    while true { try await satchel.customers.create(CustomerPatch(name: "Shop")) }
                }
                try await first.value
                try await satchel.pause()
                #expect(try await refusal { _ = try await writing.value } == .unavailable)
                let log = URL(fileURLWithPath: ann.file.path + "-wal")
                #expect(try !FileManager.default.fileExists(atPath: log.path) || Data(contentsOf: log).isEmpty)
                let kept = try await satchel.customers.count()
                #expect(kept > 0)
                satchel.resume()
                try await ann.shop("After")
                #expect(try await satchel.customers.count() == kept + 1)
            }
        }

        @Test("A closed database is unavailable, and what waits for it ends")
        func closed() async throws {
            try await Field.story { field in
                let ann = try await field.phones("Ann")[0]
                let satchel = try ann.satchel
                let (begun, connected) = (Signal<Void>(), Signal<Void>())
                let observing = Task { for try await _ in satchel.customers.observe() { begun.fire() } }
                let live = Task { for try await _ in satchel.live() { connected.fire() } }
                await begun.wait()
                await connected.wait()
                try await satchel.close()
                try await observing.value
                try await live.value
                #expect(try await refusal { _ = try await satchel.status() } == .unavailable)
                #expect(try await refusal { try await ann.shop("Late") } == .unavailable)
                try await satchel.close()
            }
        }
    }
}
