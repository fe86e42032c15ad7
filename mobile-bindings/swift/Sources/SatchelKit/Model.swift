import Foundation
import SatchelFFI

/// Whose device this is.
public typealias Account = SatchelFFI.Account

/// What a member is in the organisation.
public typealias Role = SatchelFFI.Role

/// A member of the organisation.
public typealias Member = SatchelFFI.Member

/// A team.
public typealias Team = SatchelFFI.Team

/// Which rule was not met.
public typealias ForbiddenReason = SatchelFFI.ForbiddenReason

/// What somebody wants to do with a record.
public typealias Action = SatchelFFI.Action

/// A record of any kind, as lists over several kinds give them.
public typealias AnyRecord = SatchelFFI.AnyRecord

/// What an edit led to.
public typealias Saved = SatchelFFI.Saved

/// Who wrote and when, by the writer's clock.
public typealias Touch = SatchelFFI.Touch

/// What the person has to know of an edit of his.
public typealias Notice = SatchelFFI.Notice

/// A record that is likely the same as another one.
public typealias Duplicate = SatchelFFI.Duplicate

/// How this device stands with the relay.
public typealias Status = SatchelFFI.Status

/// How far the housekeeping is.
public typealias Maintenance = SatchelFFI.Maintenance

/// What a sync did so far, and what is left.
public typealias SyncProgress = SatchelFFI.SyncProgress

/// Why a sync ended.
public typealias SyncEnd = SatchelFFI.SyncEnd

/// What a sync did and why it ended.
public typealias SyncReport = SatchelFFI.SyncReport

/// Whether records that were put away are listed.
public typealias Archived = SatchelFFI.ArchivedFilter

/// A day of the calendar, as in `2026-03-01`: the same day wherever it is looked at.
public typealias CivilDay = SatchelFFI.CivilDay

/// A step of a sync.
public enum SyncStep: Sendable, Hashable {
    /// How far it is.
    case progress(SyncProgress)
    /// How it ended.
    case done(SyncReport)
}

/// What a live connection tells. What it brings is in the database already when it tells.
public enum LiveEvent: Sendable, Hashable {
    /// Connected: what happens arrives from now on.
    case connected
    /// Something arrived, or was decided on: records received, and records handed in.
    case updated(documents: Int, decided: Int)
    /// The connection is gone; the next try comes by itself, after this.
    case waiting(retry: Duration)
    /// The device is signed out: no more tries.
    case signedOut

    init(_ event: SatchelFFI.LiveEvent) {
        switch event {
        case .connected: self = .connected
        case .updated(let documents, let decided):
            self = .updated(documents: Int(clamping: documents), decided: Int(clamping: decided))
        case .waiting(let retryMs): self = .waiting(retry: .milliseconds(retryMs))
        case .signedOut: self = .signedOut
        }
    }
}

extension Stamp {
    /// What stands where an event wants its stamp: who, when and having seen what is written when it is appended.
    public static let unstamped = Stamp(
        id: blank, seen: [], by: blank, at: Date(timeIntervalSince1970: 0), zone: "")

    private static let blank = "00000000-0000-0000-0000-000000000000"
}
