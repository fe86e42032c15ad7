import Foundation
import SatchelFFI

/// One value by itself: one side of a conflict, what a field was before.
public enum Value: Sendable, Hashable {
    /// No value.
    case nothing
    /// True or false.
    case flag(Bool)
    /// A whole number.
    case number(Int64)
    /// Text, a day (`2026-03-01`), the code of a choice, an id.
    case text(String)
    /// An instant.
    case moment(Date)
    /// Anything of several parts, as JSON; money is `{"minor": 1250, "currency": "CNY"}`.
    case json(String)

    init(_ value: SatchelFFI.Value) {
        switch value {
        case .nothing: self = .nothing
        case .flag(let flag): self = .flag(flag)
        case .number(let number): self = .number(number)
        case .text(let text): self = .text(text)
        case .moment(let date): self = .moment(date)
        case .json(let json): self = .json(json)
        }
    }

    var plain: SatchelFFI.Value {
        switch self {
        case .nothing: .nothing
        case .flag(let flag): .flag(value: flag)
        case .number(let number): .number(value: number)
        case .text(let text): .text(value: text)
        case .moment(let date): .moment(value: date)
        case .json(let json): .json(json: json)
        }
    }
}

/// A field where values written apart stand beside each other.
public struct Conflict: Sendable, Hashable {
    /// The field, or `field/key` in a map.
    public let field: String
    /// The values, the one that is shown first.
    public let siblings: [Sibling]

    init(_ conflict: SatchelFFI.Conflict) {
        field = conflict.field
        siblings = conflict.siblings.map(Sibling.init)
    }
}

/// One of several values written apart.
public struct Sibling: Sendable, Hashable {
    /// The value.
    public let value: Value
    /// Who wrote it and when.
    public let written: Touch

    init(_ sibling: SatchelFFI.Sibling) {
        value = Value(sibling.value)
        written = sibling.written
    }
}

/// One change of a record.
public struct HistoryEntry: Sendable, Hashable {
    /// The record as its author saw it after writing: what ``Satchel/record(_:at:)`` takes.
    public let version: String
    /// The version on which it was written.
    public let parents: String
    /// Who wrote it and when.
    public let written: Touch
    /// The fields it changed; none for an archiving.
    public let fields: [FieldChange]

    init(_ entry: SatchelFFI.HistoryEntry) {
        version = entry.version
        parents = entry.parents
        written = entry.written
        fields = entry.fields.map(FieldChange.init)
    }
}

/// What a change did to a field, as its author saw it.
public struct FieldChange: Sendable, Hashable {
    /// The field.
    public let field: String
    /// Its value before.
    public let before: Value
    /// Its value after.
    public let after: Value

    init(_ change: SatchelFFI.FieldChange) {
        field = change.field
        before = Value(change.before)
        after = Value(change.after)
    }
}
