package dev.satchel

import dev.satchel.ffi.AnyPatch
import dev.satchel.ffi.AnyRecord
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.flow
import dev.satchel.ffi.Change as FfiChange
import dev.satchel.ffi.Entry as FfiEntry

internal const val DEFAULT_LIMIT: Int = 50

/** A kind of record: see [Kinds]. */
public class Kind<T : Any, P : Any> internal constructor(
    /** Its name, as on the relay. */
    public val name: String,
    internal val read: (AnyRecord) -> T?,
    internal val patch: (P) -> AnyPatch,
) {
    internal fun entry(entry: FfiEntry): Entry<T>? = read(entry.record)?.let { Entry(it, entry) }

    override fun toString(): String = name
}

/**
 * A record on this device, with what is known beside it.
 *
 * @property record the record itself.
 */
public class Entry<out T : Any> internal constructor(public val record: T, private val inner: FfiEntry) {
    /** Its id. */
    public val id: String get() = inner.id

    /** Its version: to be given back with an edit. Looked into by nobody. */
    public val version: String get() = inner.version

    /** Fields where values written apart stand beside each other (`field`, or `field/key` in a map). */
    public val conflicts: List<String> get() = inner.conflicts

    /** What the merged state violates: to be shown. */
    public val violations: List<Violation> get() = inner.violations

    /** Whether it was put away. */
    public val archived: Boolean get() = inner.archived

    /** Whether somebody put it away while another edited it: the edit won, and people should look. */
    public val editedAfterArchive: Boolean get() = inner.editedAfterArchive

    /** Who made it and when. */
    public val created: Touch get() = inner.created

    /** Who wrote last and when. */
    public val updated: Touch get() = inner.updated

    /** Whether it holds edits that the relay does not have yet. */
    public val pending: Boolean get() = inner.pending

    /** Why the relay keeps its last edit apart, where it does. */
    public val parked: String? get() = inner.parked

    /** A value that is derived from the record, as its status; `null` where there is none. */
    public operator fun <V : Any> get(derived: Column<V>): V? {
        val value = inner.derived[derived.name] ?: return null
        return derived.read(value.seen())
    }

    override fun equals(other: Any?): Boolean = other is Entry<*> && other.inner == inner

    override fun hashCode(): Int = inner.hashCode()

    override fun toString(): String = "Entry(id=$id, record=$record)"
}

/**
 * One page of a list.
 *
 * @property entries the records, in order.
 * @property next where the next page begins; `null` where this was the last.
 */
public class Page<out T : Any> internal constructor(public val entries: List<Entry<T>>, public val next: String?)

/**
 * Found records, of any kind.
 *
 * @property entries in the order that was asked for.
 * @property next newest first: what to give as `after` for more; `null` where these were the last.
 */
public class SearchResult internal constructor(public val entries: List<Entry<Any>>, public val next: Long?)

/**
 * Records that point to a record through one field.
 *
 * @property kind their kind.
 * @property field the field that points.
 * @property entries the first of them, the last changed first.
 * @property more whether there are more; they are listed by a [Query] on the field.
 */
public class Related internal constructor(
    public val kind: String,
    public val field: String,
    public val entries: List<Entry<Any>>,
    public val more: Boolean,
)

/** What happened to a list. */
public sealed interface Change<out T : Any> {
    /** The record belongs to the list now. */
    public data class Added<T : Any>(
        /** As it is now. */
        public val entry: Entry<T>,
    ) : Change<T>

    /** The record still belongs to the list and changed, or its standing with the relay did. */
    public data class Changed<T : Any>(
        /** As it is now. */
        public val entry: Entry<T>,
    ) : Change<T>

    /** The record belongs to the list no more. */
    public data class Removed(
        /** Its id. */
        public val id: String,
    ) : Change<Nothing>

    /** Too much happened to tell: read the list again. */
    public data object Reset : Change<Nothing>
}

/** The records of one kind. A light handle: make one wherever it is needed. */
public class Records<T : Any, P : Any> internal constructor(
    private val satchel: Satchel,
    private val kind: Kind<T, P>,
) {
    /**
     * Makes a record; what the patch leaves out is blank.
     *
     * @throws SatchelException.Invalid with everything that is wrong.
     */
    public suspend fun create(patch: P): Saved = satchel.call { it.create(kind.patch(patch)) }

    /** A record; `null` where none of this kind is on this device under the id. */
    public suspend fun get(id: String): Entry<T>? = satchel.call { it.get(id) }?.let(kind::entry)

    /**
     * Changes a record: what the patch names, and nothing else. A field that is named in `clear` is blanked; one that is
     * not named stays as it is. [version] is the one on which the form was opened: what another person changed since
     * stays, and where it was the same field, both values stand beside each other.
     */
    public suspend fun edit(id: String, patch: P, version: String? = null): Saved =
        satchel.call { it.edit(id, kind.patch(patch), version) }

    /** Puts a record away as it was at [version]: an edit made apart brings it back. */
    public suspend fun archive(id: String, version: String? = null): Saved = satchel.call { it.archive(id, version) }

    /** Brings a record back. */
    public suspend fun restore(id: String): Saved = satchel.call { it.restore(id) }

    /** One page of a list, after the place [after]. Pages stay in order while others write. */
    public suspend fun list(query: Query = Query(), after: String? = null): Page<T> {
        val page = satchel.call { it.list(query.plain(kind, after)) }
        return Page(page.entries.mapNotNull(kind::entry), page.next)
    }

    /** A whole list, page by page as it is collected. */
    public fun all(query: Query = Query()): Flow<Entry<T>> = flow {
        var after: String? = null
        do {
            val page = list(query, after)
            page.entries.forEach { emit(it) }
            after = page.next
        } while (after != null)
    }

    /** How many records a list has. */
    public suspend fun count(query: Query = Query()): Long = satchel.call { it.count(query.plain(kind)) }

    /**
     * What happens to a list from now on, as it happens: at most one change of each record however slow the collector
     * is. It ends with the database.
     */
    public fun changes(query: Query = Query()): Flow<List<Change<T>>> = flow {
        satchel.call { it.observe(query.plain(kind)) }.use { observation ->
            try {
                while (true) {
                    val changes = satchel.call { observation.next() } ?: break
                    emit(changes.mapNotNull(::change))
                }
            } finally {
                observation.stop()
            }
        }
    }

    /**
     * The first page of a list, now and after each change: what a screen shows. A slow collector misses what was in
     * between, never the last.
     */
    public fun observe(query: Query = Query()): Flow<Page<T>> = flow {
        satchel.call { it.observe(query.plain(kind)) }.use { observation ->
            try {
                do {
                    emit(list(query))
                } while (satchel.call { observation.next() } != null)
            } finally {
                observation.stop()
            }
        }
    }.conflate()

    private fun change(change: FfiChange): Change<T>? = when (change) {
        is FfiChange.Added -> kind.entry(change.entry)?.let { Change.Added(it) }
        is FfiChange.Changed -> kind.entry(change.entry)?.let { Change.Changed(it) }
        is FfiChange.Removed -> Change.Removed(change.id)
        is FfiChange.Reset -> Change.Reset
    }
}
