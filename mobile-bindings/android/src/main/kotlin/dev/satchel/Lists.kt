package dev.satchel

import dev.satchel.ffi.ImportOptions
import kotlinx.coroutines.CancellationException
import java.io.File
import java.time.Instant
import dev.satchel.ffi.ImportPlan as FfiPlan

/** Form of an exported list. */
public enum class ExportForm {
    /** For spreadsheets, UTF-8. */
    CSV,

    /** A workbook of Excel's. */
    WORKBOOK,

    /** One record a line with its whole history: nothing is lost. */
    JSONL,
}

/** What a commit of an import did. */
public data class ImportReport(
    /** Records written. */
    public val written: Long,
    /** Records that could not be, by id, each with the reason; the others are written. */
    public val failed: Map<String, SatchelException>,
    /** Whether the database was closed before all was written. */
    public val cancelled: Boolean,
)

/**
 * An import that was planned: to be looked at, then committed. Nothing is written before [commit]. Close it when it is not
 * needed any more: it holds the whole list.
 */
public class ImportPlan internal constructor(private val satchel: Satchel, private val handle: FfiPlan) :
    AutoCloseable {
        /** The sheets, in the order in which they are written: what others hang on comes first. */
        public val sheets: List<ImportSheet> get() = handle.sheets()

        /** Every row of a sheet (by its place in [sheets]) in the order of the file, fetched as they are walked through. */
        public fun rows(sheet: Int = 0): Sequence<ImportRow> = sequence {
            var skip = 0
            while (true) {
                val page = translated { handle.rows(sheet, skip, PAGE) }
                yieldAll(page)
                if (page.size < PAGE) return@sequence
                skip += page.size
            }
        }

        /**
         * The refused rows of a sheet as CSV with what is wrong in a last column, to be corrected and imported again; `null`
         * where none was refused.
         */
        public fun refused(sheet: Int = 0): ByteArray? = translated { handle.refusedCsv(sheet) }

        /**
         * Writes what is planned, record by record as the person may. A record that cannot be written stops no other. Cancelling
         * the coroutine stops it after the record under way; what was written stays, and planned anew it is found unchanged.
         */
        public suspend fun commit(): ImportReport = try {
            val report = satchel.call { handle.commit() }
            ImportReport(report.written, report.failed.associate { it.id to it.error.translate() }, report.cancelled)
        } catch (cancelled: CancellationException) {
            handle.cancel()
            throw cancelled
        }

        override fun close(): Unit = handle.close()

        private companion object {
            const val PAGE = 500
        }
    }

/**
 * Plans an import of a CSV or `.xlsx` file. Nothing is written before [ImportPlan.commit].
 *
 * @param source the system the list comes from: its ids are kept under this name, and a list that comes again from there
 * is found.
 * @param kind what the rows are; told from the headers where absent.
 * @param update change records that are there and differ; otherwise they are skipped.
 * @param keepFirst of several rows that are the same record keep the first; otherwise the later ones are refused.
 * @param createMissing create customers that rows name and that are not there; otherwise such rows are refused.
 * @param keepUnknown keep columns that nobody knows as fields of the organisation's own.
 * @param columns the field for a column, by its header; an empty field leaves the column out.
 * @param language in which reasons and notes are told.
 * @throws SatchelException.Invalid at `file` where it is no list, at `kind` where the headers fit none, at each column
 * without which no row can be a record, at `columns` where a wish cannot be met.
 */
public suspend fun Satchel.planImport(
    file: ByteArray,
    source: String,
    kind: Kind<*, *>? = null,
    update: Boolean = false,
    keepFirst: Boolean = false,
    createMissing: Boolean = false,
    keepUnknown: Boolean = false,
    columns: Map<String, String> = emptyMap(),
    phones: PhoneCountry? = null,
    currency: String = "CNY",
    days: DayForm? = null,
    language: ListLanguage = ListLanguage.ENGLISH,
): ImportPlan {
    val options = ImportOptions(
        kind?.name,
        source,
        update,
        keepFirst,
        createMissing,
        keepUnknown,
        columns,
        phones,
        currency,
        days,
        language,
    )
    return ImportPlan(this, call { it.planImport(file, options) })
}

/**
 * Writes the records of one kind that are on this device into a file, private ones among them; how many. A file that is
 * there is replaced when the new one is whole.
 *
 * @param source the system whose ids stand in the column of record ids.
 * @param archived whether records that were put away are written, too.
 * @throws SatchelException.Invalid at `path` where nothing can be written, at `form` where a workbook cannot hold it.
 */
public suspend fun Satchel.export(
    kind: Kind<*, *>,
    file: File,
    form: ExportForm = ExportForm.CSV,
    source: String = "satchel",
    language: ListLanguage = ListLanguage.ENGLISH,
    archived: Boolean = false,
): Long {
    val plain = when (form) {
        ExportForm.CSV -> dev.satchel.ffi.ExportForm.Csv
        ExportForm.WORKBOOK -> dev.satchel.ffi.ExportForm.Workbook(Instant.now())
        ExportForm.JSONL -> dev.satchel.ffi.ExportForm.Jsonl
    }
    return call { it.exportList(kind.name, plain, file.path, language, source, archived) }
}
