package dev.satchel

import dev.satchel.ffi.OpenOptions
import dev.satchel.ffi.SyncOptions
import dev.satchel.model.Task
import dev.satchel.model.Visit
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import java.io.File
import java.time.LocalDate
import java.time.ZoneId
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration
import kotlin.time.toJavaDuration
import dev.satchel.ffi.Satchel as Handle
import dev.satchel.ffi.SearchQuery as FfiSearch

/**
 * One database on this device, and its connection to the relay.
 *
 * Keep one for each database and process, owned by the application. It may be used from any thread and any dispatcher:
 * nothing runs on the caller's thread. What is written is on the disk when the call returns; a coroutine that is
 * cancelled while it writes has written or will have, but leaves nothing half done and nothing locked.
 *
 * Every suspending function throws [SatchelException].
 */
public class Satchel private constructor(private val handle: Handle) : AutoCloseable {
    private val closed = AtomicBoolean(false)

    /** Whose device this is; `null` before it is enrolled. */
    public suspend fun account(): Account? = call { it.account() }

    /**
     * Redeems an invite: the link that the admin gave (or its QR code holds), or the bare code with the [relay]'s
     * address. Where the connection breaks, the same call again goes on where it was.
     *
     * @throws SatchelException.Invalid at `invite` where the invite does not hold or is another person's, at `relay` where
     * that is no address.
     * @throws SatchelException.Offline where the relay cannot be reached.
     */
    public suspend fun enrol(invite: String, relay: String? = null): Account = call { it.enrol(invite, relay) }

    /** Everybody in the organisation, as of the last sync. */
    public suspend fun members(): List<Member> = call { it.members() }

    /** Every team of the organisation, as of the last sync. */
    public suspend fun teams(): List<Team> = call { it.teams() }

    /** The records of one kind. The kinds have properties of their own: `satchel.visits`. */
    public fun <T : Any, P : Any> records(kind: Kind<T, P>): Records<T, P> = Records(this, kind)

    /**
     * Searches; every word of [text] must be found. Until [maintenance] has no records left to index, some are not
     * found.
     *
     * @param kinds only these; all where empty.
     * @param ranked the best of the newest 500 first, rather than the newest first.
     * @param after newest first: the [SearchResult.next] of the page before.
     */
    public suspend fun search(
        text: String,
        kinds: List<Kind<*, *>> = emptyList(),
        ranked: Boolean = false,
        archived: Archived = Archived.WITHOUT,
        after: Long? = null,
        limit: Int = DEFAULT_LIMIT,
    ): SearchResult = call {
        val order = if (ranked) dev.satchel.ffi.SearchOrder.RANK else dev.satchel.ffi.SearchOrder.NEWEST
        val page = it.search(FfiSearch(text, kinds.map { kind -> kind.name }, order, archived, after, limit))
        SearchResult(page.entries.map { entry -> Entry(entry.record.unwrap(), entry) }, page.next)
    }

    /** The agenda of a civil [day]: of one [member], or of everybody. */
    public suspend fun agenda(
        day: LocalDate,
        zone: ZoneId = ZoneId.systemDefault(),
        member: String? = null,
    ): Agenda = call {
        val agenda = it.agenda(day.toString(), zone.id, member)
        Agenda(
            agenda.visits.mapNotNull(Kinds.visit::entry),
            agenda.due.mapNotNull(Kinds.task::entry),
            agenda.overdue.mapNotNull(Kinds.task::entry),
        )
    }

    /** Everything that hangs on a record or points to it, by kind and field, up to [limit] of each. */
    public suspend fun related(id: String, limit: Int = DEFAULT_LIMIT): List<Related> = call {
        it.related(id, limit).map { found ->
            val entries = found.page.entries.map { entry -> Entry(entry.record.unwrap(), entry) }
            Related(found.kind, found.field, entries, found.page.next != null)
        }
    }

    /** Figures over what is on this device, with sums in [currency] (as in `CNY`) and days counted in [zone]. */
    public fun figures(currency: String, zone: ZoneId = ZoneId.systemDefault()): Figures = Figures(this, currency, zone)

    /** Records where values written apart stand beside each other, the last changed first. */
    public suspend fun inConflict(limit: Int = DEFAULT_LIMIT): List<Entry<Any>> = call {
        it.inConflict(limit).map { entry -> Entry(entry.record.unwrap(), entry) }
    }

    /** The conflicts of a record: the field, every value, who wrote it and when. */
    public suspend fun conflicts(id: String): List<Conflict> = call { it.conflicts(id).map(::Conflict) }

    /**
     * Settles a conflict by choosing one of its values, or another one; [version] is the one on which the values were
     * looked at, so that one that arrived later stays beside the chosen one.
     */
    public suspend fun resolve(id: String, field: String, value: Value, version: String? = null): Saved =
        call { it.resolve(id, field, value.plain(), version) }

    /** Every change of a record (of one [field], where it is named) with its author and time. */
    public suspend fun history(id: String, field: String? = null): List<HistoryEntry> =
        call { it.history(id, field).map(::HistoryEntry) }

    /** Why the person may not do [action] with a record; `null` where he may. */
    public suspend fun forbidden(action: Action, id: String): ForbiddenReason? = call { it.forbidden(action, id) }

    /** Records on this device that are likely the same as this one, the likeliest first. */
    public suspend fun duplicates(id: String): List<Duplicate> = call { it.duplicates(id) }

    /** Says that [loser] is the same as [survivor] and is shown as it. [unmerge] takes it back. */
    public suspend fun merge(loser: String, survivor: String): Saved = call { it.merge(loser, survivor) }

    /** Takes back that [loser] is the same as [survivor]. */
    public suspend fun unmerge(loser: String, survivor: String): Saved = call { it.unmerge(loser, survivor) }

    /** What the person has to know of his own edits, newest first, before the number [before]. */
    public suspend fun notices(before: Long? = null, limit: Int = DEFAULT_LIMIT): List<Notice> =
        call { it.notices(before, limit) }

    /** Notes that a notice was shown. */
    public suspend fun markNoticeSeen(number: Long): Unit = call { it.markNoticeSeen(number) }

    /** How this device stands with the relay. */
    public suspend fun status(): Status = call { it.status() }

    /** Why a record is on this device or not. Why it is not, the relay knows better. */
    public suspend fun explain(id: String): Explanation = call { it.explain(id) }

    /**
     * Checks whether this device may be wiped: the relay has everything, and both agree. Everything here is added up anew
     * for it, seconds for 100,000 records. An edit made afterwards is not covered.
     */
    public suspend fun checkWipe(): WipeCheck = call { it.checkWipe() }

    /**
     * Hands in what was written here and takes what is new, until nothing is left or a bound is met. Cancelling the
     * coroutine stops it within moments; what was committed stays. Only one runs at a time; another one waits for it.
     *
     * @param deadline how long at most, as a background window gives it.
     * @param byteBudget about how many bytes at most, sent and received.
     */
    public suspend fun sync(deadline: Duration? = null, byteBudget: Long? = null): SyncReport =
        call { it.sync(SyncOptions(deadline?.toJavaDuration(), byteBudget)) }.use { run ->
            try {
                call { run.finish() }
            } finally {
                run.cancel()
            }
        }

    /**
     * [sync], telling how far it is: [SyncStep.Progress] after each step (those that nobody waited for are left out),
     * then one [SyncStep.Done]. Nothing happens before it is collected; it stops when the collector does.
     */
    public fun syncing(deadline: Duration? = null, byteBudget: Long? = null): Flow<SyncStep> = flow {
        call { it.sync(SyncOptions(deadline?.toJavaDuration(), byteBudget)) }.use { run ->
            try {
                while (true) {
                    val progress = call { run.next() } ?: break
                    emit(SyncStep.Progress(progress))
                }
                emit(SyncStep.Done(call { run.finish() }))
            } finally {
                run.cancel()
            }
        }
    }

    /**
     * A live connection for as long as it is collected: what others write arrives within moments, what is written here is
     * handed in at once. It connects again by itself, and ends when the device is signed out. For the foreground.
     */
    public fun live(): Flow<LiveEvent> = flow {
        call { it.live() }.use { connection ->
            try {
                while (true) {
                    emit((call { connection.next() } ?: break).seen())
                }
            } finally {
                connection.stop()
            }
        }
    }

    /** How far the housekeeping is. It goes on by itself after every sync. */
    public suspend fun maintenance(): Maintenance = call { it.maintenance() }

    /** Does one slice of the housekeeping, well under a second: for idle moments after an import or an upgrade. */
    public suspend fun maintain(): Maintenance = call { it.maintain() }

    /** Whether the last process that had the database open did not close it; a reason to [verify]. */
    public val leftOpen: Boolean get() = handle.leftOpen()

    /** Checks every page of the database; throws [SatchelException.DatabaseDamaged] where one contradicts another. */
    public suspend fun verify(): Unit = call { it.verify() }

    /** The device travelled: edits carry this zone from now on. */
    public suspend fun setZone(zone: ZoneId): Unit = call { it.setZone(zone.id) }

    /**
     * Returns when nobody writes or reads and everything is in the database file itself, unlocked. Writing fails as
     * unavailable until [resume]; reading goes on.
     */
    public suspend fun pause(): Unit = call { it.suspend() }

    /** Lets writing go on after [pause]. */
    public suspend fun resume(): Unit = call { it.resume() }

    /**
     * Ends what runs (sync, live connection, observations) and closes the database; waits as long as one write takes.
     * What is called afterwards fails as unavailable. Closing twice does nothing.
     */
    override fun close() {
        if (closed.compareAndSet(false, true)) {
            handle.use { runBlocking(Dispatchers.Default) { translated { it.shutDown() } } }
        }
    }

    /** Off the caller's thread, which polls Rust's futures otherwise; and never on a handle that is gone. */
    internal suspend fun <R> call(work: suspend (Handle) -> R): R {
        if (closed.get()) throw SatchelException.Unavailable()
        return withContext(Dispatchers.Default) {
            try {
                translated { work(handle) }
            } catch (gone: IllegalStateException) {
                // Closed between the question and the call.
                throw if (handle.uniffiIsDestroyed) SatchelException.Unavailable(gone) else gone
            }
        }
    }

    public companion object {
        /**
         * Opens the database, making or upgrading it where needed; milliseconds, whatever it holds.
         *
         * @param file the database. Its folder must be there; `-wal` and `-shm` beside it belong to it. Outside of
         * backups: `noBackupFilesDir` on Android.
         * @param secrets keeps the device's key.
         * @param deviceName what an admin sees of this device.
         * @throws SatchelException.UpdateNeeded where a newer version of the app wrote it; nothing was touched.
         * @throws SatchelException.DatabaseDamaged where it is no database; nothing was deleted.
         */
        public suspend fun open(
            file: File,
            secrets: SecretStore,
            deviceName: String = "phone",
            platform: String = "android",
            zone: ZoneId = ZoneId.systemDefault(),
        ): Satchel = withContext(Dispatchers.Default) {
            val options = OpenOptions(file.path, zone.id, deviceName, platform)
            translated { Satchel(Handle.open(options, AskedSecrets(secrets))) }
        }
    }
}

/** What a day holds. */
public class Agenda internal constructor(
    /** What is planned to begin on the day, earliest first. */
    public val visits: List<Entry<Visit>>,
    /** What is due on the day and not done, earliest first. */
    public val due: List<Entry<Task>>,
    /** What was due before the day and is not done, earliest first. */
    public val overdue: List<Entry<Task>>,
)
