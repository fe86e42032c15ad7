package dev.satchel

import java.io.BufferedReader
import java.io.File
import java.util.concurrent.TimeUnit

/** The built relay, running on files of its own, with an organisation and one team. */
internal class Relay(private val folder: File) : AutoCloseable {
    private val binary = checkNotNull(System.getenv("SATCHEL_BIN")) { "SATCHEL_BIN is the relay to test against" }
    private var process: Process? = null
    private var address = "127.0.0.1:0"

    val url: String get() = "http://$address"

    init {
        folder.mkdirs()
        admin("init", "--name", "Acme Beverages", "--admin", "Ada")
        admin("team", "add", "North")
        start()
    }

    /** Starts it, under the address it had. */
    fun start() {
        val serve = listOf("serve", "--listen", address, "--metrics-listen", "127.0.0.1:0")
        val command = listOf(binary, "--data-dir", folder.path) + serve
        val started = ProcessBuilder(command).redirectError(File(folder, "relay.log")).start()
        process = started
        val lines = started.inputStream.bufferedReader()
        val line = lines.lineSequence().first { it.startsWith(LISTENING) }
        address = line.removePrefix(LISTENING).trim()
        drain(lines)
    }

    /** Kills it, with no chance to tidy up. */
    fun kill() {
        process?.destroyForcibly()?.waitFor()
        process = null
    }

    /** Stops it in its tracks: connections are open, and nothing answers. */
    fun freeze() {
        signal("STOP")
        // Sent is not stopped yet.
        val status = File("/proc/${checkNotNull(process).pid()}/stat")
        while (status.readText().substringAfterLast(')').trim().first() != 'T') Thread.onSpinWait()
    }

    /** Lets it go on after [freeze]. */
    fun thaw() = signal("CONT")

    /** A new member of the team; the id. */
    fun member(name: String): String =
        text(admin("member", "add", name, "--role", "rep", "--team", "North", "--time-zone", "Asia/Shanghai"), "id")

    /** A new invite for one device of a member; the code. */
    fun invite(member: String): String = text(admin("invite", member), "code")

    /** Runs `satchel admin`; its JSON answer. */
    fun admin(vararg words: String): String {
        val command = listOf(binary, "--data-dir", folder.path, "admin", "--json") + words
        val run = ProcessBuilder(command).redirectError(File(folder, "admin.log")).start()
        val answer = run.inputStream.bufferedReader().readText()
        check(run.waitFor() == 0) { "satchel admin ${words.joinToString(" ")} failed" }
        return answer
    }

    override fun close() {
        if (process != null) thaw()
        kill()
    }

    private fun signal(name: String) {
        val pid = checkNotNull(process).pid().toString()
        // The shell's own: a small system has no program of that name.
        val sent = ProcessBuilder("sh", "-c", "kill -$name $pid").start()
        check(sent.waitFor(10, TimeUnit.SECONDS) && sent.exitValue() == 0) { "the relay cannot be signalled" }
    }

    private companion object {
        const val LISTENING = "listening on http://"

        /** Read on, so that the relay never waits for a full pipe. */
        fun drain(lines: BufferedReader) {
            Thread { lines.lineSequence().forEach { _ -> } }.apply { isDaemon = true }.start()
        }

        fun text(json: String, name: String): String {
            val found = Regex("\"$name\"\\s*:\\s*\"([^\"]*)\"").find(json)
            return checkNotNull(found) { "no $name in the answer" }.groupValues[1]
        }
    }
}
