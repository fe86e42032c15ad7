package dev.satchel

import dev.satchel.ffi.Condition
import dev.satchel.ffi.Test
import java.time.Instant
import java.time.LocalDate
import dev.satchel.ffi.Order as FfiOrder
import dev.satchel.ffi.Query as FfiQuery
import dev.satchel.ffi.Value as FfiValue

/**
 * A column of a kind, or a value that is derived from it: `VisitColumns.plannedStart`.
 *
 * Conditions are written with it: `VisitColumns.plannedStart less tomorrow`.
 */
public class Column<V : Any> private constructor(
    /** Its name, as on the relay. */
    public val name: String,
    private val write: (V) -> Value,
    internal val read: (Value) -> V?,
) {
    /** The smallest first. */
    public val ascending: Order get() = Order(name, descending = false)

    /** The largest first. */
    public val descending: Order get() = Order(name, descending = true)

    /** Equal to the value. */
    public infix fun eq(value: V): Where = Where(Condition(name, Test.Equals(plain(value))))

    /** Less than the value. */
    public infix fun less(value: V): Where = Where(Condition(name, Test.Less(plain(value))))

    /** Greater than the value. */
    public infix fun greater(value: V): Where = Where(Condition(name, Test.Greater(plain(value))))

    /** From a value, with it, to another one, without it. */
    public fun between(from: V, until: V): Where = Where(Condition(name, Test.Between(plain(from), plain(until))))

    /** One of the values. */
    public infix fun oneOf(values: Collection<V>): Where = Where(Condition(name, Test.OneOf(values.map(::plain))))

    /** Without a value. */
    public val absent: Where get() = Where(Condition(name, Test.Absent))

    /** With any value. */
    public val present: Where get() = Where(Condition(name, Test.Present))

    override fun toString(): String = name

    private fun plain(value: V): FfiValue = write(value).plain()

    internal companion object {
        fun text(name: String): Column<String> = Column(name, { Value.Text(it) }, { (it as? Value.Text)?.value })

        fun number(name: String): Column<Long> = Column(name, { Value.Number(it) }, { (it as? Value.Number)?.value })

        fun flag(name: String): Column<Boolean> = Column(name, { Value.Flag(it) }, { (it as? Value.Flag)?.value })

        fun day(name: String): Column<LocalDate> = Column(name, { Value.Text(it.toString()) }, ::dayOf)

        fun instant(name: String): Column<Instant> =
            Column(name, { Value.Moment(it) }, { (it as? Value.Moment)?.value })

        private fun dayOf(value: Value): LocalDate? = (value as? Value.Text)?.let { LocalDate.parse(it.value) }
    }
}

/** A condition; made by a [Column]. */
public class Where internal constructor(internal val condition: Condition)

/** An order; made by a [Column]. Equal values are ordered by id. */
public class Order internal constructor(internal val column: String, internal val descending: Boolean)

/**
 * What to list.
 *
 * @param where conditions that all hold.
 * @param orderBy the order; the last changed first where `null`.
 * @param archived whether records that were put away are listed.
 * @param limit records of one page, 1 to 500.
 */
public class Query(
    private vararg val where: Where,
    private val orderBy: Order? = null,
    private val archived: Archived = Archived.WITHOUT,
    private val limit: Int = DEFAULT_LIMIT,
) {
    internal fun plain(kind: Kind<*, *>, after: String? = null): FfiQuery = FfiQuery(
        kind = kind.name,
        filter = where.map { it.condition },
        order = orderBy?.let { FfiOrder(it.column, it.descending) },
        archived = archived,
        after = after,
        limit = limit,
    )
}
