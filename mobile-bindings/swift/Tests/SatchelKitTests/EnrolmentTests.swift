import Foundation
import SatchelKit
import Testing

extension Stories {
    @Suite(.timeLimit(.minutes(2)))
    struct EnrolmentTests {
        @Test("A device belongs to nobody until it redeems an invite")
        func enrolment() async throws {
            try await Field.story { field in
                let ann = try await field.phone("Ann")
                try await ann.start()
                #expect(try await ann.satchel.account() == nil)
                #expect(try await refusal { try await ann.shop("Corner shop") } == .signedOut)
                #expect(try await refusal { try await ann.satchel.sync() } == .signedOut)

                let account = try await ann.satchel.enrol(field.relay.invite(ann.member), relay: field.relay.url)
                #expect(account.member == ann.member)
                #expect(account.name == "Ann")
                #expect(account.role == .rep)
                #expect(try await ann.satchel.account()?.device == account.device)
            }
        }

        @Test("A wrong invite is told at its field and leaves the next one working")
        func wrongInvite() async throws {
            try await Field.story { field in
                let ann = try await field.phone("Ann")
                try await ann.start()
                let code = "AAAA-BBBB-CCCC-DDDD"
                let refused = try await refusal { try await ann.satchel.enrol(code, relay: field.relay.url) }
                #expect(refused.fields == ["invite"])
                let nowhere = try await refusal { try await ann.satchel.enrol(code) }
                #expect(nowhere.fields == ["relay"])
                let gone = try await refusal { try await ann.satchel.enrol(code, relay: "http://127.0.0.1:9") }
                #expect(gone == .offline(retryAfter: nil))
                try await ann.enrol()
            }
        }

        @Test("Another person's invite is refused, and the device stays whose it was")
        func othersInvite() async throws {
            try await Field.story { field in
                let ann = try await field.phones("Ann")[0]
                let invite = try await field.relay.invite(field.relay.member("Bo"))
                let refused = try await refusal { try await ann.satchel.enrol(invite, relay: field.relay.url) }
                #expect(refused.fields == ["invite"])
                #expect(try await ann.satchel.account()?.member == ann.member)
                try await ann.sync()
            }
        }

        @Test("The key lives in the app's secrets, and without it the device is signed out")
        func key() async throws {
            try await Field.story { field in
                let ann = try await field.phones("Ann")[0]
                let secret = try #require(ann.secrets.load("satchel.device"))
                try await ann.satchel.close()
                let object = try JSONSerialization.jsonObject(with: secret) as? [String: Any]
                let hex = try #require(object?["key"] as? String)
                let raw = stride(from: 0, to: hex.count, by: 2).compactMap { at in
                    let start = hex.index(hex.startIndex, offsetBy: at)
                    return UInt8(hex[start..<hex.index(start, offsetBy: 2)], radix: 16)
                }
                #expect(raw.count == 32)
                let database = try Data(contentsOf: ann.file)
                #expect(database.range(of: Data("SQLite format 3".utf8)) != nil)
                #expect(database.range(of: Data(raw)) == nil, "the key stands in the database")
                #expect(database.range(of: Data(hex.utf8)) == nil, "the key stands in the database")

                ann.secrets.forget("satchel.device")
                try await ann.start()
                #expect(try await refusal { try await ann.satchel.sync() } == .signedOut)
                try await ann.enrol()
            }
        }

        @Test("Secrets that are out of reach for now say so")
        func lockedSecrets() async throws {
            try await Field.story { field in
                let ann = try await field.phones("Ann")[0]
                try await ann.satchel.close()
                let satchel = try await field.opened(ann.file, Locked())
                #expect(try await refusal { try await satchel.sync() } == .unavailable)
                // Writing needs no key.
                try await satchel.customers.create(CustomerPatch(name: "Corner shop"))
            }
        }

        @Test("A revoked device hands in what it holds, is wiped, and gets nothing more")
        func revoked() async throws {
            try await Field.story { field in
                let ann = try await field.phones("Ann")[0]
                let shop = try await ann.shop("Corner shop")
                try await ann.sync()
                try await ann.satchel.customers.edit(shop.id, CustomerPatch(industry: "retail"))
                let account = try #require(try await ann.satchel.account())
                try await field.relay.admin("device", "revoke", account.device)
                try await ann.satchel.sync()
                let status = try await ann.satchel.status()
                #expect(status.revoked && status.wiped)
                #expect(status.pending == 0)
                #expect(try await ann.satchel.notices().isEmpty)
            }
        }
    }
}

/// As before the first unlock.
private struct Locked: SecretStore {
    private struct NotNow: Error {}

    func load(_ name: String) throws -> Data? { throw NotNow() }
    func store(_ name: String, _ secret: Data) throws { throw NotNow() }
    func forget(_ name: String) throws { throw NotNow() }
}
