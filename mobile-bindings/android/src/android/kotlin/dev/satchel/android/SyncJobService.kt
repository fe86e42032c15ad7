package dev.satchel.android

import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.app.job.JobService
import android.content.ComponentName
import android.content.Context
import dev.satchel.Satchel
import dev.satchel.SatchelException
import dev.satchel.SyncEnd
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelChildren
import kotlinx.coroutines.launch
import kotlin.time.Duration.Companion.minutes

/**
 * Syncs in the background, when the system sees fit: at best every fifteen minutes, later while the phone sleeps, perhaps
 * never. Nothing depends on it; what is written is safe on the phone and is handed in with the next sync.
 *
 * Extend it, say where the app keeps its [Satchel], and declare it in the manifest with the permission
 * `android.permission.BIND_JOB_SERVICE`.
 */
public abstract class SyncJobService : JobService() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    /** The app's one [Satchel]; `null` where it cannot be opened now, as before the first unlock. */
    protected abstract suspend fun satchel(): Satchel?

    override fun onStartJob(parameters: JobParameters): Boolean {
        scope.launch { jobFinished(parameters, runSync()) }
        return true
    }

    /** The window is over: the sync stops within moments, and what it committed stays. */
    override fun onStopJob(parameters: JobParameters): Boolean {
        scope.coroutineContext.cancelChildren()
        return true
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    /** Whether the system should come back before the period is over. */
    private suspend fun runSync(): Boolean = try {
        val report = satchel()?.sync(deadline = WINDOW)
        report == null || report.end == SyncEnd.DEADLINE
    } catch (_: SatchelException.Offline) {
        true
    } catch (_: SatchelException.Unavailable) {
        true
    } catch (_: SatchelException) {
        // Signed out, too old, no room: the person has to act, and the app shows it when it is opened.
        false
    }

    public companion object {
        /** The system stops a job after about ten minutes; this ends well before. */
        private val WINDOW = 8.minutes
        private const val PERIOD_MS = 15L * 60 * 1000

        /** Asks for it: with any network, at most every fifteen minutes. Call it at each start of the app. */
        public fun schedule(context: Context, service: Class<out SyncJobService>, jobId: Int): Boolean {
            val job = JobInfo.Builder(jobId, ComponentName(context, service))
                .setRequiredNetworkType(JobInfo.NETWORK_TYPE_ANY)
                .setPeriodic(PERIOD_MS)
                .build()
            return context.getSystemService(JobScheduler::class.java).schedule(job) == JobScheduler.RESULT_SUCCESS
        }
    }
}
