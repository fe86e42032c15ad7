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

/// Why a record is on this device or not.
public typealias Explanation = SatchelFFI.Explanation

/// Whether a record is on this device, and why.
public typealias Presence = SatchelFFI.Presence

/// Whether this device may be wiped without losing anything, and what stands against it.
public typealias WipeCheck = SatchelFFI.WipeCheck

/// A figure, or why there is none: shown as `n/a` then, never as 0.
public typealias Figure = SatchelFFI.Figure

/// Why there is no figure.
public typealias NoFigure = SatchelFFI.NoFigure

/// A part of a figure whose records can be listed.
public typealias FigurePart = SatchelFFI.FigurePart

/// A sum in the currency that was asked for.
public typealias Total = SatchelFFI.Total

/// Records that made a figure.
public typealias RecordIds = SatchelFFI.RecordIds

/// How far a target is reached on a day.
public typealias Attainment = SatchelFFI.Attainment

/// What is open and expected to close in a period.
public typealias Pipeline = SatchelFFI.Pipeline

/// How much of what was closed in a period was won.
public typealias WinRate = SatchelFFI.WinRate

/// A stage of a process: how many deals go on from it, how long they stay, why they are lost.
public typealias StageFigure = SatchelFFI.StageFigure

/// How much was lost for one reason.
public typealias LostFor = SatchelFFI.LostFor

/// The visits of a period.
public typealias Visiting = SatchelFFI.Visiting

/// What was answered in a period.
public typealias Opinions = SatchelFFI.Opinions

/// One sheet of an import: what would become of its rows.
public typealias ImportSheet = SatchelFFI.ImportSheet

/// One row of an import.
public typealias ImportRow = SatchelFFI.ImportRow

/// One field that an import would change.
public typealias ImportChange = SatchelFFI.ImportChange

/// What would become of a row.
public typealias RowVerdict = SatchelFFI.RowVerdict

/// Country of phone numbers that name none.
public typealias PhoneCountry = SatchelFFI.PhoneCountry

/// Which stands first in `03/04/2026`.
public typealias DayForm = SatchelFFI.DayForm

/// Language of headers, labels and reasons.
public typealias ListLanguage = SatchelFFI.ListLanguage

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
