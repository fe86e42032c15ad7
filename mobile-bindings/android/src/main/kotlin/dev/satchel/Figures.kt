package dev.satchel

import dev.satchel.ffi.FigureQuery
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import java.time.Instant
import java.time.LocalDate
import java.time.ZoneId

/** A period of civil days, the last one included. */
public data class Period(
    /** First day. */
    public val first: LocalDate,
    /** Last day, included. */
    public val last: LocalDate,
)

/** From this day to [last], included. */
public infix fun LocalDate.through(last: LocalDate): Period = Period(this, last)

/** The figure in its unit; `null` where there is none. */
public val Figure.valueOrNull: Long?
    get() = (this as? dev.satchel.ffi.Figure.Known)?.value

/** Why there is no figure; `null` where there is one. */
public val Figure.reasonOrNull: NoFigure?
    get() = (this as? dev.satchel.ffi.Figure.Absent)?.reason

/**
 * Figures over what is on this device, with the radio off: see [Satchel.figures].
 *
 * Amounts are in minor units, parts in basis points. A figure over all is one of himself for a rep, of the team for its
 * manager: a device holds what its person may read. Every function reads all records of the kinds that it is about.
 */
public class Figures internal constructor(
    private val satchel: Satchel,
    private val currency: String,
    private val zone: ZoneId,
) {
    /**
     * How far the targets of a [member] (the person's own, where none is named) are reached whose periods have the day
     * [on], the earliest begun first. Targets that a device cannot measure are left out.
     *
     * @param region names the calendar of working days.
     */
    public suspend fun attainment(
        on: LocalDate = LocalDate.now(zone),
        member: String? = null,
        region: String? = null,
    ): List<Attainment> = satchel.call { it.attainment(on.toString(), member, zone.id, currency, region) }

    /** The ids of the records that a target's actual is made of. */
    public fun attainedBy(target: String): Flow<String> = walk { after ->
        satchel.call { it.attainedBy(target, zone.id, after, PAGE) }
    }

    /** What is open and expected to close in a period, and what it is worth. */
    public suspend fun pipeline(period: Period): Pipeline = satchel.call { it.pipeline(query(period)) }

    /** How much of what was closed in a period was won; what is overdue or stale is told as of the day [on]. */
    public suspend fun winRate(
        period: Period,
        on: LocalDate = LocalDate.now(zone),
        staleAfterDays: Long = STALE_AFTER_DAYS,
    ): WinRate = satchel.call { it.winRate(query(period, on, null, staleAfterDays)) }

    /**
     * The stages of one process, the narrowest first. Without a [template] those that deals without one follow. Of all
     * time; [at] says what is open long enough to count.
     */
    public suspend fun stages(template: String? = null, at: Instant = Instant.now()): List<StageFigure> =
        satchel.call { it.stages(template, at, zone.id, currency) }

    /** The visits of a period; [due] are the ids of the customers that were to be visited in it. */
    public suspend fun visiting(
        period: Period,
        on: LocalDate = LocalDate.now(zone),
        member: String? = null,
        due: List<String> = emptyList(),
    ): Visiting = satchel.call { it.visiting(query(period, on, member), due) }

    /** What was answered in a period: who would recommend us, who is satisfied. */
    public suspend fun opinions(period: Period): Opinions = satchel.call { it.opinions(query(period)) }

    /** What was credited to a [member], or to all, in a period. */
    public suspend fun credited(period: Period, member: String? = null): Total =
        satchel.call { it.credited(query(period, member = member)) }

    /** The ids of the records of a part of a figure. */
    public fun counted(
        part: FigurePart,
        period: Period,
        on: LocalDate = LocalDate.now(zone),
        member: String? = null,
        staleAfterDays: Long = STALE_AFTER_DAYS,
    ): Flow<String> = walk { after ->
        satchel.call { it.counted(part, query(period, on, member, staleAfterDays), after, PAGE) }
    }

    private fun query(
        period: Period,
        on: LocalDate = LocalDate.now(zone),
        member: String? = null,
        staleAfterDays: Long = STALE_AFTER_DAYS,
    ) = FigureQuery(
        period.first.toString(),
        period.last.toString(),
        on.toString(),
        member,
        zone.id,
        currency,
        staleAfterDays,
    )

    private fun walk(page: suspend (String?) -> RecordIds): Flow<String> = flow {
        var after: String? = null
        do {
            val found = page(after)
            found.ids.forEach { emit(it) }
            after = found.next
        } while (after != null)
    }

    private companion object {
        const val PAGE = 200
        const val STALE_AFTER_DAYS = 30L
    }
}
