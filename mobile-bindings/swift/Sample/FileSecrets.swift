import Foundation
import SatchelKit

/// Secrets in files that only this person can read. A phone has a better place: `KeychainSecrets`.
struct FileSecrets: SecretStore {
    /// Where the files stand.
    let folder: URL

    func load(_ name: String) throws -> Data? {
        let file = file(name)
        return FileManager.default.fileExists(atPath: file.path) ? try Data(contentsOf: file) : nil
    }

    func store(_ name: String, _ secret: Data) throws {
        let part = folder.appendingPathComponent("\(name).part")
        let own: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
        guard FileManager.default.createFile(atPath: part.path, contents: secret, attributes: own) else {
            throw CocoaError(.fileWriteUnknown)
        }
        try forget(name)
        try FileManager.default.moveItem(at: part, to: file(name))
    }

    func forget(_ name: String) throws {
        let file = file(name)
        if FileManager.default.fileExists(atPath: file.path) { try FileManager.default.removeItem(at: file) }
    }

    private func file(_ name: String) -> URL {
        folder.appendingPathComponent("\(name).secret")
    }
}
