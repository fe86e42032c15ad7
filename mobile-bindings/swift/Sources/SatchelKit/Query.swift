import Foundation
import SatchelFFI

/// A column of a kind, or a value that is derived from it: `VisitColumns.plannedStart`.
///
/// Conditions are written with it: `VisitColumns.plannedStart < tomorrow`.
public struct Column<Content: Sendable>: Sendable {
    /// Its name, as on the relay.
    public let name: String

    let write: @Sendable (Content) -> Value
    let read: @Sendable (Value) -> Content?

    /// The smallest first.
    public var ascending: Order { Order(column: name, descending: false) }

    /// The largest first.
    public var descending: Order { Order(column: name, descending: true) }

    /// Equal to a value.
    public static func == (column: Column, value: Content) -> Where {
        column.test(.equals(value: column.plain(value)))
    }

    /// Less than a value.
    public static func < (column: Column, value: Content) -> Where {
        column.test(.less(value: column.plain(value)))
    }

    /// Greater than a value.
    public static func > (column: Column, value: Content) -> Where {
        column.test(.greater(value: column.plain(value)))
    }

    /// From a value, with it, to another one, without it.
    public func between(_ from: Content, _ until: Content) -> Where {
        test(.between(from: plain(from), until: plain(until)))
    }

    /// One of several values.
    public func oneOf(_ values: [Content]) -> Where {
        test(.oneOf(values: values.map(plain)))
    }

    /// Without a value.
    public var isAbsent: Where { test(.absent) }

    /// With any value.
    public var isPresent: Where { test(.present) }

    private func plain(_ value: Content) -> SatchelFFI.Value {
        write(value).plain
    }

    private func test(_ test: SatchelFFI.Test) -> Where {
        Where(condition: Condition(column: name, test: test))
    }
}

extension Column where Content == String {
    static func text(_ name: String) -> Column {
        Column(name: name, write: { .text($0) }, read: { if case .text(let text) = $0 { text } else { nil } })
    }
}

extension Column where Content == Int64 {
    static func number(_ name: String) -> Column {
        Column(name: name, write: { .number($0) }, read: { if case .number(let number) = $0 { number } else { nil } })
    }
}

extension Column where Content == Bool {
    static func flag(_ name: String) -> Column {
        Column(name: name, write: { .flag($0) }, read: { if case .flag(let flag) = $0 { flag } else { nil } })
    }
}

extension Column where Content == CivilDay {
    static func day(_ name: String) -> Column {
        Column(
            name: name, write: { .text($0.description) },
            read: { if case .text(let text) = $0 { CivilDay(text) } else { nil } })
    }
}

extension Column where Content == Date {
    static func instant(_ name: String) -> Column {
        Column(name: name, write: { .moment($0) }, read: { if case .moment(let date) = $0 { date } else { nil } })
    }
}

/// A condition; made by a ``Column``.
public struct Where: Sendable, Hashable {
    let condition: Condition
}

/// An order; made by a ``Column``. Equal values are ordered by id.
public struct Order: Sendable, Hashable {
    let column: String
    let descending: Bool
}

/// What to list.
public struct Query: Sendable, Hashable {
    private let conditions: [Where]
    private let order: Order?
    private let archived: Archived
    private let limit: Int

    /// A list.
    ///
    /// - Parameters:
    ///   - conditions: Conditions that all hold.
    ///   - orderBy: The order; the last changed first where `nil`.
    ///   - archived: Whether records that were put away are listed.
    ///   - limit: Records of one page, 1 to 500.
    public init(_ conditions: Where..., orderBy: Order? = nil, archived: Archived = .without, limit: Int = 50) {
        self.conditions = conditions
        self.order = orderBy
        self.archived = archived
        self.limit = limit
    }

    func plain(_ kind: String, after: String? = nil) -> SatchelFFI.Query {
        SatchelFFI.Query(
            kind: kind,
            filter: conditions.map(\.condition),
            order: order.map { SatchelFFI.Order(column: $0.column, descending: $0.descending) },
            archived: archived,
            after: after,
            limit: Int32(clamping: limit))
    }
}
