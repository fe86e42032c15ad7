package dev.satchel.sample.model

import dev.satchel.Agenda
import dev.satchel.Satchel
import dev.satchel.UNSTAMPED
import dev.satchel.model.Position
import dev.satchel.model.PositionSource
import dev.satchel.model.VisitEvent
import dev.satchel.model.VisitEventKind
import dev.satchel.model.VisitPatch
import dev.satchel.tasks
import dev.satchel.visits
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.combine
import java.time.LocalDate
import java.time.ZoneId

/** Where a phone says that it is. */
data class Fix(val latitude: Double, val longitude: Double, val accuracyM: Float?)

/** A day of a rep: what is planned, what is due, and arriving somewhere. */
class Day(private val satchel: Satchel, private val zone: ZoneId = ZoneId.systemDefault()) {
    /** The agenda of a day, now and after each change, whoever made it. */
    fun agenda(day: LocalDate): Flow<Agenda> =
        combine(satchel.visits.observe(), satchel.tasks.observe()) { _, _ -> satchel.agenda(day, zone) }

    /** Arrived, with the place where the phone says so; without one the visit counts and its place is not verified. */
    suspend fun checkIn(visit: String, version: String, fix: Fix?) = log(visit, version, VisitEventKind.CHECKIN, fix)

    /** Left. */
    suspend fun checkOut(visit: String, version: String, fix: Fix?) = log(visit, version, VisitEventKind.CHECKOUT, fix)

    private suspend fun log(visit: String, version: String, event: VisitEventKind, fix: Fix?) {
        val position = fix?.let {
            Position(
                latE7 = (it.latitude * E7).toLong(),
                lonE7 = (it.longitude * E7).toLong(),
                accuracyM = it.accuracyM?.toLong(),
                source = PositionSource.FUSED,
            )
        }
        // Who, when and having seen what is written by the library.
        val logged = VisitEvent(stamp = UNSTAMPED, event = event, position = position)
        satchel.visits.edit(visit, VisitPatch(appendEvents = listOf(logged)), version)
    }

    private companion object {
        const val E7 = 10_000_000
    }
}
