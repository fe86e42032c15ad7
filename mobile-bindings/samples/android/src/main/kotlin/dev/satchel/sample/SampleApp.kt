package dev.satchel.sample

import android.app.Application
import android.os.Build
import dev.satchel.Satchel
import dev.satchel.SatchelException
import dev.satchel.android.KeystoreSecrets
import dev.satchel.android.SyncJobService
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import java.io.File

/** Keeps the one database of the process. */
class SampleApp : Application() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    /** Opened with the first use; milliseconds, whatever it holds. */
    val satchel: Deferred<Satchel> by lazy {
        scope.async {
            // Outside of backups: a restored copy would be a second device with the first one's identity.
            Satchel.open(File(noBackupFilesDir, "satchel.sqlite"), KeystoreSecrets(this@SampleApp), Build.MODEL)
        }
    }

    override fun onCreate() {
        super.onCreate()
        SyncJobService.schedule(this, BackgroundSync::class.java, JOB)
    }

    private companion object {
        const val JOB = 1
    }
}

/** Hands in and takes what is new when the system sees fit. */
class BackgroundSync : SyncJobService() {
    override suspend fun satchel(): Satchel? = try {
        (application as SampleApp).satchel.await()
    } catch (_: SatchelException.Unavailable) {
        null
    }
}
