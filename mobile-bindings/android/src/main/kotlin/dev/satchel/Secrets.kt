package dev.satchel

import java.util.concurrent.ConcurrentHashMap
import dev.satchel.ffi.SecretException as FfiSecretException
import dev.satchel.ffi.SecretStore as FfiSecretStore

/**
 * Keeps a few small secrets (under 1 KB each) where only this app on this device can read them, and outside of backups.
 * Called on threads of the library, outside of every lock; it may block. What it throws other than [SecretsLostException]
 * means: not now, try again later.
 */
public interface SecretStore {
    /** The secret of that name; `null` where there is none. */
    public fun load(name: String): ByteArray?

    /** Keeps a secret, in the place of one of the same name. It must be safe when this returns. */
    public fun store(name: String, secret: ByteArray)

    /** Forgets a secret. Nothing happens where there is none. */
    public fun forget(name: String)
}

/** The secrets are gone for good, as when the key that guarded them was invalidated: the device enrols again. */
public class SecretsLostException(cause: Throwable? = null) : Exception("the secrets are lost", cause)

/** Secrets in memory: for tests, and for nothing else. */
public class MemorySecrets : SecretStore {
    private val kept = ConcurrentHashMap<String, ByteArray>()

    override fun load(name: String): ByteArray? = kept[name]

    override fun store(name: String, secret: ByteArray) {
        kept[name] = secret
    }

    override fun forget(name: String) {
        kept.remove(name)
    }
}

/** The app's secrets, as Rust asks for them. */
internal class AskedSecrets(private val secrets: SecretStore) : FfiSecretStore {
    override fun load(name: String): ByteArray? = asked { secrets.load(name) }

    override fun store(name: String, secret: ByteArray): Unit = asked { secrets.store(name, secret) }

    override fun forget(name: String): Unit = asked { secrets.forget(name) }

    @Suppress("TooGenericExceptionCaught") // Whatever an app throws here must not go through Rust.
    private fun <R> asked(work: () -> R): R = try {
        work()
    } catch (_: SecretsLostException) {
        throw FfiSecretException.Lost()
    } catch (_: Exception) {
        throw FfiSecretException.Unavailable()
    }
}
