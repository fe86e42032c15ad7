#if canImport(BackgroundTasks) && os(iOS)
    import BackgroundTasks
    import Foundation

    /// Syncs in the background, when the system sees fit: some tens of seconds, sometimes two, perhaps never.
    ///
    /// Nothing depends on it; what is written is safe on the phone and is handed in with the next sync. Name the identifier
    /// in `BGTaskSchedulerPermittedIdentifiers` and `fetch` in `UIBackgroundModes` of the app's `Info.plist`; call
    /// ``register()`` before the launch ends and ``schedule(notBefore:)`` whenever the app leaves the foreground.
    public struct BackgroundSync: Sendable {
        private let identifier: String
        private let satchel: @Sendable () async throws -> Satchel?

        /// - Parameters:
        ///   - identifier: As it stands in `Info.plist`.
        ///   - satchel: The app's one ``Satchel``; `nil` where it cannot be opened now, as before the first unlock.
        public init(identifier: String, satchel: @escaping @Sendable () async throws -> Satchel?) {
            self.identifier = identifier
            self.satchel = satchel
        }

        /// Tells the system who does the work. Before the app's launch ends, once for each process; `false` where the
        /// identifier is not in `Info.plist`.
        @discardableResult
        public func register() -> Bool {
            BGTaskScheduler.shared.register(forTaskWithIdentifier: identifier, using: nil) { run(Window($0)) }
        }

        /// Asks for the next window: the system comes later, or not at all.
        public func schedule(notBefore: TimeInterval = 15 * 60) throws {
            let request = BGAppRefreshTaskRequest(identifier: identifier)
            request.earliestBeginDate = Date(timeIntervalSinceNow: notBefore)
            try BGTaskScheduler.shared.submit(request)
        }

        private func run(_ window: Window) {
            // What fails here is asked for again when the app leaves the foreground.
            try? schedule()
            let work = _Concurrency.Task {
                window.finish(success: await sync())
            }
            window.onExpiration { work.cancel() }
        }

        /// Whether everything was handed in and taken.
        private func sync() async -> Bool {
            guard let satchel = try? await satchel() else { return false }
            // Well within a full window. A shorter one is told by the expiration, which cancels.
            let report = try? await satchel.sync(deadline: .seconds(20))
            return report?.end == .complete
        }
    }

    /// A window of the system's.
    private final class Window: @unchecked Sendable {
        // Unchecked: BGTask may be completed on any thread, and says so only in its documentation.
        private let task: BGTask

        init(_ task: BGTask) {
            self.task = task
        }

        func onExpiration(_ work: @escaping @Sendable () -> Void) {
            task.expirationHandler = work
        }

        func finish(success: Bool) {
            task.setTaskCompleted(success: success)
        }
    }
#endif
