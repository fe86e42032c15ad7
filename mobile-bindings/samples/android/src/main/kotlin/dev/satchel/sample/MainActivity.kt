package dev.satchel.sample

import android.os.Bundle
import androidx.activity.ComponentActivity
import androidx.activity.compose.setContent
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.NavigationBar
import androidx.compose.material3.NavigationBarItem
import androidx.compose.material3.Scaffold
import androidx.compose.material3.Text
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableIntStateOf
import androidx.compose.runtime.produceState
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.lifecycle.Lifecycle
import androidx.lifecycle.lifecycleScope
import androidx.lifecycle.repeatOnLifecycle
import dev.satchel.Account
import dev.satchel.Satchel
import dev.satchel.sample.screen.AgendaScreen
import dev.satchel.sample.screen.BoardScreen
import dev.satchel.sample.screen.EnrolScreen
import kotlinx.coroutines.launch

/** The app: enrols once, then a day's agenda and the board of deals. */
class MainActivity : ComponentActivity() {
    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        val opening = (application as SampleApp).satchel
        // In the foreground what others write arrives within moments; connecting again is the library's work.
        lifecycleScope.launch {
            val satchel = opening.await()
            repeatOnLifecycle(Lifecycle.State.STARTED) {
                if (satchel.account() != null) satchel.live().collect {}
            }
        }
        setContent {
            MaterialTheme {
                val satchel by produceState<Satchel?>(null) { value = opening.await() }
                satchel?.let { Home(it) }
            }
        }
    }
}

@androidx.compose.runtime.Composable
private fun Home(satchel: Satchel) {
    var enrolments by remember { mutableIntStateOf(0) }
    val account by produceState<Account?>(null, enrolments) { value = satchel.account() }
    var tab by remember { mutableIntStateOf(0) }
    if (account == null) {
        EnrolScreen(satchel, onEnrolled = { enrolments++ })
        return
    }
    Scaffold(
        bottomBar = {
            NavigationBar {
                NavigationBarItem(tab == 0, { tab = 0 }, icon = {}, label = { Text("Today") })
                NavigationBarItem(tab == 1, { tab = 1 }, icon = {}, label = { Text("Deals") })
            }
        },
    ) { padding -> if (tab == 0) AgendaScreen(satchel, padding) else BoardScreen(satchel, padding) }
}
