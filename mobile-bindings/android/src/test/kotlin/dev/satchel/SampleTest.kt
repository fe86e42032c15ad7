package dev.satchel

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File
import java.time.LocalDate
import java.util.concurrent.TimeUnit

/** The sample app, each command a process of its own, as a reader runs it. */
internal class SampleTest : Field() {
    private fun sample(vararg words: String, code: Int = 0): String {
        val command = listOf(ProcessHandle.current().info().command().get(), "@$ARGUMENTS") + words
        val process = ProcessBuilder(command).redirectErrorStream(true).start()
        val said = process.inputStream.bufferedReader().readText()
        assertTrue(process.waitFor(1, TimeUnit.MINUTES))
        assertEquals(code, process.exitValue(), said)
        return said
    }

    @Test
    fun `the sample enrols, visits offline, syncs and lists the day`() {
        val classes = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        val libraries = System.getProperty("jna.library.path")
        val words = listOf("-cp", classes, "-Djna.library.path=$libraries", "dev.satchel.sample.MainKt")
        File(ARGUMENTS).writeText(words.joinToString("\n") { "\"$it\"" })

        val home = folder.resolve("ann").toString()
        val ann = relay.member("Ann")
        assertTrue("FOLDER enrol INVITE" in sample(code = 2))
        assertTrue("invite" in sample(home, "enrol", "AAAA-BBBB-CCCC-DDDD", relay.url, code = 1))
        assertEquals("enrolled as Ann\n", sample(home, "enrol", relay.invite(ann), relay.url))
        sample(home, "sync")
        relay.kill()
        assertEquals("visiting Corner shop: in_progress\n2 to hand in\n", sample(home, "visit", "Corner shop"))
        assertTrue("cannot be reached" in sample(home, "sync", code = 1))
        relay.start()
        assertTrue("safe to wipe: true" in sample(home, "sync"))
        // The shop is known by now.
        assertEquals("visiting Corner shop: in_progress\n1 to hand in\n", sample(home, "visit", "Corner shop"))
        val day = sample(home, "day", LocalDate.now().toString())
        assertTrue("2 to visit, 0 due, 0 overdue" in day, day)
        assertEquals(2, day.lines().count { "Corner shop: in_progress" in it }, day)
    }

    private companion object {
        /** Beside what was built: so the sample is also run by `cargo xtask bindings kotlin -- WORDS`. */
        val ARGUMENTS: String = System.getProperty("satchel.sample")
    }
}
