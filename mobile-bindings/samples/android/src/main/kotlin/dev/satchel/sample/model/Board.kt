package dev.satchel.sample.model

import dev.satchel.DealColumns
import dev.satchel.Entry
import dev.satchel.Query
import dev.satchel.Satchel
import dev.satchel.UNSTAMPED
import dev.satchel.deals
import dev.satchel.model.Deal
import dev.satchel.model.DealPatch
import dev.satchel.model.ProcessTemplate
import dev.satchel.model.StageMove
import dev.satchel.processTemplates
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.combine

/** A column of the board. */
data class Lane(val code: String, val name: String, val deals: List<Entry<Deal>>)

/** The open deals of one process by stage, and moving them. */
class Board(private val satchel: Satchel) {
    /** The lanes of the newest process on the phone, now and after each change; `null` while there is none. */
    fun lanes(): Flow<List<Lane>?> {
        val open = Query(
            DealColumns.stageType oneOf listOf("open", "ongoing", "on_hold"),
            orderBy = DealColumns.expectedClose.ascending,
            limit = MOST,
        )
        return combine(satchel.deals.observe(open), satchel.processTemplates.observe()) { deals, processes ->
            processes.entries.firstOrNull()?.let { lanes(it, deals.entries) }
        }
    }

    /** Moves a deal. What the stage means is copied into the move: a later version of the process changes no history. */
    suspend fun move(deal: Entry<Deal>, process: ProcessTemplate, code: String) {
        val rank = process.stages.indexOfFirst { it.code == code }
        require(rank >= 0) { "the process has no such stage" }
        val stage = process.stages[rank]
        val move = StageMove(
            stamp = UNSTAMPED,
            stage = stage.code,
            stageType = stage.stageType,
            rank = rank.toLong(),
            probabilityBp = stage.probabilityBp,
            forecastCategory = stage.forecastCategory,
        )
        satchel.deals.edit(deal.id, DealPatch(appendMoves = listOf(move)), deal.version)
    }

    private fun lanes(process: Entry<ProcessTemplate>, deals: List<Entry<Deal>>): List<Lane> {
        // A deal whose moves were made apart shows the stage that its derived value says.
        val byStage = deals.filter { it.record.templateId == process.id }.groupBy { it[DealColumns.stage] }
        return process.record.stages.map { Lane(it.code, it.nameEn, byStage[it.code].orEmpty()) }
    }

    private companion object {
        const val MOST = 500
    }
}
