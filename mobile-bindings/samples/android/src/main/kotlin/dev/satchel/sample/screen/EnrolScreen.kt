package dev.satchel.sample.screen

import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.Button
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.unit.dp
import dev.satchel.Satchel
import dev.satchel.SatchelException
import kotlinx.coroutines.launch

/** Redeems the link that the admin gave. */
@Composable
fun EnrolScreen(satchel: Satchel, onEnrolled: () -> Unit) {
    var invite by remember { mutableStateOf("") }
    var problem by remember { mutableStateOf<String?>(null) }
    val scope = rememberCoroutineScope()
    Column(Modifier.fillMaxSize().padding(24.dp)) {
        OutlinedTextField(invite, { invite = it }, label = { Text("Invite") })
        Button(onClick = {
            scope.launch {
                problem = try {
                    satchel.enrol(invite.trim())
                    onEnrolled()
                    satchel.sync()
                    null
                } catch (_: SatchelException.Invalid) {
                    "This invite does not hold. Ask for another one."
                } catch (_: SatchelException.Offline) {
                    "The relay cannot be reached. Try again."
                }
            }
        }) { Text("Enrol") }
        problem?.let { Text(it) }
    }
}
