import SatchelFFI

/// A record on this device, with what is known beside it.
public struct Entry<Record: Hashable & Sendable>: Sendable, Hashable, Identifiable {
    /// The record itself.
    public let record: Record

    private let inner: SatchelFFI.Entry

    init(record: Record, inner: SatchelFFI.Entry) {
        self.record = record
        self.inner = inner
    }

    /// Its id.
    public var id: String { inner.id }

    /// Its version: to be given back with an edit. Looked into by nobody.
    public var version: String { inner.version }

    /// Fields where values written apart stand beside each other (`field`, or `field/key` in a map).
    public var conflicts: [String] { inner.conflicts }

    /// What the merged state violates: to be shown.
    public var violations: [Violation] { inner.violations }

    /// Whether it was put away.
    public var isArchived: Bool { inner.archived }

    /// Whether somebody put it away while another edited it: the edit won, and people should look.
    public var wasEditedAfterArchive: Bool { inner.editedAfterArchive }

    /// Who made it and when.
    public var created: Touch { inner.created }

    /// Who wrote last and when.
    public var updated: Touch { inner.updated }

    /// Whether it holds edits that the relay does not have yet.
    public var isPending: Bool { inner.pending }

    /// Why the relay keeps its last edit apart, where it does.
    public var parked: String? { inner.parked }

    /// A value that is derived from the record, as its status; `nil` where there is none.
    public subscript<Content>(derived: Column<Content>) -> Content? {
        inner.derived[derived.name].flatMap { derived.read(Value($0)) }
    }
}

extension Entry where Record == AnyRecord {
    init(any inner: SatchelFFI.Entry) {
        self.init(record: inner.record, inner: inner)
    }
}

/// One page of a list.
public struct Page<Record: Hashable & Sendable>: Sendable, Hashable {
    /// The records, in order.
    public let entries: [Entry<Record>]
    /// Where the next page begins; `nil` where this was the last.
    public let next: String?
}

/// Found records, of any kind.
public struct SearchResult: Sendable, Hashable {
    /// In the order that was asked for.
    public let entries: [Entry<AnyRecord>]
    /// Newest first: what to give as `after` for more; `nil` where these were the last.
    public let next: Int64?
}

/// Records that point to a record through one field.
public struct Related: Sendable, Hashable {
    /// Their kind.
    public let kind: String
    /// The field that points.
    public let field: String
    /// The first of them, the last changed first.
    public let entries: [Entry<AnyRecord>]
    /// Whether there are more; they are listed by a ``Query`` on the field.
    public let isCut: Bool
}

/// What a day holds.
public struct Agenda: Sendable, Hashable {
    /// What is planned to begin on the day, earliest first.
    public let visits: [Entry<Visit>]
    /// What is due on the day and not done, earliest first.
    public let due: [Entry<TaskRecord>]
    /// What was due before the day and is not done, earliest first.
    public let overdue: [Entry<TaskRecord>]
}

/// What happened to a list.
public enum Change<Record: Hashable & Sendable>: Sendable, Hashable {
    /// The record belongs to the list now.
    case added(Entry<Record>)
    /// The record still belongs to the list and changed, or its standing with the relay did.
    case changed(Entry<Record>)
    /// The record belongs to the list no more: its id.
    case removed(String)
    /// Too much happened to tell: read the list again.
    case reset

    init?<Patch>(_ change: SatchelFFI.Change, _ kind: Kind<Record, Patch>) {
        switch change {
        case .added(let entry):
            guard let entry = kind.entry(entry) else { return nil }
            self = .added(entry)
        case .changed(let entry):
            guard let entry = kind.entry(entry) else { return nil }
            self = .changed(entry)
        case .removed(let id): self = .removed(id)
        case .reset: self = .reset
        }
    }
}
