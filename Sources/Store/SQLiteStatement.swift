internal import CSQLite

/// One compiled statement. Parameters and columns are numbered as in SQLite: parameters from 1, columns from 0.
@safe final class SQLiteStatement {
    private var handle: OpaquePointer?
    private let database: SQLiteDatabase
    private let action: String

    init(_ handle: OpaquePointer, of database: SQLiteDatabase, action: String) {
        unsafe self.handle = handle
        self.database = database
        self.action = action
    }

    deinit { close() }

    /// Frees the statement. Twice is harmless.
    func close() {
        unsafe sqlite3_finalize(handle)
        unsafe handle = nil
    }

    // Binding fails only for an index out of range or a value above SQLite's limits; `step` would then show it as misuse.

    func bind(_ index: Int32, _ value: Int64) { unsafe sqlite3_bind_int64(handle, index, value) }

    func bind(_ index: Int32, _ id: UInt64) { bind(index, Int64(bitPattern: id)) }

    /// Binds a copy of the bytes; no bytes become NULL.
    func bind(_ index: Int32, _ bytes: [UInt8]) {
        guard !bytes.isEmpty else {
            unsafe sqlite3_bind_null(handle, index)
            return
        }
        unsafe bytes.withUnsafeBytes {
            unsafe _ = martlet_sqlite_bind_copy(handle, index, $0.baseAddress, UInt64($0.count))
        }
    }

    func bind(_ index: Int32, _ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            unsafe utf8.withMemoryRebound(to: CChar.self) {
                unsafe _ = martlet_sqlite_bind_text_copy(handle, index, $0.baseAddress, UInt64($0.count))
            }
        }
    }

    /// Steps once with three blobs bound where they lie, without a copy; the parameters are unbound afterwards.
    /// The first two are NULL where they are empty, the third never is.
    func run(_ first: Int32, _ key: [UInt8], _ metadata: [UInt8], _ body: [UInt8]) throws(SQLiteError) {
        let code = unsafe key.withUnsafeBytes { key in
            unsafe metadata.withUnsafeBytes { metadata in
                unsafe body.withUnsafeBytes { unsafe runInPlace(first, key, metadata, $0) }
            }
        }
        guard code == SQLITE_DONE else { throw database.error(code, action) }
    }

    private func runInPlace(
        _ first: Int32, _ key: UnsafeRawBufferPointer, _ metadata: UnsafeRawBufferPointer,
        _ body: UnsafeRawBufferPointer
    ) -> Int32 {
        unsafe bindInPlace(first, key)
        unsafe bindInPlace(first + 1, metadata)
        if body.count == 0 {
            unsafe sqlite3_bind_zeroblob(handle, first + 2, 0)
        } else {
            unsafe bindInPlace(first + 2, body)
        }
        let code = unsafe sqlite3_step(handle)
        unsafe sqlite3_reset(handle)
        for index in first...first + 2 { unsafe sqlite3_bind_null(handle, index) }
        return code
    }

    private func bindInPlace(_ index: Int32, _ bytes: UnsafeRawBufferPointer) {
        if bytes.count == 0 {
            unsafe sqlite3_bind_null(handle, index)
        } else {
            unsafe sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), nil)
        }
    }

    /// Runs a statement that gives no row.
    func run() throws(SQLiteError) {
        let code = unsafe sqlite3_step(handle)
        unsafe sqlite3_reset(handle)
        guard code == SQLITE_DONE || code == SQLITE_ROW else { throw database.error(code, action) }
    }

    /// Goes to the next row; false at the end. `reset` it afterwards, also after an error.
    func step() throws(SQLiteError) -> Bool {
        let code = unsafe sqlite3_step(handle)
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let error = database.error(code, action)
            reset()
            throw error
        }
    }

    func reset() { unsafe sqlite3_reset(handle) }

    func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

    func id(_ column: Int32) -> UInt64 { UInt64(bitPattern: integer(column)) }

    /// The column's size in bytes, without reading it.
    func size(_ column: Int32) -> Int { Int(unsafe sqlite3_column_bytes(handle, column)) }

    /// A copy of the column's bytes; NULL is empty.
    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = unsafe sqlite3_column_blob(handle, column) else { return [] }
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: size(column)))
    }

    func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }
}
