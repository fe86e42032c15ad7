package dev.satchel.android

import android.content.Context
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.KeyProperties
import dev.satchel.SecretStore
import dev.satchel.SecretsLostException
import java.io.File
import java.security.GeneralSecurityException
import java.security.KeyStore
import javax.crypto.AEADBadTagException
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

/**
 * Secrets in files that only a key of Android's Keystore opens. The files stand outside of backups: a restored backup
 * finds none, and the device enrols again.
 */
public class KeystoreSecrets(context: Context) : SecretStore {
    private val folder = File(context.applicationContext.noBackupFilesDir, "satchel-secrets")

    override fun load(name: String): ByteArray? {
        val file = File(folder, name)
        if (!file.exists()) return null
        val bytes = file.readBytes()
        return try {
            val cipher = Cipher.getInstance(TRANSFORMATION)
            cipher.init(Cipher.DECRYPT_MODE, key(), GCMParameterSpec(TAG_BITS, bytes, 0, NONCE_BYTES))
            cipher.updateAAD(name.encodeToByteArray())
            cipher.doFinal(bytes, NONCE_BYTES, bytes.size - NONCE_BYTES)
        } catch (gone: KeyPermanentlyInvalidatedException) {
            throw SecretsLostException(gone)
        } catch (foreign: AEADBadTagException) {
            // Written under a key that is gone: a restored file.
            throw SecretsLostException(foreign)
        }
    }

    override fun store(name: String, secret: ByteArray) {
        val cipher = Cipher.getInstance(TRANSFORMATION)
        cipher.init(Cipher.ENCRYPT_MODE, key())
        cipher.updateAAD(name.encodeToByteArray())
        val bytes = cipher.iv + cipher.doFinal(secret)
        folder.mkdirs()
        // Whole or not at all.
        val written = File(folder, "$name.new")
        written.outputStream().use {
            it.write(bytes)
            it.fd.sync()
        }
        check(written.renameTo(File(folder, name))) { "a secret could not be kept" }
    }

    override fun forget(name: String) {
        File(folder, name).delete()
    }

    @Throws(GeneralSecurityException::class)
    private fun key(): SecretKey {
        val keys = KeyStore.getInstance(PROVIDER).apply { load(null) }
        (keys.getKey(ALIAS, null) as? SecretKey)?.let { return it }
        val purposes = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
        val spec = KeyGenParameterSpec.Builder(ALIAS, purposes)
            .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
            .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
            .setKeySize(KEY_BITS)
            .build()
        return KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER).apply { init(spec) }.generateKey()
    }

    private companion object {
        const val PROVIDER = "AndroidKeyStore"
        const val ALIAS = "satchel"
        const val TRANSFORMATION = "AES/GCM/NoPadding"
        const val KEY_BITS = 256
        const val TAG_BITS = 128
        const val NONCE_BYTES = 12
    }
}
