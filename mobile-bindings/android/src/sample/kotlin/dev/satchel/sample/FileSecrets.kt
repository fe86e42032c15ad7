package dev.satchel.sample

import dev.satchel.SecretStore
import java.io.File
import java.nio.file.Files
import java.nio.file.attribute.PosixFilePermissions

/**
 * Secrets in files that only this person can read. A phone has better places: `KeystoreSecrets` on Android.
 *
 * @param folder where the files stand.
 */
class FileSecrets(private val folder: File) : SecretStore {
    override fun load(name: String): ByteArray? = file(name).takeIf { it.isFile }?.readBytes()

    override fun store(name: String, secret: ByteArray) {
        val own = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        val part = Files.createTempFile(folder.toPath(), name, ".part", own).toFile()
        part.writeBytes(secret)
        check(part.renameTo(file(name))) { "the secret could not be kept" }
    }

    override fun forget(name: String) {
        file(name).delete()
    }

    private fun file(name: String) = folder.resolve("$name.secret")
}
