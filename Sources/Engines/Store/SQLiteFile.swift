import CSQLite
import Glibc

/// A value that SQLite binds.
enum SQLiteValue {
    case number(Int)
    case text(String)
}

/// One connection to an SQLite file: the only place that knows SQLite's functions.
///
/// It locks the file for as long as it is open (`PRAGMA locking_mode=EXCLUSIVE`), so that no other process reads or writes it.
/// One thread at a time.
final class SQLiteFile {
    private let path: String
    private var handle: OpaquePointer?
    private var statements: [String: OpaquePointer] = [:]

    /// Opens a file that is there.
    init(_ path: String) throws(StateTrouble) {
        self.path = path
        // A relative path is never one of the names that SQLite gives a meaning of its own.
        let name = path.hasPrefix("/") ? path : "./\(path)"
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(name, &handle, flags, nil)
        guard code == SQLITE_OK else {
            let trouble = trouble(code)
            close()
            throw trouble
        }
        sqlite3_busy_timeout(handle, 100)
    }

    deinit { close() }

    /// Lets go of the file.
    func close() {
        for statement in statements.values { sqlite3_finalize(statement) }
        statements = [:]
        sqlite3_close(handle)
        handle = nil
    }

    /// True when it was opened although it cannot be written.
    var isReadOnly: Bool { sqlite3_db_readonly(handle, "main") == 1 }

    /// Runs a statement that answers nothing, or nothing that matters.
    func run(_ sql: String, _ values: [SQLiteValue] = []) throws(StateTrouble) {
        let statement = try prepared(sql, values)
        defer { reset(statement) }
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw trouble(code) }
        }
    }

    /// Calls with each row of an answer.
    func rows(_ sql: String, _ values: [SQLiteValue] = [], _ each: (SQLiteRow) -> Void) throws(StateTrouble) {
        let statement = try prepared(sql, values)
        defer { reset(statement) }
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw trouble(code) }
            each(SQLiteRow(statement: statement))
        }
    }

    /// The first column of the first row, as text.
    func text(_ sql: String) throws(StateTrouble) -> String {
        var found = ""
        try rows(sql) { if found.isEmpty { found = $0.text(0) } }
        return found
    }

    private func prepared(_ sql: String, _ values: [SQLiteValue]) throws(StateTrouble) -> OpaquePointer {
        let statement: OpaquePointer
        if let known = statements[sql] { statement = known } else { statement = try prepare(sql) }
        for (index, value) in values.enumerated() {
            let place = Int32(index + 1)
            let code: Int32
            switch value {
            case .number(let number): code = sqlite3_bind_int64(statement, place, Int64(number))
            case .text(let text):
                code = sqlite3_bind_text(statement, place, text, Int32(clamping: text.utf8.count), copied)
            }
            guard code == SQLITE_OK else {
                reset(statement)
                throw trouble(code)
            }
        }
        return statement
    }

    private func prepare(_ sql: String) throws(StateTrouble) -> OpaquePointer {
        var made: OpaquePointer?
        let code = sqlite3_prepare_v2(handle, sql, -1, &made, nil)
        guard code == SQLITE_OK, let made else { throw trouble(code) }
        statements[sql] = made
        return made
    }

    private func reset(_ statement: OpaquePointer) {
        sqlite3_reset(statement)
        sqlite3_clear_bindings(statement)
    }

    /// What SQLite says against what was tried last.
    private func trouble(_ code: Int32) -> StateTrouble {
        let reason = handle.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
        let number = handle.map { sqlite3_system_errno($0) } ?? 0
        let system = number == 0 ? reason : String(cString: strerror(number))
        switch code & 0xff {
        case SQLITE_BUSY, SQLITE_LOCKED: return StateTrouble("another process has \(path) open", isPassing: true)
        case SQLITE_FULL: return StateTrouble("there is no room for \(path): \(system)", isPassing: true)
        case SQLITE_NOTADB: return StateTrouble("\(path) is no SQLite database")
        case SQLITE_CORRUPT: return StateTrouble("\(path) is damaged: \(reason)")
        case SQLITE_READONLY: return StateTrouble("\(path) cannot be written: \(reason)")
        case SQLITE_CANTOPEN: return StateTrouble("cannot open \(path) or what belongs beside it: \(system)")
        case SQLITE_IOERR: return StateTrouble("cannot read or write \(path): \(system)")
        default: return StateTrouble("\(path): \(reason)")
        }
    }
}

/// A row of an answer; valid until the next is asked for.
struct SQLiteRow {
    fileprivate let statement: OpaquePointer

    func number(_ column: Int32) -> Int { Int(sqlite3_column_int64(statement, column)) }

    func text(_ column: Int32) -> String {
        guard let bytes = sqlite3_column_text(statement, column) else { return "" }
        let count = Int(sqlite3_column_bytes(statement, column))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }
}

/// SQLite keeps a copy of what it is given: `SQLITE_TRANSIENT`, a macro that Swift does not see.
private let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
