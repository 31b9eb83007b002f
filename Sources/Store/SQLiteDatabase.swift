internal import CSQLite

/// One connection to one file. Every call of SQLite that is not a statement's is here; there is no policy in it.
///
/// It belongs to one thread. Close it explicitly, after its statements.
@safe final class SQLiteDatabase {
    private var handle: OpaquePointer?
    private let frames: UnsafeMutablePointer<Int32>

    /// Without the counters that every allocation would take a global lock for. It has an effect before the first use of the library only.
    private static let configured: Int32 = martlet_sqlite_without_statistics()

    /// Opens or creates the file. Nothing is read yet.
    /// - Parameter isReadOnly: opens a file that is there, to read it.
    init(path: String, isReadOnly: Bool = false) throws(SQLiteError) {
        _ = Self.configured
        unsafe frames = .allocate(capacity: 1)
        unsafe frames.initialize(to: 0)
        let access = isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let code = unsafe sqlite3_open_v2(path, &handle, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK else {
            let error = SQLiteError(code: code, message: message, action: "opening \(path)")
            close()
            throw error
        }
    }

    deinit {
        close()
        unsafe frames.deallocate()
    }

    /// Closes the connection. Twice is harmless.
    func close() {
        unsafe sqlite3_close_v2(handle)
        unsafe handle = nil
    }

    /// Counts the frames of the write-ahead log from here on. `PRAGMA wal_autocheckpoint` comes before it, as that takes the hook away.
    func countFrames() { unsafe sqlite3_wal_hook(handle, noteFrames, frames) }

    /// The number of pages in the write-ahead log after the newest commit or checkpoint.
    var walFrames: Int { Int(unsafe frames.pointee) }

    /// Rows that the newest statement changed.
    var changes: Int { Int(unsafe sqlite3_changes64(handle)) }

    /// Whether no transaction is open.
    var isOutsideTransaction: Bool { unsafe sqlite3_get_autocommit(handle) != 0 }

    /// Runs statements that give no rows that matter.
    func execute(_ sql: String, _ action: String) throws(SQLiteError) {
        let code = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code, action) }
    }

    /// Compiles one statement that will be used again and again.
    func prepare(_ sql: String, _ action: String) throws(SQLiteError) -> SQLiteStatement {
        var statement: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        let code = unsafe sqlite3_prepare_v3(handle, sql, -1, flags, &statement, nil)
        guard code == SQLITE_OK, let statement = unsafe statement else { throw error(code, action) }
        return unsafe SQLiteStatement(statement, of: self, action: action)
    }

    /// Carries pages from the write-ahead log into the file, as far as that is possible without waiting.
    func checkpoint() throws(SQLiteError) {
        var size: Int32 = 0
        var carried: Int32 = 0
        let code = unsafe sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, &size, &carried)
        guard code == SQLITE_OK else { throw error(code, "carrying the write-ahead log into the file") }
        if carried == size { unsafe frames.pointee = 0 }
    }

    /// After an error of the device: closing must not write to the file.
    func forbidCheckpointOnClose() { unsafe martlet_sqlite_no_checkpoint_on_close(handle) }

    func error(_ code: Int32, _ action: String) -> SQLiteError {
        SQLiteError(code: code, message: message, action: action)
    }

    private var message: String {
        guard let text = unsafe sqlite3_errmsg(handle) else { return "out of memory" }
        return unsafe String(cString: text)
    }
}

/// Called by SQLite inside the commit, on the connection's thread.
private func noteFrames(
    _ context: UnsafeMutableRawPointer?, _ database: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ count: Int32
) -> Int32 {
    unsafe context?.assumingMemoryBound(to: Int32.self).pointee = count
    return SQLITE_OK
}
