package dev.satchel

import dev.satchel.model.CustomerPatch
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.last
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File
import java.io.RandomAccessFile
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

internal class TroubleTest : Field() {
    @Test
    fun `a sync that is cancelled while the relay hangs ends at once and leaves nothing locked`() = story {
        val ann = Phone("Ann").enrolled()
        ann.shop("Corner shop")
        relay.freeze()
        val running = launch { ann.satchel.sync() }
        // One that waits for its turn so long shows that the first is on its way and hangs.
        assertEquals(SyncEnd.DEADLINE, ann.satchel.sync(deadline = 300.milliseconds).end)
        assertTrue(running.isActive)
        val begun = TimeSource.Monotonic.markNow()
        running.cancelAndJoin()
        assertTrue(begun.elapsedNow() < 5.seconds, "${begun.elapsedNow()}")

        ann.shop("Written while the relay hangs")
        ann.satchel.pause()
        ann.satchel.resume()
        relay.thaw()
        ann.synced()
        assertEquals(0, ann.satchel.status().pending)
    }

    @Test
    fun `a background window is kept to, by time and by bytes`() = story {
        val ann = Phone("Ann").enrolled()
        ann.shop("Corner shop")
        assertEquals(SyncEnd.BUDGET, ann.satchel.sync(byteBudget = 0).end)
        relay.freeze()
        val begun = TimeSource.Monotonic.markNow()
        assertEquals(SyncEnd.DEADLINE, ann.satchel.sync(deadline = 200.milliseconds).end)
        assertTrue(begun.elapsedNow() < 5.seconds, "${begun.elapsedNow()}")
        relay.thaw()
        ann.synced()
    }

    @Test
    fun `progress is exact and ends with the report`() = story {
        val ann = Phone("Ann").enrolled()
        repeat(20) { ann.shop("Shop $it") }
        val steps = ann.satchel.syncing().toList()
        val report = (steps.last() as SyncStep.Done).report
        assertEquals(SyncEnd.COMPLETE, report.end)
        assertEquals(20, report.progress.decided)
        assertEquals(0, report.progress.pending)
        assertTrue(steps.dropLast(1).all { it is SyncStep.Progress })
    }

    @Test
    fun `a relay that is gone is told as offline, and nothing is lost when it is back`() = story {
        val ann = Phone("Ann").enrolled()
        relay.kill()
        ann.shop("Corner shop")
        val gone = assertFails<SatchelException.Offline> { ann.satchel.sync() }
        assertEquals(null, gone.retryAfter)
        val waiting = CompletableDeferred<LiveEvent>()
        val connected = CompletableDeferred<Unit>()
        val live = launch {
            ann.satchel.live().collect {
                if (it is LiveEvent.Waiting) waiting.complete(it)
                if (it is LiveEvent.Connected) connected.complete(Unit)
            }
        }
        waiting.await()
        relay.start()
        connected.await()
        ann.synced()
        live.cancelAndJoin()
    }

    @Test
    fun `a database of a newer app is refused and stays as it was`() = story {
        val ann = Phone("Ann").enrolled()
        ann.shop("Corner shop")
        ann.satchel.close()
        // SQLite keeps the user's version in the header, big-endian, from byte 60 on.
        RandomAccessFile(ann.file, "rw").use {
            it.seek(60)
            it.writeInt(9_999)
        }
        val before = ann.file.readBytes()
        assertFails<SatchelException.UpdateNeeded> { ann.start() }
        assertTrue(before.contentEquals(ann.file.readBytes()))
    }

    @Test
    fun `a file that is no database is said to be damaged and is not touched`() = story {
        val file = File(folder.toFile(), "damaged.sqlite")
        file.writeText("not a database".repeat(1_000))
        assertFails<SatchelException.DatabaseDamaged> { opened(file, MemorySecrets()) }
        assertEquals("not a database".repeat(1_000), file.readText())
        assertFails<SatchelException.Unavailable> {
            opened(File(folder.toFile(), "no/such/folder/a.sqlite"), MemorySecrets())
        }
    }

    @Test
    fun `pausing waits for who writes, then refuses to write and goes on reading`() = story {
        val ann = Phone("Ann").enrolled()
        val writing = async { runCatching { while (true) ann.shop("Shop") } }
        ann.satchel.customers.changes().first()
        ann.satchel.pause()
        val stopped = writing.await().exceptionOrNull()
        assertTrue(stopped is SatchelException.Unavailable, "$stopped")
        assertTrue(!File(ann.file.path + "-wal").exists() || File(ann.file.path + "-wal").length() == 0L)
        val kept = ann.satchel.customers.count()
        assertTrue(kept > 0)
        ann.satchel.resume()
        ann.shop("After")
        assertEquals(kept + 1, ann.satchel.customers.count())
    }

    @Test
    fun `a closed database is unavailable, and what waits for it ends`() = story {
        val ann = Phone("Ann").enrolled()
        val begun = CompletableDeferred<Unit>()
        val observing = async { ann.satchel.customers.observe().onEach { begun.complete(Unit) }.last() }
        val connected = CompletableDeferred<Unit>()
        val live = async { ann.satchel.live().onEach { connected.complete(Unit) }.collect() }
        begun.await()
        connected.await()
        ann.satchel.close()
        observing.await()
        live.await()
        assertFails<SatchelException.Unavailable> { ann.satchel.status() }
        assertFails<SatchelException.Unavailable> { ann.satchel.customers.create(CustomerPatch(name = "Late")) }
        ann.satchel.close()
    }
}
