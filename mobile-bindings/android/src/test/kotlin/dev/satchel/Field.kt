package dev.satchel

import dev.satchel.model.CustomerPatch
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.nio.file.Path
import java.time.ZoneId
import kotlin.time.Duration.Companion.seconds

/** What stories share: a relay, and phones that are enrolled at it. */
internal abstract class Field {
    @TempDir
    lateinit var folder: Path

    protected val relay: Relay by lazy { Relay(folder.resolve("relay").toFile()) }

    private val open = mutableListOf<AutoCloseable>()

    @AfterEach
    fun tidy() {
        open.forEach { it.close() }
        relay.close()
    }

    /** A phone: a person, a database, a key. */
    inner class Phone(val name: String) {
        val member: String = relay.member(name)
        val secrets: MemorySecrets = MemorySecrets()
        val file: File get() = folder.resolve("$name.sqlite").toFile()
        lateinit var satchel: Satchel

        suspend fun start(): Phone {
            satchel = opened(file, secrets)
            return this
        }

        suspend fun enrolled(): Phone {
            start()
            satchel.enrol(relay.invite(member), relay.url)
            synced()
            return this
        }

        /** Syncs until nothing is left. */
        suspend fun synced(): SyncReport {
            val report = satchel.sync()
            assertEquals(SyncEnd.COMPLETE, report.end, "$name: $report")
            return report
        }

        suspend fun shop(name: String): Saved = satchel.customers.create(CustomerPatch(name = name))
    }

    protected suspend fun opened(file: File, secrets: SecretStore): Satchel =
        Satchel.open(file, secrets, deviceName = "test", platform = "jvm", zone = ZoneId.of("Asia/Shanghai"))
            .also { open.add(it) }

    /** A story; it fails rather than hangs. */
    protected fun story(tell: suspend CoroutineScope.() -> Unit): Unit = runBlocking { withTimeout(60.seconds, tell) }

    protected suspend inline fun <reified E : Throwable> assertFails(crossinline work: suspend () -> Unit): E {
        try {
            work()
        } catch (expected: Throwable) {
            if (expected is E) return expected
            throw expected
        }
        throw AssertionError("${E::class.simpleName} was expected")
    }
}
