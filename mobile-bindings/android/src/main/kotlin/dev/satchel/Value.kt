package dev.satchel

import java.time.Instant
import dev.satchel.ffi.Conflict as FfiConflict
import dev.satchel.ffi.FieldChange as FfiFieldChange
import dev.satchel.ffi.HistoryEntry as FfiHistoryEntry
import dev.satchel.ffi.Sibling as FfiSibling
import dev.satchel.ffi.Value as FfiValue

/** One value by itself: one side of a conflict, what a field was before. */
public sealed interface Value {
    /** No value. */
    public data object None : Value

    /** True or false. */
    public data class Flag(
        /** The value. */
        public val value: Boolean,
    ) : Value

    /** A whole number. */
    public data class Number(
        /** The value. */
        public val value: Long,
    ) : Value

    /** Text, a day (`2026-03-01`), the code of a choice, an id. */
    public data class Text(
        /** The value. */
        public val value: String,
    ) : Value

    /** An instant. */
    public data class Moment(
        /** The value. */
        public val value: Instant,
    ) : Value

    /** Anything of several parts, as JSON; money is `{"minor": 1250, "currency": "CNY"}`. */
    public data class Json(
        /** The value. */
        public val json: String,
    ) : Value
}

internal fun Value.plain(): FfiValue = when (this) {
    is Value.None -> FfiValue.Nothing
    is Value.Flag -> FfiValue.Flag(value)
    is Value.Number -> FfiValue.Number(value)
    is Value.Text -> FfiValue.Text(value)
    is Value.Moment -> FfiValue.Moment(value)
    is Value.Json -> FfiValue.Json(json)
}

internal fun FfiValue.seen(): Value = when (this) {
    is FfiValue.Nothing -> Value.None
    is FfiValue.Flag -> Value.Flag(value)
    is FfiValue.Number -> Value.Number(value)
    is FfiValue.Text -> Value.Text(value)
    is FfiValue.Moment -> Value.Moment(value)
    is FfiValue.Json -> Value.Json(json)
}

/**
 * A field where values written apart stand beside each other.
 *
 * @property field the field, or `field/key` in a map.
 * @property siblings the values, the one that is shown first.
 */
public data class Conflict(public val field: String, public val siblings: List<Sibling>) {
    internal constructor(conflict: FfiConflict) : this(conflict.field, conflict.siblings.map(::Sibling))
}

/**
 * One of several values written apart.
 *
 * @property value the value.
 * @property written who wrote it and when.
 */
public data class Sibling(public val value: Value, public val written: Touch) {
    internal constructor(sibling: FfiSibling) : this(sibling.value.seen(), sibling.written)
}

/**
 * One change of a record.
 *
 * @property version the record as its author saw it after writing.
 * @property parents the version on which it was written.
 * @property written who wrote it and when.
 * @property fields the fields it changed; none for an archiving.
 */
public data class HistoryEntry(
    public val version: String,
    public val parents: String,
    public val written: Touch,
    public val fields: List<FieldChange>,
) {
    internal constructor(entry: FfiHistoryEntry) :
        this(entry.version, entry.parents, entry.written, entry.fields.map(::FieldChange))
}

/**
 * What a change did to a field, as its author saw it.
 *
 * @property field the field.
 * @property before its value before.
 * @property after its value after.
 */
public data class FieldChange(public val field: String, public val before: Value, public val after: Value) {
    internal constructor(change: FfiFieldChange) : this(change.field, change.before.seen(), change.after.seen())
}
