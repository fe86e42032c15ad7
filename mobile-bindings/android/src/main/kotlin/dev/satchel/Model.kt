package dev.satchel

import dev.satchel.model.Stamp
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import dev.satchel.ffi.LiveEvent as FfiLiveEvent

/** Whose device this is. */
public typealias Account = dev.satchel.ffi.Account

/** What a member is in the organisation. */
public typealias Role = dev.satchel.ffi.Role

/** A member of the organisation. */
public typealias Member = dev.satchel.ffi.Member

/** A team. */
public typealias Team = dev.satchel.ffi.Team

/** Which rule was not met. */
public typealias ForbiddenReason = dev.satchel.ffi.ForbiddenReason

/** What somebody wants to do with a record. */
public typealias Action = dev.satchel.ffi.Action

/** What an edit led to. */
public typealias Saved = dev.satchel.ffi.Saved

/** Who wrote and when, by the writer's clock. */
public typealias Touch = dev.satchel.ffi.Touch

/** What the person has to know of an edit of his. */
public typealias Notice = dev.satchel.ffi.Notice

/** A record that is likely the same as another one. */
public typealias Duplicate = dev.satchel.ffi.Duplicate

/** How this device stands with the relay. */
public typealias Status = dev.satchel.ffi.Status

/** Why a record is on this device or not. */
public typealias Explanation = dev.satchel.ffi.Explanation

/** Whether a record is on this device, and why. */
public typealias Presence = dev.satchel.ffi.Presence

/** Whether this device may be wiped without losing anything, and what stands against it. */
public typealias WipeCheck = dev.satchel.ffi.WipeCheck

/** How far the housekeeping is. */
public typealias Maintenance = dev.satchel.ffi.Maintenance

/** What a sync did so far, and what is left. */
public typealias SyncProgress = dev.satchel.ffi.SyncProgress

/** Why a sync ended. */
public typealias SyncEnd = dev.satchel.ffi.SyncEnd

/** What a sync did and why it ended. */
public typealias SyncReport = dev.satchel.ffi.SyncReport

/** Whether records that were put away are listed. */
public typealias Archived = dev.satchel.ffi.ArchivedFilter

/** One thing wrong with a record or an edit. */
public typealias Violation = dev.satchel.model.Violation

/** What can be wrong with a field. */
public typealias ViolationCode = dev.satchel.model.ViolationCode

/** A figure, or why there is none: shown as `n/a` then, never as 0. See [valueOrNull] and [reasonOrNull]. */
public typealias Figure = dev.satchel.ffi.Figure

/** Why there is no figure. */
public typealias NoFigure = dev.satchel.ffi.NoFigure

/** A part of a figure whose records can be listed. */
public typealias FigurePart = dev.satchel.ffi.FigurePart

/** A sum in the currency that was asked for. */
public typealias Total = dev.satchel.ffi.Total

/** Records that made a figure. */
public typealias RecordIds = dev.satchel.ffi.RecordIds

/** How far a target is reached on a day. */
public typealias Attainment = dev.satchel.ffi.Attainment

/** What is open and expected to close in a period. */
public typealias Pipeline = dev.satchel.ffi.Pipeline

/** How much of what was closed in a period was won. */
public typealias WinRate = dev.satchel.ffi.WinRate

/** A stage of a process: how many deals go on from it, how long they stay, why they are lost. */
public typealias StageFigure = dev.satchel.ffi.StageFigure

/** How much was lost for one reason. */
public typealias LostFor = dev.satchel.ffi.LostFor

/** The visits of a period. */
public typealias Visiting = dev.satchel.ffi.Visiting

/** What was answered in a period. */
public typealias Opinions = dev.satchel.ffi.Opinions

/** One sheet of an import: what would become of its rows. */
public typealias ImportSheet = dev.satchel.ffi.ImportSheet

/** One row of an import. */
public typealias ImportRow = dev.satchel.ffi.ImportRow

/** One field that an import would change. */
public typealias ImportChange = dev.satchel.ffi.ImportChange

/** What would become of a row. */
public typealias RowVerdict = dev.satchel.ffi.RowVerdict

/** Country of phone numbers that name none. */
public typealias PhoneCountry = dev.satchel.ffi.PhoneCountry

/** Which stands first in `03/04/2026`. */
public typealias DayForm = dev.satchel.ffi.DayForm

/** Language of headers, labels and reasons. */
public typealias ListLanguage = dev.satchel.ffi.ListLanguage

/** A step of a sync. */
public sealed interface SyncStep {
    /** How far it is. */
    public data class Progress(
        /** What it did so far, and what is left. */
        public val progress: SyncProgress,
    ) : SyncStep

    /** How it ended. */
    public data class Done(
        /** What it did and why it ended. */
        public val report: SyncReport,
    ) : SyncStep
}

/** What a live connection tells. What it brings is in the database already when it tells. */
public sealed interface LiveEvent {
    /** Connected: what happens arrives from now on. */
    public data object Connected : LiveEvent

    /** Something arrived, or was decided on. */
    public data class Updated(
        /** Records received. */
        public val documents: Long,
        /** Records handed in and decided on. */
        public val decided: Long,
    ) : LiveEvent

    /** The connection is gone; the next try comes by itself. */
    public data class Waiting(
        /** After this. */
        public val retry: Duration,
    ) : LiveEvent

    /** The device is signed out: no more tries. */
    public data object SignedOut : LiveEvent
}

internal fun FfiLiveEvent.seen(): LiveEvent = when (this) {
    is FfiLiveEvent.Connected -> LiveEvent.Connected
    is FfiLiveEvent.Updated -> LiveEvent.Updated(documents, decided)
    is FfiLiveEvent.Waiting -> LiveEvent.Waiting(retryMs.milliseconds)
    is FfiLiveEvent.SignedOut -> LiveEvent.SignedOut
}

/** What stands where an event wants its stamp: who, when and having seen what is written when the event is appended. */
public val UNSTAMPED: Stamp = Stamp(id = BLANK_ID, seen = emptyList(), by = BLANK_ID, at = Instant.EPOCH, zone = "")

private const val BLANK_ID = "00000000-0000-0000-0000-000000000000"
