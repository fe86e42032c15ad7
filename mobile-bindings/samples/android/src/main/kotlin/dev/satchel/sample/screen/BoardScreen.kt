package dev.satchel.sample.screen

import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.width
import androidx.compose.foundation.lazy.LazyRow
import androidx.compose.foundation.lazy.items
import androidx.compose.material3.Card
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.remember
import androidx.compose.ui.Modifier
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import dev.satchel.Satchel
import dev.satchel.sample.model.Board
import java.math.BigDecimal

/** The open deals by stage. */
@Composable
fun BoardScreen(satchel: Satchel, padding: PaddingValues) {
    val flow = remember(satchel) { Board(satchel).lanes() }
    val lanes by flow.collectAsStateWithLifecycle(null)
    LazyRow(contentPadding = padding) {
        items(lanes.orEmpty(), key = { it.code }) { lane ->
            Column(Modifier.width(240.dp).padding(8.dp)) {
                Text("${lane.name} (${lane.deals.size})", style = MaterialTheme.typography.titleMedium)
                for (deal in lane.deals) {
                    Card(Modifier.padding(vertical = 4.dp)) {
                        Text(deal.record.name, Modifier.padding(8.dp))
                        val amount = deal.record.amount
                        Text("${BigDecimal.valueOf(amount.minor, 2)} ${amount.currency}", Modifier.padding(8.dp))
                        // Values written apart stand beside each other until somebody chooses.
                        if (deal.conflicts.isNotEmpty()) Text("In conflict: ${deal.conflicts}")
                    }
                }
            }
        }
    }
}
