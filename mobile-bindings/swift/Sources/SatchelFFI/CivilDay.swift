import Foundation

/// A day of the calendar, as in `2026-03-01`: the same day wherever it is looked at.
public struct CivilDay: Sendable, Hashable, Comparable, LosslessStringConvertible {
    /// The day as text, as in `2026-03-01`.
    public let description: String

    /// The day that a text of the form `2026-03-01` names.
    public init?(_ description: String) {
        let parts = description.split(separator: "-", omittingEmptySubsequences: false)
        let isWritten = parts.map(\.count) == [4, 2, 2] && parts.allSatisfy { $0.allSatisfy(\.isASCIIDigit) }
        let numbers = parts.compactMap { Int($0) }
        guard isWritten, numbers.count == 3 else { return nil }
        self.init(year: numbers[0], month: numbers[1], day: numbers[2])
    }

    /// The day of these numbers, where the calendar has it.
    public init?(year: Int, month: Int, day: Int) {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (0...9_999).contains(year), (1...12).contains(month), (1...lengths[month - 1]).contains(day) else {
            return nil
        }
        self.init(year, month, day)
    }

    /// The day on which an instant falls in a zone.
    public init(_ instant: Date, in zone: TimeZone = .current) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = calendar.dateComponents([.year, .month, .day], from: instant)
        self.init(parts.year ?? 0, parts.month ?? 1, parts.day ?? 1)
    }

    /// As it comes from Rust.
    init(written description: String) {
        self.description = description
    }

    private init(_ year: Int, _ month: Int, _ day: Int) {
        let padded = { (number: Int, width: Int) in
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        description = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    /// Whether one day is before another.
    public static func < (one: CivilDay, other: CivilDay) -> Bool {
        one.description < other.description
    }

    /// Midnight at its beginning in a zone, or the first instant of the day where midnight is skipped.
    public func start(in zone: TimeZone = .current) -> Date {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let numbers = description.split(separator: "-").compactMap { Int($0) }
        let parts = DateComponents(
            year: numbers.first, month: numbers.dropFirst().first, day: numbers.dropFirst(2).first, hour: 12)
        let noon = calendar.date(from: parts) ?? .distantPast
        return calendar.startOfDay(for: noon)
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
