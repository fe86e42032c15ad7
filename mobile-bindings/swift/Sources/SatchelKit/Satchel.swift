import Foundation
import SatchelFFI

/// One database on this device, and its connection to the relay.
///
/// Keep one for each database and process, owned by the app. It may be used from any task and any actor: nothing runs on
/// the caller's thread, and no thread of Swift's pool waits. What is written is on the disk when the call returns; a task
/// that is cancelled while it writes has written or will have, but leaves nothing half done and nothing locked.
///
/// Every function that throws throws a ``SatchelError``; ``sync(deadline:byteBudget:)`` also throws `CancellationError`.
public final class Satchel: Sendable {
    private let handle: SatchelFFI.Satchel

    private init(_ handle: SatchelFFI.Satchel) {
        self.handle = handle
    }

    #if os(iOS)
        /// What this system is called on the relay.
        public static let platform = "ios"
    #elseif os(macOS)
        /// What this system is called on the relay.
        public static let platform = "macos"
    #else
        /// What this system is called on the relay.
        public static let platform = "swift"
    #endif

    /// Opens the database, making or upgrading it where needed; milliseconds, whatever it holds.
    ///
    /// - Parameters:
    ///   - file: The database. Its folder must be there; `-wal` and `-shm` beside it belong to it. Outside of backups, and
    ///     protected until the first unlock: see ``protect(_:)``.
    ///   - secrets: Keeps the device's key.
    ///   - deviceName: What an admin sees of this device.
    ///   - platform: The system, as the relay shows it.
    ///   - zone: Where the device is; edits carry it.
    /// - Throws: ``SatchelError/updateNeeded`` where a newer version of the app wrote it, and nothing was touched;
    ///   ``SatchelError/databaseDamaged`` where it is no database, and nothing was deleted.
    public static func open(
        _ file: URL,
        secrets: any SecretStore,
        deviceName: String = "phone",
        platform: String = Satchel.platform,
        zone: TimeZone = .current
    ) async throws -> Satchel {
        let options = OpenOptions(
            path: file.path, zone: zone.identifier, deviceName: deviceName, platform: platform)
        return try await translated {
            Satchel(try await SatchelFFI.Satchel.open(options: options, secrets: AskedSecrets(secrets)))
        }
    }

    /// Makes a folder for the database where it is missing, keeps it out of backups and, on iOS, readable from the first
    /// unlock on: a background window may come while the phone is locked.
    public static func protect(_ folder: URL) throws {
        var folder = folder
        var attributes: [FileAttributeKey: Any] = [:]
        #if os(iOS)
            attributes[.protectionKey] = FileProtectionType.completeUntilFirstUserAuthentication
        #endif
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true, attributes: attributes)
        #if canImport(Darwin)
            var values = URLResourceValues()
            values.isExcludedFromBackup = true
            try folder.setResourceValues(values)
        #endif
    }

    // MARK: The person

    /// Whose device this is; `nil` before it is enrolled.
    public func account() async throws -> Account? {
        try await call { try await $0.account() }
    }

    /// Redeems an invite: the link that the admin gave (or its QR code holds), or the bare code with the relay's address.
    /// Where the connection breaks, the same call again goes on where it was.
    ///
    /// - Throws: ``SatchelError/invalid(_:)`` at `invite` where the invite does not hold or is another person's, at `relay`
    ///   where that is no address; ``SatchelError/offline(retryAfter:)`` where the relay cannot be reached.
    @discardableResult
    public func enrol(_ invite: String, relay: String? = nil) async throws -> Account {
        try await call { try await $0.enrol(invite: invite, relay: relay) }
    }

    /// Everybody in the organisation, as of the last sync.
    public func members() async throws -> [Member] {
        try await call { try await $0.members() }
    }

    /// Every team of the organisation, as of the last sync.
    public func teams() async throws -> [Team] {
        try await call { try await $0.teams() }
    }

    /// The device travelled: edits carry this zone from now on.
    public func setZone(_ zone: TimeZone) async throws {
        try await call { try $0.setZone(name: zone.identifier) }
    }

    // MARK: Records

    /// The records of one kind. The kinds have properties of their own: `satchel.visits`.
    public func records<Record, Patch>(_ kind: Kind<Record, Patch>) -> Records<Record, Patch> {
        Records(satchel: self, kind: kind)
    }

    /// Searches; every word of the text must be found. Until ``maintenance()`` has no records left to index, some are not
    /// found.
    ///
    /// - Parameters:
    ///   - text: What was typed.
    ///   - kinds: Only these; all where empty.
    ///   - ranked: The best of the newest 500 first, rather than the newest first.
    ///   - archived: Whether records that were put away are found.
    ///   - after: Newest first: the ``SearchResult/next`` of the page before.
    ///   - limit: Records at most.
    public func search(
        _ text: String,
        kinds: [any AnyKind] = [],
        ranked: Bool = false,
        archived: Archived = .without,
        after: Int64? = nil,
        limit: Int = 50
    ) async throws -> SearchResult {
        let query = SearchQuery(
            text: text, kinds: kinds.map(\.name), order: ranked ? .rank : .newest, archived: archived, after: after,
            limit: Int32(clamping: limit))
        let page = try await call { try await $0.search(query: query) }
        return SearchResult(entries: page.entries.map(Entry.init(any:)), next: page.next)
    }

    /// The agenda of a day: of one member, or of everybody.
    public func agenda(
        _ day: CivilDay, in zone: TimeZone = .current, of member: String? = nil
    ) async throws -> Agenda {
        let agenda = try await call { try await $0.agenda(day: day, zone: zone.identifier, member: member) }
        return Agenda(
            visits: agenda.visits.compactMap(Kinds.visit.entry),
            due: agenda.due.compactMap(Kinds.task.entry),
            overdue: agenda.overdue.compactMap(Kinds.task.entry))
    }

    /// Figures over what is on this device, with sums in a currency (as in `CNY`) and days counted in a zone.
    public func figures(currency: String, zone: TimeZone = .current) -> Figures {
        Figures(satchel: self, currency: currency, zone: zone)
    }

    /// Everything that hangs on a record or points to it, by kind and field, up to a limit of each.
    public func related(to id: String, limit: Int = 50) async throws -> [Related] {
        let found = try await call { try await $0.related(id: id, limit: Int32(clamping: limit)) }
        return found.map { related in
            Related(
                kind: related.kind, field: related.field, entries: related.page.entries.map(Entry.init(any:)),
                isCut: related.page.next != nil)
        }
    }

    /// Why the person may not do something with a record; `nil` where he may.
    public func forbidden(_ action: Action, _ id: String) async throws -> ForbiddenReason? {
        try await call { try await $0.forbidden(action: action, id: id) }
    }

    // MARK: Where people wrote apart

    /// Records where values written apart stand beside each other, the last changed first.
    public func inConflict(limit: Int = 50) async throws -> [Entry<AnyRecord>] {
        let entries = try await call { try await $0.inConflict(limit: Int32(clamping: limit)) }
        return entries.map(Entry.init(any:))
    }

    /// The conflicts of a record: the field, every value, who wrote it and when.
    public func conflicts(_ id: String) async throws -> [Conflict] {
        try await call { try await $0.conflicts(id: id) }.map(Conflict.init)
    }

    /// Settles a conflict by choosing one of its values, or another one.
    ///
    /// The version is the one on which the values were looked at: one that arrived later stays beside the chosen one.
    @discardableResult
    public func resolve(
        _ id: String, field: String, to value: Value, version: String? = nil
    ) async throws -> Saved {
        try await call { try await $0.resolve(id: id, field: field, value: value.plain, version: version) }
    }

    /// Every change of a record (of one field, where it is named) with its author and time.
    public func history(_ id: String, field: String? = nil) async throws -> [HistoryEntry] {
        try await call { try await $0.history(id: id, field: field) }.map(HistoryEntry.init)
    }

    /// A record as it was at a version.
    public func record(_ id: String, at version: String) async throws -> AnyRecord {
        try await call { try await $0.atVersion(id: id, version: version) }
    }

    /// Records on this device that are likely the same as this one, the likeliest first.
    public func duplicates(of id: String) async throws -> [Duplicate] {
        try await call { try await $0.duplicates(id: id) }
    }

    /// Says that a record is the same as another one and is shown as it. ``unmerge(_:from:)`` takes it back.
    @discardableResult
    public func merge(_ loser: String, into survivor: String) async throws -> Saved {
        try await call { try await $0.merge(loser: loser, survivor: survivor) }
    }

    /// Takes back that a record is the same as another one.
    @discardableResult
    public func unmerge(_ loser: String, from survivor: String) async throws -> Saved {
        try await call { try await $0.unmerge(loser: loser, survivor: survivor) }
    }

    /// What the person has to know of his own edits, newest first, before a number.
    public func notices(before: Int64? = nil, limit: Int = 50) async throws -> [Notice] {
        try await call { try await $0.notices(before: before, limit: Int32(clamping: limit)) }
    }

    /// Notes that a notice was shown.
    public func markNoticeSeen(_ number: Int64) async throws {
        try await call { try await $0.markNoticeSeen(number: number) }
    }

    // MARK: The relay

    /// How this device stands with the relay.
    public func status() async throws -> Status {
        try await call { try await $0.status() }
    }

    /// Why a record is on this device or not. Why it is not, the relay knows better.
    public func explain(_ id: String) async throws -> Explanation {
        try await call { try await $0.explain(id: id) }
    }

    /// Checks whether this device may be wiped: the relay has everything, and both agree. Everything here is added up anew
    /// for it, seconds for 100,000 records. An edit made afterwards is not covered.
    public func checkWipe() async throws -> WipeCheck {
        try await call { try await $0.checkWipe() }
    }

    /// Hands in what was written here and takes what is new, until nothing is left or a bound is met.
    ///
    /// Cancelling the task stops it within moments; what was committed stays. Only one runs at a time; another one waits
    /// for it.
    ///
    /// - Parameters:
    ///   - deadline: How long at most, as a background window gives it.
    ///   - byteBudget: About how many bytes at most, sent and received.
    /// - Throws: `CancellationError` where the task was cancelled.
    @discardableResult
    public func sync(deadline: Duration? = nil, byteBudget: Int64? = nil) async throws -> SyncReport {
        let options = SyncOptions(deadline: deadline?.bound, byteBudget: byteBudget)
        let run = try await call { try $0.sync(options: options) }
        let report = try await withTaskCancellationHandler {
            try await translated { try await run.finish() }
        } onCancel: {
            run.cancel()
        }
        if report.end == .cancelled { try _Concurrency.Task.checkCancellation() }
        return report
    }

    /// ``sync(deadline:byteBudget:)``, telling how far it is: ``SyncStep/progress(_:)`` after each step (those that nobody
    /// waited for are left out), then one ``SyncStep/done(_:)``. Nothing happens before the loop begins; it stops with it.
    public func syncing(deadline: Duration? = nil, byteBudget: Int64? = nil) -> Feed<SyncStep> {
        let options = SyncOptions(deadline: deadline?.bound, byteBudget: byteBudget)
        return Feed { [self] in
            let run = try await call { try $0.sync(options: options) }
            return Source {
                if let progress = try await translated({ try await run.next() }) { return .more(.progress(progress)) }
                return .last(.done(try await translated { try await run.finish() }))
            } stop: {
                run.cancel()
            }
        }
    }

    /// A live connection for as long as the loop runs: what others write arrives within moments, what is written here is
    /// handed in at once. It connects again by itself, and ends when the device is signed out. For the foreground.
    public func live() -> Feed<LiveEvent> {
        Feed { [self] in
            let connection = try await call { try await $0.live() }
            return Source {
                guard let event = try await translated({ try await connection.next() }) else { return .end }
                return .more(LiveEvent(event))
            } stop: {
                connection.stop()
            }
        }
    }

    // MARK: The database

    /// How far the housekeeping is. It goes on by itself after every sync.
    public func maintenance() async throws -> Maintenance {
        try await call { try await $0.maintenance() }
    }

    /// Does one slice of the housekeeping, well under a second: for idle moments after an import or an upgrade.
    @discardableResult
    public func maintain() async throws -> Maintenance {
        try await call { try await $0.maintain() }
    }

    /// Whether the last process that had the database open did not close it; a reason to ``verify()``.
    public var wasLeftOpen: Bool { handle.leftOpen() }

    /// Checks every page of the database.
    ///
    /// - Throws: ``SatchelError/databaseDamaged`` where one contradicts another.
    public func verify() async throws {
        try await call { try await $0.verify() }
    }

    /// Returns when nobody writes or reads and everything is in the database file itself, unlocked.
    ///
    /// Call it before the system suspends the app: iOS ends an app that is suspended while it holds a lock in a shared
    /// folder. Writing fails as ``SatchelError/unavailable`` until ``resume()``; reading goes on.
    public func pause() async throws {
        try await call { try await $0.suspend() }
    }

    /// Lets writing go on after ``pause()``.
    public func resume() {
        handle.resume()
    }

    /// Ends what runs (sync, live connection, observations) and closes the database; waits as long as one write takes.
    ///
    /// What is called afterwards fails as ``SatchelError/unavailable``. Closing twice does nothing.
    public func close() async throws {
        try await call { try await $0.shutDown() }
    }

    /// Every call of this library goes through here: what it throws is a ``SatchelError``.
    func call<Answer>(_ work: (SatchelFFI.Satchel) async throws -> Answer) async throws -> Answer {
        try await translated { try await work(handle) }
    }
}

extension Duration {
    /// As the generated code takes it: not negative, and of a size that a clock can wait for.
    fileprivate var bound: TimeInterval {
        let year: TimeInterval = 365 * 24 * 60 * 60
        let exact = TimeInterval(components.seconds) + TimeInterval(components.attoseconds) * 1e-18
        return min(max(exact, 0), year)
    }
}
