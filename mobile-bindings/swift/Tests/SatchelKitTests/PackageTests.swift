import Foundation
import SatchelKit
import Testing

/// What needs no relay.
struct PackageTests {
    @Test("A day is read, written, ordered, and found in a zone")
    func days() throws {
        for text in ["2026-03-01", "2024-02-29", "0001-01-01"] { #expect(CivilDay(text)?.description == text) }
        let wrong = [
            "2026-02-29", "2026-13-01", "2026-3-1", "26-03-01", "2026-03-01T00", "2026-03-00", "", "٢٠٢٦-03-01",
        ]
        for text in wrong {
            #expect(CivilDay(text) == nil, "\(text)")
        }
        let (first, second) = try (#require(CivilDay("2026-03-01")), #require(CivilDay("2026-03-02")))
        #expect(first < second)
        let evening = try Date("2026-03-01T20:00:00Z", strategy: .iso8601)
        #expect(CivilDay(evening, in: .gmt) == first)
        let shanghai = try #require(TimeZone(identifier: "Asia/Shanghai"))
        #expect(CivilDay(evening, in: shanghai) == second)
        #expect(CivilDay(second.start(in: shanghai), in: shanghai) == second)
        #expect(try second.start(in: shanghai) == Date("2026-03-01T16:00:00Z", strategy: .iso8601))
    }

    @Test("A day comes back from a record as it was given")
    func dayInRecord() async throws {
        try await Field.story { field in
            let ann = try await field.phones("Ann")[0]
            let shop = try await ann.shop("Corner shop")
            let birthday = try #require(CivilDay("1990-03-02"))
            let contacts = try ann.satchel.contacts
            let made = try await contacts.create(
                ContactPatch(customerId: shop.id, name: "Li Na", birthday: birthday))
            #expect(try await contacts.get(made.id)?.record.birthday == birthday)
        }
    }

    @Test("The privacy manifest names what is used, with a reason for each")
    func privacyManifest() throws {
        let sources = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Sources/SatchelKit")
        let data = try Data(contentsOf: sources.standardized.appendingPathComponent("PrivacyInfo.xcprivacy"))
        let manifest = try #require(
            try PropertyListSerialization.propertyList(from: data, format: nil) as? [String: Any])
        #expect(manifest["NSPrivacyTracking"] as? Bool == false)
        let used = try #require(manifest["NSPrivacyAccessedAPITypes"] as? [[String: Any]])
        for entry in used {
            let reasons = try #require(entry["NSPrivacyAccessedAPITypeReasons"] as? [String])
            #expect(!reasons.isEmpty)
        }
        let kinds = used.compactMap { $0["NSPrivacyAccessedAPIType"] as? String }
        let category = "NSPrivacyAccessedAPICategory"
        #expect(Set(kinds) == Set(["FileTimestamp", "DiskSpace", "SystemBootTime"].map { category + $0 }))
    }
}
