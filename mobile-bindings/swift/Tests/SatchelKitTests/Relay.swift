import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// The built relay, running on files of its own, with an organisation and one team.
final class Relay: @unchecked Sendable {
    // Unchecked: a story uses it from one task at a time.
    private let binary: URL
    private let folder: URL
    private var running: Running?
    private var address = "127.0.0.1:0"

    var url: String { "http://\(address)" }

    init(in folder: URL) throws {
        guard let binary = ProcessInfo.processInfo.environment["SATCHEL_BIN"] else { throw Missing.relay }
        self.binary = URL(fileURLWithPath: binary)
        self.folder = folder
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Founds the organisation and starts.
    func found() async throws {
        try await admin("init", "--name", "Acme Beverages", "--admin", "Ada")
        try await admin("team", "add", "North")
        try await start()
    }

    /// Starts it, under the address it had.
    func start() async throws {
        let words = ["--data-dir", folder.path, "serve", "--listen", address, "--metrics-listen", "127.0.0.1:0"]
        let started = try Running(binary, words, complaints: folder.appendingPathComponent("relay.log"))
        running = started
        address = try await started.line(after: "listening on http://")
    }

    /// Kills it, with no chance to tidy up.
    func kill() async {
        await running?.kill()
        running = nil
    }

    /// Stops it in its tracks: connections are open, and nothing answers.
    func freeze() {
        running?.signal(SIGSTOP)
    }

    /// Lets it go on after ``freeze()``.
    func thaw() {
        running?.signal(SIGCONT)
    }

    /// A new member of the team; the id.
    func member(_ name: String) async throws -> String {
        let words = ["member", "add", name, "--role", "rep", "--team", "North", "--time-zone", "Asia/Shanghai"]
        return try text("id", of: try await admin(words))
    }

    /// A new invite for one device of a member; the code.
    func invite(_ member: String) async throws -> String {
        try text("code", of: try await admin("invite", member))
    }

    /// Runs `satchel admin`; its JSON answer.
    @discardableResult
    func admin(_ words: String...) async throws -> Data {
        try await admin(words)
    }

    /// What a program prints, and its status.
    static func output(of program: URL, _ words: [String]) async throws -> (String, Int32) {
        let run = try Running(program, words, complaints: URL(fileURLWithPath: "/dev/null"))
        let said = await run.everything()
        return (String(decoding: said, as: UTF8.self), await run.status())
    }

    private func admin(_ words: [String]) async throws -> Data {
        let words = ["--data-dir", folder.path, "admin", "--json"] + words
        let run = try Running(binary, words, complaints: folder.appendingPathComponent("admin.log"))
        let answer = await run.everything()
        guard await run.status() == 0 else { throw Missing.answer(words.joined(separator: " ")) }
        return answer
    }

    private func text(_ name: String, of answer: Data) throws -> String {
        let object = try JSONSerialization.jsonObject(with: answer) as? [String: Any]
        guard let text = object?[name] as? String else { throw Missing.answer(name) }
        return text
    }
}

enum Missing: Error {
    /// `SATCHEL_BIN` is the relay to test against.
    case relay
    case answer(String)
}

/// A process; what blocks is done on threads of its own, never on Swift's pool.
private final class Running: @unchecked Sendable {
    private let process = Process()
    private let output = Pipe()
    private let ended = Signal<Int32>()
    private let reading = DispatchQueue(label: "relay")

    init(_ binary: URL, _ words: [String], complaints: URL) throws {
        if complaints.path != "/dev/null" { try Data().write(to: complaints) }
        process.executableURL = binary
        process.arguments = words
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: complaints)
        process.terminationHandler = { [ended] in ended.fire($0.terminationStatus) }
        try process.run()
    }

    func signal(_ number: Int32) {
        Glibc.kill(process.processIdentifier, number)
    }

    func kill() async {
        signal(SIGKILL)
        _ = await status()
    }

    func status() async -> Int32 {
        await ended.wait()
    }

    /// Everything it prints, until its end.
    func everything() async -> Data {
        await withCheckedContinuation { continuation in
            reading.async { [output] in
                continuation.resume(returning: output.fileHandleForReading.readDataToEndOfFile())
            }
        }
    }

    /// The rest of the first line that begins so. Read on afterwards, so that the process never waits for a full pipe.
    func line(after beginning: String) async throws -> String {
        let found = await withCheckedContinuation { (continuation: CheckedContinuation<String?, Never>) in
            reading.async { [output] in
                var text = ""
                var waiting: CheckedContinuation<String?, Never>? = continuation
                while true {
                    let more = output.fileHandleForReading.availableData
                    if more.isEmpty { break }
                    guard waiting != nil else { continue }
                    text += String(decoding: more, as: UTF8.self)
                    let whole = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                    if let line = whole.first(where: { $0.hasPrefix(beginning) }) {
                        waiting?.resume(returning: String(line.dropFirst(beginning.count)))
                        waiting = nil
                    }
                }
                waiting?.resume(returning: nil)
            }
        }
        guard let found else { throw Missing.answer(beginning) }
        return found.trimmingCharacters(in: .whitespaces)
    }
}

/// Something that happens once and can be waited for.
final class Signal<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation
    private let kept = Kept<Value>()

    init() {
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    func fire(_ value: Value) {
        continuation.yield(value)
        continuation.finish()
    }

    func wait() async -> Value {
        await kept.value(of: stream)
    }

    private actor Kept<Kept: Sendable> {
        private var value: Kept?

        func value(of stream: AsyncStream<Kept>) async -> Kept {
            if let value { return value }
            for await next in stream { value = next }
            guard let value else { return await withUnsafeContinuation { _ in } }
            return value
        }
    }
}

extension Signal where Value == Void {
    func fire() {
        fire(())
    }
}
