import Foundation
import SatchelFFI

/// Keeps a few small secrets (under 1 KB each) where only this app on this device can read them, and outside of backups.
///
/// Called on threads of the library, outside of every lock; it may block. What it throws other than ``SecretsLost`` means:
/// not now, try again later.
public protocol SecretStore: Sendable {
    /// The secret of that name; `nil` where there is none.
    func load(_ name: String) throws -> Data?

    /// Keeps a secret, in the place of one of the same name. It must be safe when this returns.
    func store(_ name: String, _ secret: Data) throws

    /// Forgets a secret. Nothing happens where there is none.
    func forget(_ name: String) throws
}

/// The secrets are gone for good: the device enrols again.
public struct SecretsLost: Error, Sendable {
    /// That they are gone.
    public init() {}
}

/// Secrets in memory: for tests, and for nothing else.
public final class MemorySecrets: SecretStore, @unchecked Sendable {
    // Unchecked: what is kept is touched under the lock only.
    private let lock = NSLock()
    private var kept: [String: Data] = [:]

    /// No secrets yet.
    public init() {}

    /// The secret of that name; `nil` where there is none.
    public func load(_ name: String) -> Data? {
        lock.withLock { kept[name] }
    }

    /// Keeps a secret.
    public func store(_ name: String, _ secret: Data) {
        lock.withLock { kept[name] = secret }
    }

    /// Forgets a secret.
    public func forget(_ name: String) {
        lock.withLock { _ = kept.removeValue(forKey: name) }
    }
}

/// The app's secrets, as Rust asks for them.
final class AskedSecrets: SatchelFFI.SecretStore {
    private let secrets: any SecretStore

    init(_ secrets: any SecretStore) {
        self.secrets = secrets
    }

    func load(name: String) throws -> Data? {
        try asked { try secrets.load(name) }
    }

    func store(name: String, secret: Data) throws {
        try asked { try secrets.store(name, secret) }
    }

    func forget(name: String) throws {
        try asked { try secrets.forget(name) }
    }

    /// Whatever an app throws here must not go through Rust.
    private func asked<Answer>(_ work: () throws -> Answer) throws -> Answer {
        do {
            return try work()
        } catch is SecretsLost {
            throw SecretError.Lost
        } catch {
            throw SecretError.Unavailable
        }
    }
}
