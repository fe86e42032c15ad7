import Foundation
import SatchelFFI

/// Form of an exported list.
public enum ExportForm: Sendable, Hashable {
    /// For spreadsheets, UTF-8.
    case csv
    /// A workbook of Excel's.
    case workbook
    /// One record a line with its whole history: nothing is lost.
    case jsonl
}

/// What a commit of an import did.
public struct ImportReport: Sendable, Hashable {
    /// Records written.
    public let written: Int
    /// Records that could not be, by id, each with the reason; the others are written.
    public let failed: [String: SatchelError]
    /// Whether the database was closed before all was written.
    public let isCancelled: Bool
}

/// An import that was planned: to be looked at, then committed. Nothing is written before ``commit()``.
public final class ImportPlan: Sendable {
    private let handle: SatchelFFI.ImportPlan

    init(_ handle: SatchelFFI.ImportPlan) {
        self.handle = handle
    }

    /// The sheets, in the order in which they are written: what others hang on comes first.
    public var sheets: [ImportSheet] { handle.sheets() }

    /// Rows of a sheet (by its place in ``sheets``) in the order of the file: at most 500, after so many.
    public func rows(_ sheet: Int = 0, after skip: Int = 0, limit: Int = 500) throws -> [ImportRow] {
        do {
            return try handle.rows(
                sheet: Int32(clamping: sheet), skip: Int32(clamping: skip), limit: Int32(clamping: limit))
        } catch let error as SatchelFFI.SatchelError {
            throw SatchelError(error)
        }
    }

    /// The refused rows of a sheet as CSV with what is wrong in a last column, to be corrected and imported again; `nil`
    /// where none was refused.
    public func refused(_ sheet: Int = 0) throws -> Data? {
        do {
            return try handle.refusedCsv(sheet: Int32(clamping: sheet))
        } catch let error as SatchelFFI.SatchelError {
            throw SatchelError(error)
        }
    }

    /// Writes what is planned, record by record as the person may. A record that cannot be written stops no other.
    ///
    /// Cancelling the task stops it after the record under way; what was written stays, and planned anew it is found
    /// unchanged.
    ///
    /// - Throws: `CancellationError` where the task was cancelled before all was written.
    @discardableResult
    public func commit() async throws -> ImportReport {
        let report = try await withTaskCancellationHandler {
            try await translated { try await handle.commit() }
        } onCancel: {
            handle.cancel()
        }
        if report.cancelled { try _Concurrency.Task.checkCancellation() }
        let failed = report.failed.map { ($0.id, SatchelError($0.error)) }
        return ImportReport(
            written: Int(clamping: report.written), failed: Dictionary(failed) { first, _ in first },
            isCancelled: report.cancelled)
    }
}

extension Satchel {
    /// Plans an import of a CSV or `.xlsx` file. Nothing is written before ``ImportPlan/commit()``.
    ///
    /// - Parameters:
    ///   - file: The bytes of the list.
    ///   - source: The system the list comes from: its ids are kept under this name, and a list that comes again from there
    ///     is found.
    ///   - kind: What the rows are; told from the headers where absent.
    ///   - update: Change records that are there and differ; otherwise they are skipped.
    ///   - keepFirst: Of several rows that are the same record keep the first; otherwise the later ones are refused.
    ///   - createMissing: Create customers that rows name and that are not there; otherwise such rows are refused.
    ///   - keepUnknown: Keep columns that nobody knows as fields of the organisation's own.
    ///   - columns: The field for a column, by its header; an empty field leaves the column out.
    ///   - phones: Country of phone numbers that name none.
    ///   - currency: Currency of amounts that name none.
    ///   - days: Which stands first in `03/04/2026`; such days are refused where it is not said.
    ///   - language: In which reasons and notes are told.
    /// - Throws: ``SatchelError/invalid(_:)`` at `file` where it is no list, at `kind` where the headers fit none, at each
    ///   column without which no row can be a record, at `columns` where a wish cannot be met.
    public func planImport(
        _ file: Data, source: String, kind: (any AnyKind)? = nil, update: Bool = false, keepFirst: Bool = false,
        createMissing: Bool = false, keepUnknown: Bool = false, columns: [String: String] = [:],
        phones: PhoneCountry? = nil, currency: String = "CNY", days: DayForm? = nil, language: ListLanguage = .english
    ) async throws -> ImportPlan {
        let options = ImportOptions(
            kind: kind?.name, source: source, update: update, keepFirst: keepFirst, createMissing: createMissing,
            keepUnknown: keepUnknown, columns: columns, phones: phones, currency: currency, days: days,
            language: language)
        return ImportPlan(try await call { try await $0.planImport(file: file, options: options) })
    }

    /// Writes the records of one kind that are on this device into a file, private ones among them; how many. A file that is
    /// there is replaced when the new one is whole.
    ///
    /// - Parameters:
    ///   - source: The system whose ids stand in the column of record ids.
    ///   - archived: Whether records that were put away are written, too.
    /// - Throws: ``SatchelError/invalid(_:)`` at `path` where nothing can be written, at `form` where a workbook cannot hold
    ///   it.
    @discardableResult
    public func export(
        _ kind: any AnyKind, to file: URL, form: ExportForm = .csv, source: String = "satchel",
        language: ListLanguage = .english, archived: Bool = false
    ) async throws -> Int {
        let plain: SatchelFFI.ExportForm =
            switch form {
            case .csv: .csv
            case .workbook: .workbook(madeAt: .now)
            case .jsonl: .jsonl
            }
        let count = try await call {
            try await $0.exportList(
                kind: kind.name, form: plain, path: file.path, language: language, source: source, archived: archived)
        }
        return Int(clamping: count)
    }
}
