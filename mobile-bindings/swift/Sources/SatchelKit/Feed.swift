/// Values that come one after another: `for try await`.
///
/// Nothing happens before a loop begins. It ends with the loop, or with the task: a cancelled one is told of nothing
/// more. Each loop is a run of its own.
public struct Feed<Element: Sendable>: AsyncSequence, Sendable {
    let begin: @Sendable () async throws -> Source<Element>

    /// A run of its own.
    public func makeAsyncIterator() -> Iterator {
        Iterator(begin: begin)
    }

    /// One run; what is behind it ends when nobody holds it any more.
    public struct Iterator: AsyncIteratorProtocol {
        let begin: @Sendable () async throws -> Source<Element>
        private var source: Source<Element>?
        private var isOver = false

        init(begin: @escaping @Sendable () async throws -> Source<Element>) {
            self.begin = begin
        }

        /// Waits for the next value; `nil` where nothing more comes.
        public mutating func next() async throws -> Element? {
            guard !isOver else { return nil }
            do {
                switch try await pull() {
                case .more(let element): return element
                case .last(let element):
                    end()
                    return element
                case .end:
                    end()
                    return nil
                }
            } catch {
                end()
                throw error
            }
        }

        private mutating func pull() async throws -> Source<Element>.Step {
            if _Concurrency.Task.isCancelled { return .end }
            let current: Source<Element>
            if let source {
                current = source
            } else {
                current = try await begin()
                source = current
            }
            let step = try await withTaskCancellationHandler {
                try await current.pull()
            } onCancel: {
                current.stop()
            }
            return _Concurrency.Task.isCancelled ? .end : step
        }

        private mutating func end() {
            isOver = true
            source = nil
        }
    }
}

/// What is behind one run of a ``Feed``.
final class Source<Element: Sendable>: Sendable {
    enum Step: Sendable {
        /// A value, and more may come.
        case more(Element)
        /// A value, and nothing after it.
        case last(Element)
        /// Nothing more.
        case end
    }

    let pull: @Sendable () async throws -> Step
    /// Whoever waits in `pull` hears that nothing more comes.
    let stop: @Sendable () -> Void

    init(pull: @escaping @Sendable () async throws -> Step, stop: @escaping @Sendable () -> Void) {
        self.pull = pull
        self.stop = stop
    }

    deinit {
        stop()
    }
}
