import Foundation
import SatchelFFI

/// What went wrong, each a different thing for the app to do. Nothing that was written before is lost by any of it, and no
/// message holds a customer's data.
public enum SatchelError: Error, Sendable, Hashable {
    /// The record is not on this device: leave the screen, or read the list again.
    case notFound
    /// The input is not valid: show the violations at their fields. Nothing was changed.
    ///
    /// A field is one of the record's, or the name of what was given: `invite`, `relay`, `id`, `version` and the like.
    case invalid([Violation])
    /// The device belongs to nobody yet, or the relay does not take it any more: enrol with a new invite.
    case signedOut
    /// The person may not: say so.
    case forbidden(ForbiddenReason)
    /// The relay cannot be reached or asks for patience: go on working, try again later; not before the time it said.
    case offline(retryAfter: Duration?)
    /// The disk is full; reading goes on: ask the person to make room.
    case storageFull
    /// This version of the app is too old for the database or for the relay: ask for the update.
    case updateNeeded
    /// The database is damaged. Nothing was deleted; ask before it is set aside.
    case databaseDamaged
    /// The database or the secrets cannot be used now: closed, paused, or held back by the system.
    case unavailable
    /// A fault of this library. The reference names this failure in the log: show it.
    case fault(reference: String, detail: String)
}

extension SatchelError: LocalizedError {
    /// For a log; what an app shows is in its own words.
    public var errorDescription: String? {
        switch self {
        case .notFound: "not on this device"
        case .invalid(let violations):
            "not valid: " + violations.map { "\($0.field) \($0.code)" }.joined(separator: ", ")
        case .signedOut: "the device is signed out"
        case .forbidden(let reason): "not allowed: \(reason)"
        case .offline: "the relay cannot be reached"
        case .storageFull: "the storage is full"
        case .updateNeeded: "this version of the app is too old"
        case .databaseDamaged: "the database is damaged"
        case .unavailable: "the database cannot be used now"
        case .fault(let reference, let detail): "internal error \(reference): \(detail)"
        }
    }
}

extension SatchelError {
    init(_ error: SatchelFFI.SatchelError) {
        switch error {
        case .NotFound: self = .notFound
        case .Invalid(let violations): self = .invalid(violations)
        case .SignedOut: self = .signedOut
        case .Forbidden(let reason): self = .forbidden(reason)
        case .Offline(let seconds): self = .offline(retryAfter: seconds.map { .seconds($0) })
        case .StorageFull: self = .storageFull
        case .UpdateNeeded: self = .updateNeeded
        case .DatabaseDamaged: self = .databaseDamaged
        case .Unavailable: self = .unavailable
        case .Internal(let reference, let detail): self = .fault(reference: reference, detail: detail)
        }
    }

    /// What the generated code throws by itself, of which only the text can be seen: an argument that is not what it must
    /// be (an id that is none) is refused before the call is made.
    init(refused text: String) {
        let begin = "Failed to convert arg '"
        if let start = text.range(of: begin)?.upperBound, let end = text[start...].firstIndex(of: "'") {
            self = .invalid([Violation(field: String(text[start..<end]), code: .malformed, limit: nil)])
        } else {
            self = .fault(reference: "bindings", detail: "a call failed")
        }
    }
}

/// Runs generated calls and throws what a caller of this library knows.
func translated<Answer>(_ work: () async throws -> Answer) async throws -> Answer {
    do {
        return try await work()
    } catch let error as SatchelFFI.SatchelError {
        throw SatchelError(error)
    } catch let error as SatchelError {
        throw error
    } catch {
        throw SatchelError(refused: error.localizedDescription)
    }
}
