import SatchelKit
import SwiftUI

/// What the day holds, and arriving and leaving. Works with the radio off.
struct AgendaView: View {
    let satchel: Satchel
    @State private var agenda: Agenda?
    @State private var names: [String: String] = [:]

    var body: some View {
        List {
            Section("Visits") {
                ForEach(agenda?.visits ?? [], id: \.id) { visit in
                    VisitRow(satchel: satchel, visit: visit, name: names[visit.record.customerId] ?? "")
                }
            }
            Section("Due") {
                ForEach((agenda?.overdue ?? []) + (agenda?.due ?? []), id: \.id) { Text($0.record.title) }
            }
        }
        // Each list tells when to look again; the loops end with the view.
        .task { await follow(satchel.visits) }
        .task { await follow(satchel.tasks) }
    }

    private func follow<Record, Patch>(_ records: Records<Record, Patch>) async {
        do {
            for try await _ in records.observe() {
                let agenda = try await satchel.agenda(CivilDay(.now))
                for id in agenda.visits.map(\.record.customerId) where names[id] == nil {
                    names[id] = try await satchel.customers.get(id)?.record.name
                }
                self.agenda = agenda
            }
        } catch {
            // The database was closed: the app is on its way out.
        }
    }
}

struct VisitRow: View {
    let satchel: Satchel
    let visit: Entry<Visit>
    let name: String

    var body: some View {
        HStack {
            VStack(alignment: .leading) {
                Text(name)
                // What waits to be handed in is shown, and is nobody's worry.
                Text(visit.isPending ? "\(status) · not handed in yet" : status).font(.caption)
            }
            Spacer()
            switch status {
            case "planned": Button("Arrive") { log(.checkin) }
            case "in_progress": Button("Leave") { log(.checkout) }
            default: EmptyView()
            }
        }
    }

    private var status: String { visit[VisitColumns.status] ?? "" }

    private func log(_ event: VisitEventKind) {
        Task {
            // Who, when and having seen what is written by the library.
            let patch = VisitPatch(appendEvents: [VisitEvent(stamp: .unstamped, event: event)])
            try await satchel.visits.edit(visit.id, patch, version: visit.version)
        }
    }
}
