import SatchelKit
import SwiftUI

/// Enrols once, then a day's agenda and the board of deals.
@main
struct SampleApp: App {
    @State private var store = Store()
    @Environment(\.scenePhase) private var phase

    init() {
        // Before the launch ends.
        Store.background.register()
    }

    var body: some Scene {
        WindowGroup {
            Group {
                if let satchel = store.satchel, store.account != nil {
                    TabView {
                        AgendaView(satchel: satchel).tabItem { Label("Today", systemImage: "calendar") }
                        BoardView(satchel: satchel).tabItem { Label("Deals", systemImage: "square.split.2x1") }
                    }
                    // What others write arrives within moments for as long as this is there.
                    .task { await store.live() }
                } else {
                    EnrolView(store: store)
                }
            }
            .task { await store.open() }
            .onChange(of: phase) { _, now in store.moved(to: now) }
        }
    }
}

/// Keeps the one database of the process.
@MainActor @Observable
final class Store {
    private(set) var satchel: Satchel?
    private(set) var account: Account?
    private(set) var problem: String?

    /// As in Info.plist.
    static let background = BackgroundSync(identifier: "dev.satchel.sample.sync") { try await Store.opened() }

    private static let opening = Task { try await open() }

    /// Opened once, by the app or by a background window, whichever comes first.
    private static func opened() async throws -> Satchel { try await opening.value }

    private static func open() async throws -> Satchel {
        let folder = URL.applicationSupportDirectory.appending(path: "satchel")
        try Satchel.protect(folder)
        return try await Satchel.open(
            folder.appending(path: "satchel.sqlite"), secrets: KeychainSecrets(), deviceName: UIDevice.current.name)
    }

    func open() async {
        do {
            let satchel = try await Self.opened()
            self.satchel = satchel
            account = try await satchel.account()
        } catch SatchelError.updateNeeded {
            problem = "Please update the app."
        } catch {
            problem = "The database cannot be opened now."
        }
    }

    func enrol(_ invite: String) async {
        guard let satchel else { return }
        do {
            account = try await satchel.enrol(invite)
            try await satchel.sync()
            problem = nil
        } catch SatchelError.invalid {
            problem = "This invite does not hold. Ask for another one."
        } catch {
            problem = "The relay cannot be reached. Try again."
        }
    }

    func live() async {
        guard let satchel else { return }
        do { for try await _ in satchel.live() {} } catch { problem = "Signed out, or the database is closed." }
    }

    func moved(to phase: ScenePhase) {
        guard let satchel else { return }
        switch phase {
        case .active: satchel.resume()
        case .background:
            try? Self.background.schedule()
            // iOS ends an app that is suspended while it holds a lock.
            let assertion = UIApplication.shared.beginBackgroundTask()
            Task {
                try? await satchel.pause()
                UIApplication.shared.endBackgroundTask(assertion)
            }
        default: break
        }
    }
}

struct EnrolView: View {
    let store: Store
    @State private var invite = ""

    var body: some View {
        Form {
            TextField("Invite", text: $invite)
            Button("Enrol") { Task { await store.enrol(invite) } }
            if let problem = store.problem { Text(problem) }
        }
    }
}
