import Foundation
import SatchelKit
import Testing

extension Stories {
    /// The sample app, each command a process of its own, as a reader runs it.
    @Suite(.timeLimit(.minutes(2)))
    struct SampleTests {
        @Test("The sample enrols, visits offline, syncs and lists the day")
        func sample() async throws {
            try await Field.story { field in
                // Beside the test's own program.
                let program = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
                    .deletingLastPathComponent().appendingPathComponent("SatchelSample")
                func sample(_ words: String..., code: Int32 = 0) async throws -> String {
                    let home = [field.folder.appendingPathComponent("ann").path]
                    let (said, status) = try await Relay.output(of: program, home + words)
                    #expect(status == code, "\(said)")
                    return said
                }
                let ann = try await field.relay.member("Ann")
                #expect(try await sample("fly", code: 2).contains("FOLDER enrol INVITE"))
                _ = try await sample("enrol", "AAAA-BBBB-CCCC-DDDD", field.relay.url, code: 1)
                let invite = try await field.relay.invite(ann)
                #expect(try await sample("enrol", invite, field.relay.url) == "enrolled as Ann\n")
                _ = try await sample("sync")
                await field.relay.kill()
                let visiting = "visiting Corner shop: in_progress\n"
                #expect(try await sample("visit", "Corner shop") == visiting + "2 to hand in\n")
                #expect(try await sample("sync", code: 1).contains("cannot be reached"))
                try await field.relay.start()
                #expect(try await sample("sync").contains("safe to wipe: true"))
                // The shop is known by now.
                #expect(try await sample("visit", "Corner shop") == visiting + "1 to hand in\n")
                let day = try await sample("day", CivilDay(.now).description)
                #expect(day.contains("2 to visit, 0 due, 0 overdue"), "\(day)")
                #expect(day.components(separatedBy: "Corner shop: in_progress").count == 3, "\(day)")
            }
        }
    }
}
