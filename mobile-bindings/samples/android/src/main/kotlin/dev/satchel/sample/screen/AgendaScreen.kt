package dev.satchel.sample.screen

import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.material3.ListItem
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.produceState
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.ui.Modifier
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.satchel.Entry
import dev.satchel.Satchel
import dev.satchel.VisitColumns
import dev.satchel.customers
import dev.satchel.model.Visit
import dev.satchel.sample.model.Day
import kotlinx.coroutines.launch
import java.time.LocalDate

/** What the day holds, and arriving and leaving. Works with the radio off. */
@Composable
fun AgendaScreen(satchel: Satchel, padding: PaddingValues) {
    val day = remember(satchel) { Day(satchel) }
    val flow = remember(day) { day.agenda(LocalDate.now()) }
    val agenda by flow.collectAsStateWithLifecycle(null)
    LazyColumn(Modifier.fillMaxSize(), contentPadding = padding) {
        items(agenda?.visits.orEmpty(), key = { it.id }) { VisitItem(satchel, day, it) }
        items(agenda?.overdue.orEmpty(), key = { it.id }) { ListItem({ Text(it.record.title) }) }
        items(agenda?.due.orEmpty(), key = { it.id }) { ListItem({ Text(it.record.title) }) }
    }
}

@Composable
private fun VisitItem(satchel: Satchel, day: Day, visit: Entry<Visit>) {
    val scope = rememberCoroutineScope()
    val name by produceState("", visit.record.customerId) {
        value = satchel.customers.get(visit.record.customerId)?.record?.name.orEmpty()
    }
    val status = visit[VisitColumns.status]
    ListItem(
        headlineContent = { Text(name) },
        // What waits to be handed in is shown, and is nobody's worry.
        supportingContent = { Text(if (visit.pending) "$status · not handed in yet" else "$status") },
        trailingContent = {
            when (status) {
                "planned" -> TextButton({
                    scope.launch { day.checkIn(visit.id, visit.version, null) }
                }) { Text("Arrive") }

                "in_progress" -> TextButton({
                    scope.launch { day.checkOut(visit.id, visit.version, null) }
                }) { Text("Leave") }
            }
        },
    )
}
