import SatchelFFI

/// A kind of record, whatever its type: see ``Kinds``.
public protocol AnyKind: Sendable {
    /// Its name, as on the relay.
    var name: String { get }
}

/// A kind of record: see ``Kinds``.
public struct Kind<Record: Hashable & Sendable, Patch: Sendable>: AnyKind {
    /// Its name, as on the relay.
    public let name: String

    let read: @Sendable (AnyRecord) -> Record?
    let patch: @Sendable (Patch) -> AnyPatch

    func entry(_ inner: SatchelFFI.Entry) -> Entry<Record>? {
        read(inner.record).map { Entry(record: $0, inner: inner) }
    }
}

/// The records of one kind. A light handle: make one wherever it is needed.
public struct Records<Record: Hashable & Sendable, Patch: Sendable>: Sendable {
    let satchel: Satchel
    let kind: Kind<Record, Patch>

    /// Makes a record; what the patch leaves out is blank.
    ///
    /// - Throws: ``SatchelError/invalid(_:)`` with everything that is wrong.
    @discardableResult
    public func create(_ patch: Patch) async throws -> Saved {
        let patch = kind.patch(patch)
        return try await satchel.call { try await $0.create(patch: patch) }
    }

    /// A record; `nil` where none of this kind is on this device under the id.
    public func get(_ id: String) async throws -> Entry<Record>? {
        try await satchel.call { try await $0.get(id: id) }.flatMap(kind.entry)
    }

    /// Changes a record: what the patch names, and nothing else.
    ///
    /// A field that is named in `clear` is blanked; one that is not named stays as it is. The version is the one on which
    /// the form was opened: what another person changed since stays, and where it was the same field, both values stand
    /// beside each other.
    @discardableResult
    public func edit(_ id: String, _ patch: Patch, version: String? = nil) async throws -> Saved {
        let patch = kind.patch(patch)
        return try await satchel.call { try await $0.edit(id: id, patch: patch, version: version) }
    }

    /// Puts a record away as it was at a version: an edit made apart brings it back.
    @discardableResult
    public func archive(_ id: String, version: String? = nil) async throws -> Saved {
        try await satchel.call { try await $0.archive(id: id, version: version) }
    }

    /// Brings a record back.
    @discardableResult
    public func restore(_ id: String) async throws -> Saved {
        try await satchel.call { try await $0.restore(id: id) }
    }

    /// One page of a list, after a place. Pages stay in order while others write.
    public func list(_ query: Query = Query(), after: String? = nil) async throws -> Page<Record> {
        let plain = query.plain(kind.name, after: after)
        let page = try await satchel.call { try await $0.list(query: plain) }
        return Page(entries: page.entries.compactMap(kind.entry), next: page.next)
    }

    /// A whole list, page by page as the loop goes on.
    public func all(_ query: Query = Query()) -> Feed<Entry<Record>> {
        Feed { [self] in
            let walk = Walk { try await list(query, after: $0) }
            return Source {
                try await walk.next().map { .more($0) } ?? .end
            } stop: {
            }
        }
    }

    /// How many records a list has.
    public func count(_ query: Query = Query()) async throws -> Int {
        let plain = query.plain(kind.name)
        return Int(clamping: try await satchel.call { try await $0.count(query: plain) })
    }

    /// What happens to a list from now on, as it happens: at most one change of each record however slow the loop is.
    public func changes(_ query: Query = Query()) -> Feed<[Change<Record>]> {
        let plain = query.plain(kind.name)
        return Feed { [self] in
            let observation = try await satchel.call { try $0.observe(query: plain) }
            return Source {
                guard let changes = try await translated({ try await observation.next() }) else { return .end }
                return .more(changes.compactMap { Change($0, kind) })
            } stop: {
                observation.stop()
            }
        }
    }

    /// The first page of a list, now and after each change: what a screen shows. A slow loop misses what was in between,
    /// never the last.
    public func observe(_ query: Query = Query()) -> Feed<Page<Record>> {
        let plain = query.plain(kind.name)
        return Feed { [self] in
            let observation = try await satchel.call { try $0.observe(query: plain) }
            let begun = Once()
            return Source {
                if await begun.isFirst() { return .more(try await list(query)) }
                guard try await translated({ try await observation.next() }) != nil else { return .end }
                return .more(try await list(query))
            } stop: {
                observation.stop()
            }
        }
    }
}

/// Whether something was asked before.
private actor Once {
    private var wasAsked = false

    func isFirst() -> Bool {
        defer { wasAsked = true }
        return !wasAsked
    }
}

/// A walk through a list, page by page.
private actor Walk<Record: Hashable & Sendable> {
    private let page: @Sendable (String?) async throws -> Page<Record>
    private var left: ArraySlice<Entry<Record>> = []
    private var after: String?
    private var isLast = false

    init(page: @escaping @Sendable (String?) async throws -> Page<Record>) {
        self.page = page
    }

    func next() async throws -> Entry<Record>? {
        while left.isEmpty, !isLast {
            let page = try await page(after)
            left = page.entries[...]
            after = page.next
            isLast = page.next == nil
        }
        return left.popFirst()
    }
}
