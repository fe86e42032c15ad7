import SatchelKit
import SwiftUI

/// The open deals of the newest process by stage, and moving them.
struct BoardView: View {
    let satchel: Satchel
    @State private var deals: [Entry<Deal>] = []
    @State private var process: Entry<ProcessTemplate>?

    var body: some View {
        ScrollView(.horizontal) {
            HStack(alignment: .top) {
                ForEach(process?.record.stages ?? [], id: \.code) { stage in
                    let held = held(in: stage)
                    VStack(alignment: .leading) {
                        Text("\(stage.nameEn) (\(held.count))").font(.headline)
                        ForEach(held, id: \.id) { deal in
                            GroupBox(deal.record.name) {
                                Text(amount(deal.record.amount))
                                // Values written apart stand beside each other until somebody chooses.
                                if !deal.conflicts.isEmpty { Text("In conflict").foregroundStyle(.red) }
                            }
                            .draggable(deal.id)
                        }
                    }
                    .frame(width: 240)
                    .dropDestination(for: String.self) { ids, _ in
                        for deal in deals where ids.contains(deal.id) { move(deal, to: stage) }
                        return true
                    }
                }
            }
        }
        .task {
            let open = Query(
                DealColumns.stageType.oneOf(["open", "ongoing", "on_hold"]),
                orderBy: DealColumns.expectedClose.ascending, limit: 500)
            do { for try await page in satchel.deals.observe(open) { deals = page.entries } } catch {}
        }
        .task {
            do { for try await page in satchel.processTemplates.observe() { process = page.entries.first } } catch {}
        }
    }

    private func held(in stage: Stage) -> [Entry<Deal>] {
        deals.filter { $0.record.templateId == process?.id && $0[DealColumns.stage] == stage.code }
    }

    private func amount(_ money: Money) -> String {
        (Decimal(money.minor) / 100).formatted(.currency(code: money.currency))
    }

    /// What the stage means is copied into the move: a later version of the process changes no history.
    private func move(_ deal: Entry<Deal>, to stage: Stage) {
        guard let rank = process?.record.stages.firstIndex(where: { $0.code == stage.code }) else { return }
        let move = StageMove(
            stamp: .unstamped, stage: stage.code, stageType: stage.stageType, rank: Int64(rank),
            probabilityBp: stage.probabilityBp, forecastCategory: stage.forecastCategory)
        Task {
            try await satchel.deals.edit(deal.id, DealPatch(appendMoves: [move]), version: deal.version)
        }
    }
}
