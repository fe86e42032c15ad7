import Foundation
import SatchelFFI

extension Figure {
    /// The figure in its unit; `nil` where there is none.
    public var value: Int64? {
        if case .known(let value) = self { value } else { nil }
    }

    /// Why there is no figure; `nil` where there is one.
    public var reason: NoFigure? {
        if case .absent(let reason) = self { reason } else { nil }
    }
}

/// Figures over what is on this device, with the radio off: see ``Satchel/figures(currency:zone:)``.
///
/// Amounts are in minor units, parts in basis points. A figure over all is one of himself for a rep, of the team for its
/// manager: a device holds what its person may read. Every function reads all records of the kinds that it is about.
public struct Figures: Sendable {
    let satchel: Satchel
    let currency: String
    let zone: TimeZone

    /// How far the targets of a member (the person's own, where none is named) are reached whose periods have a day (today,
    /// where none is named), the earliest begun first. Targets that a device cannot measure are left out.
    ///
    /// - Parameter region: Names the calendar of working days.
    public func attainment(
        on day: CivilDay? = nil, of member: String? = nil, region: String? = nil
    ) async throws -> [Attainment] {
        try await satchel.call {
            try await $0.attainment(
                on: looked(day), member: member, zone: zone.identifier, currency: currency, region: region)
        }
    }

    /// The ids of the records that a target's actual is made of.
    public func attained(by target: String) async throws -> [String] {
        try await all { after in
            try await satchel.call {
                try await $0.attainedBy(target: target, zone: zone.identifier, after: after, limit: Self.page)
            }
        }
    }

    /// What is open and expected to close in a period, and what it is worth.
    public func pipeline(_ period: ClosedRange<CivilDay>) async throws -> Pipeline {
        try await satchel.call { try await $0.pipeline(query: query(period)) }
    }

    /// How much of what was closed in a period was won; what is overdue or stale is told as of a day.
    public func winRate(
        _ period: ClosedRange<CivilDay>, on day: CivilDay? = nil, staleAfter days: Int = 30
    ) async throws -> WinRate {
        try await satchel.call { try await $0.winRate(query: query(period, on: day, staleAfter: days)) }
    }

    /// The stages of one process, the narrowest first. Without a template those that deals without one follow. Of all time;
    /// the instant says what is open long enough to count.
    public func stages(of template: String? = nil, at instant: Date = .now) async throws -> [StageFigure] {
        try await satchel.call {
            try await $0.stages(template: template, at: instant, zone: zone.identifier, currency: currency)
        }
    }

    /// The visits of a period; those that were due to be visited in it are named by their ids.
    public func visiting(
        _ period: ClosedRange<CivilDay>, on day: CivilDay? = nil, of member: String? = nil, due: [String] = []
    ) async throws -> Visiting {
        try await satchel.call { try await $0.visiting(query: query(period, on: day, of: member), due: due) }
    }

    /// What was answered in a period: who would recommend us, who is satisfied.
    public func opinions(_ period: ClosedRange<CivilDay>) async throws -> Opinions {
        try await satchel.call { try await $0.opinions(query: query(period)) }
    }

    /// What was credited to a member, or to all, in a period.
    public func credited(_ period: ClosedRange<CivilDay>, to member: String? = nil) async throws -> Total {
        try await satchel.call { try await $0.credited(query: query(period, of: member)) }
    }

    /// The ids of the records of a part of a figure.
    public func counted(
        _ part: FigurePart, _ period: ClosedRange<CivilDay>, on day: CivilDay? = nil, of member: String? = nil,
        staleAfter days: Int = 30
    ) async throws -> [String] {
        let query = query(period, on: day, of: member, staleAfter: days)
        return try await all { after in
            try await satchel.call {
                try await $0.counted(part: part, query: query, after: after, limit: Self.page)
            }
        }
    }

    private static let page: Int32 = 200

    private func query(
        _ period: ClosedRange<CivilDay>, on day: CivilDay? = nil, of member: String? = nil, staleAfter days: Int = 30
    ) -> FigureQuery {
        FigureQuery(
            first: period.lowerBound, last: period.upperBound, on: looked(day), member: member, zone: zone.identifier,
            currency: currency, staleAfterDays: Int64(clamping: days))
    }

    private func looked(_ day: CivilDay?) -> CivilDay {
        day ?? CivilDay(.now, in: zone)
    }

    private func all(_ page: (String?) async throws -> RecordIds) async throws -> [String] {
        var ids: [String] = []
        var after: String?
        repeat {
            let found = try await page(after)
            ids += found.ids
            after = found.next
        } while after != nil
        return ids
    }
}
