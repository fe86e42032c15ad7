package dev.satchel

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import dev.satchel.ffi.InternalException as FfiFault
import dev.satchel.ffi.SatchelException as FfiException

/**
 * What went wrong, each a different thing for the app to do. Nothing that was written before is lost by any of it, and
 * no message holds a customer's data.
 */
public sealed class SatchelException(message: String, cause: Throwable? = null) : Exception(message, cause) {
    /** The record is not on this device: leave the screen, or read the list again. */
    public class NotFound internal constructor(cause: Throwable? = null) : SatchelException("not on this device", cause)

    /**
     * The input is not valid: show the violations at their fields. Nothing was changed.
     *
     * @property violations everything that is wrong. A field is one of the record's, or the name of what was given:
     * `invite`, `relay`, `id`, `version` and the like.
     */
    public class Invalid internal constructor(
        public val violations: List<Violation>,
        cause: Throwable? = null,
    ) : SatchelException("not valid: " + violations.joinToString { "${it.field} ${it.code}" }, cause)

    /** The device belongs to nobody yet, or the relay does not take it any more: enrol with a new invite. */
    public class SignedOut internal constructor(cause: Throwable? = null) :
        SatchelException("the device is signed out", cause)

    /**
     * The person may not: say so.
     *
     * @property reason which rule was not met.
     */
    public class Forbidden internal constructor(
        public val reason: ForbiddenReason,
        cause: Throwable? = null,
    ) : SatchelException("not allowed: $reason", cause)

    /**
     * The relay cannot be reached or asks for patience: go on working, try again later.
     *
     * @property retryAfter not before this, where the relay said so.
     */
    public class Offline internal constructor(
        public val retryAfter: Duration?,
        cause: Throwable? = null,
    ) : SatchelException("the relay cannot be reached", cause)

    /** The disk is full; reading goes on: ask the person to make room. */
    public class StorageFull internal constructor(cause: Throwable? = null) :
        SatchelException("the storage is full", cause)

    /** This version of the app is too old for the database or for the relay: ask for the update. */
    public class UpdateNeeded internal constructor(cause: Throwable? = null) :
        SatchelException("this version of the app is too old", cause)

    /** The database is damaged. Nothing was deleted; ask before it is set aside. */
    public class DatabaseDamaged internal constructor(cause: Throwable? = null) :
        SatchelException("the database is damaged", cause)

    /** The database or the secrets cannot be used now: closed, paused, or held back by the system. */
    public class Unavailable internal constructor(cause: Throwable? = null) :
        SatchelException("the database cannot be used now", cause)

    /**
     * A fault of this library.
     *
     * @property reference names this failure in the log: show it.
     */
    public class Internal internal constructor(
        public val reference: String,
        detail: String,
        cause: Throwable? = null,
    ) : SatchelException("internal error $reference: $detail", cause)
}

/** Runs a generated call and throws what a caller of this library knows. */
internal inline fun <R> translated(work: () -> R): R = try {
    work()
} catch (error: FfiException) {
    throw error.translate()
} catch (fault: FfiFault) {
    throw fault.translate()
}

@PublishedApi
internal fun FfiException.translate(): SatchelException = when (this) {
    is FfiException.NotFound -> SatchelException.NotFound(this)
    is FfiException.Invalid -> SatchelException.Invalid(violations, this)
    is FfiException.SignedOut -> SatchelException.SignedOut(this)
    is FfiException.Forbidden -> SatchelException.Forbidden(reason, this)
    is FfiException.Offline -> SatchelException.Offline(retryAfterS?.seconds, this)
    is FfiException.StorageFull -> SatchelException.StorageFull(this)
    is FfiException.UpdateNeeded -> SatchelException.UpdateNeeded(this)
    is FfiException.DatabaseDamaged -> SatchelException.DatabaseDamaged(this)
    is FfiException.Unavailable -> SatchelException.Unavailable(this)
    is FfiException.Internal -> SatchelException.Internal(reference, detail, this)
}

/** An argument that is not what it must be (an id that is none) is refused before the call is made. */
private val REFUSED = Regex("Failed to convert arg '([^']*)'")

@PublishedApi
internal fun FfiFault.translate(): SatchelException {
    val argument = message?.let(REFUSED::find)?.groupValues?.get(1)
    return if (argument == null) {
        SatchelException.Internal("bindings", "a call failed", this)
    } else {
        SatchelException.Invalid(listOf(Violation(argument, ViolationCode.MALFORMED, null)), this)
    }
}
