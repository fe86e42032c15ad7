import Foundation
import SatchelKit
import Testing

/// What stories share: a relay, and phones that are enrolled at it. One story after another: each has its own relay.
@Suite(.serialized)
enum Stories {}

final class Field {
    let folder: URL
    let relay: Relay
    private var open: [Satchel] = []

    private init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("satchel-\(UUID().uuidString)")
        relay = try Relay(in: folder.appendingPathComponent("relay"))
    }

    /// Tells a story, and tidies up after it.
    static func story(_ tell: (Field) async throws -> Void) async throws {
        let field = try Field()
        do {
            try await field.relay.found()
            try await tell(field)
        } catch {
            await field.tidy()
            throw error
        }
        await field.tidy()
    }

    private func tidy() async {
        for satchel in open { try? await satchel.close() }
        relay.thaw()
        await relay.kill()
        try? FileManager.default.removeItem(at: folder)
    }

    func phone(_ name: String) async throws -> Phone {
        Phone(name, of: try await relay.member(name), in: self)
    }

    /// Each with a person of that name, enrolled and synced.
    func phones(_ names: String...) async throws -> [Phone] {
        var phones: [Phone] = []
        for name in names {
            let phone = try await phone(name)
            try await phone.start()
            try await phone.enrol()
            phones.append(phone)
        }
        return phones
    }

    func opened(_ file: URL, _ secrets: any SecretStore) async throws -> Satchel {
        let zone = try #require(TimeZone(identifier: "Asia/Shanghai"))
        let satchel = try await Satchel.open(file, secrets: secrets, deviceName: "test", zone: zone)
        open.append(satchel)
        return satchel
    }
}

/// A phone: a person, a database, a key.
final class Phone {
    let name: String
    let member: String
    let secrets = MemorySecrets()
    private let field: Field
    private var running: Satchel?

    init(_ name: String, of member: String, in field: Field) {
        self.name = name
        self.member = member
        self.field = field
    }

    var file: URL { field.folder.appendingPathComponent("\(name).sqlite") }

    var satchel: Satchel {
        get throws { try #require(running, "\(name) was not started") }
    }

    func start() async throws {
        running = try await field.opened(file, secrets)
    }

    func enrol() async throws {
        try await satchel.enrol(try await field.relay.invite(member), relay: field.relay.url)
        try await sync()
    }

    /// Syncs until nothing is left.
    func sync() async throws {
        let report = try await satchel.sync()
        #expect(report.end == .complete, "\(name)")
    }

    @discardableResult
    func shop(_ name: String) async throws -> Saved {
        try await satchel.customers.create(CustomerPatch(name: name))
    }
}

/// What a story expects to be refused with.
func refusal(
    _ comment: Testing.Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ work: () async throws -> Void
) async throws -> SatchelError {
    do {
        try await work()
    } catch let error as SatchelError {
        return error
    }
    Issue.record(comment ?? "nothing was refused", sourceLocation: sourceLocation)
    throw Missing.answer("a refusal")
}

extension SatchelError {
    /// The fields at which something is wrong.
    var fields: [String] {
        if case .invalid(let violations) = self { violations.map(\.field) } else { [] }
    }

    var isOffline: Bool {
        if case .offline = self { true } else { false }
    }
}
