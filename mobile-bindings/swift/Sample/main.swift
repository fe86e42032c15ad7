import Foundation
import SatchelKit

// A rep's day from the command line, as an app would live it. Run here by `cargo xtask bindings swift -- WORDS`.

let usage = """
    A rep's day from the command line. The first word is the folder that holds the database.
      FOLDER enrol INVITE [RELAY]   redeem the invite that the admin gave (the link, or its code and the relay's address)
      FOLDER visit CUSTOMER         arrive at a customer, which is made where there is none of that name; works offline
      FOLDER sync                   hand in what was written, take what is new
      FOLDER day [DATE]             what the day holds (today, where none is said)
    """

func visit(_ satchel: Satchel, _ name: String) async throws {
    let known = try await satchel.search(name, kinds: [Kinds.customer]).entries.first?.id
    var customer = known
    if customer == nil { customer = try await satchel.customers.create(CustomerPatch(name: name)).id }
    let visit = try await satchel.visits.create(
        VisitPatch(customerId: customer, visitKind: .planned, plannedStart: .now))
    // Who, when and having seen what is written by the library.
    let arrival = VisitPatch(appendEvents: [VisitEvent(stamp: .unstamped, event: .checkin)])
    try await satchel.visits.edit(visit.id, arrival, version: visit.version)
    let status = try await satchel.visits.get(visit.id)?[VisitColumns.status]
    print("visiting \(name): \(status ?? "?")")
    print("\(try await satchel.status().pending) to hand in")
}

func sync(_ satchel: Satchel) async throws {
    let report = try await satchel.sync()
    print("\(report.end): \(report.progress.decided) handed in, \(report.progress.documents) received")
    print("safe to wipe: \(try await satchel.status().safeToWipe)")
}

func day(_ satchel: Satchel, _ day: CivilDay) async throws {
    let agenda = try await satchel.agenda(day)
    print("\(day): \(agenda.visits.count) to visit, \(agenda.due.count) due, \(agenda.overdue.count) overdue")
    for visit in agenda.visits {
        let customer = try await satchel.customers.get(visit.record.customerId)?.record.name
        print("  \(customer ?? "?"): \(visit[VisitColumns.status] ?? "?")")
    }
}

func run(_ words: [String]) async throws -> Bool {
    guard words.count >= 2 else { return false }
    let folder = URL(fileURLWithPath: words[0])
    try Satchel.protect(folder)
    // One for each database and process. A command ends here; an app keeps it as long as it lives.
    let satchel = try await Satchel.open(
        folder.appendingPathComponent("satchel.sqlite"), secrets: FileSecrets(folder: folder), deviceName: "sample")
    let rest = words.dropFirst(2)
    var isKnown = true
    switch (words[1], rest.first) {
    case ("enrol", let invite?):
        let account = try await satchel.enrol(invite, relay: rest.dropFirst().first)
        print("enrolled as \(account.name ?? account.member)")
    case ("visit", let name?): try await visit(satchel, name)
    case ("sync", nil): try await sync(satchel)
    case ("day", nil): try await day(satchel, CivilDay(.now))
    case ("day", let text?):
        if let asked = CivilDay(text) { try await day(satchel, asked) } else { isKnown = false }
    default: isKnown = false
    }
    try await satchel.close()
    return isKnown
}

do {
    if try await !run(Array(CommandLine.arguments.dropFirst())) {
        print(usage)
        exit(2)
    }
} catch let error as SatchelError {
    // What each of them means for the person is in docs/mobile.md.
    print(error.localizedDescription)
    exit(1)
}
