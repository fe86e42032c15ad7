package dev.satchel.sample

import dev.satchel.Kinds
import dev.satchel.Satchel
import dev.satchel.SatchelException
import dev.satchel.UNSTAMPED
import dev.satchel.VisitColumns
import dev.satchel.customers
import dev.satchel.model.CustomerPatch
import dev.satchel.model.VisitEvent
import dev.satchel.model.VisitEventKind
import dev.satchel.model.VisitKind
import dev.satchel.model.VisitPatch
import dev.satchel.visits
import kotlinx.coroutines.runBlocking
import java.io.File
import java.time.Instant
import java.time.LocalDate
import java.time.ZoneId
import kotlin.system.exitProcess

private const val USAGE = """A rep's day from the command line. The first word is the folder that holds the database.
  FOLDER enrol INVITE [RELAY]   redeem the invite that the admin gave (the link, or its code and the relay's address)
  FOLDER visit CUSTOMER         arrive at a customer, which is made where there is none of that name; works offline
  FOLDER sync                   hand in what was written, take what is new
  FOLDER day [DATE]             what the day holds (today, where none is said)"""

/** Does what the words say with the database in their first one. */
fun main(words: Array<String>) {
    val code = try {
        runBlocking { run(words.toList()) }
    } catch (error: SatchelException) {
        // What each of them means for the person is in docs/mobile.md.
        System.err.println(
            if (error is SatchelException.Invalid) "${error.message}: ${error.violations}" else error.message,
        )
        1
    }
    exitProcess(code)
}

private suspend fun run(words: List<String>): Int {
    val folder = words.firstOrNull()?.let(::File) ?: return usage()
    folder.mkdirs()
    // One for each database and process. A command ends here; an app keeps it as long as it lives.
    Satchel.open(folder.resolve("satchel.sqlite"), FileSecrets(folder), "sample", "jvm").use { satchel ->
        val rest = words.drop(2)
        when (words.getOrNull(1)) {
            "enrol" -> satchel.enrol(rest.firstOrNull() ?: return usage(), rest.getOrNull(1)).also {
                println("enrolled as ${it.name}")
            }

            "visit" -> visit(satchel, rest.firstOrNull() ?: return usage())

            "sync" -> sync(satchel)

            "day" -> day(satchel, rest.firstOrNull()?.let(LocalDate::parse) ?: LocalDate.now())

            else -> return usage()
        }
    }
    return 0
}

private fun usage(): Int {
    System.err.println(USAGE)
    return 2
}

private suspend fun visit(satchel: Satchel, name: String) {
    val known = satchel.search(name, listOf(Kinds.customer)).entries.firstOrNull()
    val customer = known?.id ?: satchel.customers.create(CustomerPatch(name = name)).id
    val visit = satchel.visits.create(
        VisitPatch(customerId = customer, visitKind = VisitKind.PLANNED, plannedStart = Instant.now()),
    )
    // Who, when and having seen what is written by the library.
    val arrival = VisitEvent(stamp = UNSTAMPED, event = VisitEventKind.CHECKIN)
    satchel.visits.edit(visit.id, VisitPatch(appendEvents = listOf(arrival)), visit.version)
    println("visiting $name: ${satchel.visits.get(visit.id)?.get(VisitColumns.status)}")
    println("${satchel.status().pending} to hand in")
}

private suspend fun sync(satchel: Satchel) {
    val report = satchel.sync()
    println("${report.end}: ${report.progress.decided} handed in, ${report.progress.documents} received")
    println("safe to wipe: ${satchel.status().safeToWipe}")
}

private suspend fun day(satchel: Satchel, day: LocalDate) {
    val agenda = satchel.agenda(day, ZoneId.systemDefault())
    println("$day: ${agenda.visits.size} to visit, ${agenda.due.size} due, ${agenda.overdue.size} overdue")
    for (visit in agenda.visits) {
        val customer = satchel.customers.get(visit.record.customerId)?.record?.name
        println("  ${visit.record.plannedStart} $customer: ${visit[VisitColumns.status]}")
    }
}
