internal import CSQLite

/// Which SQLite is linked.
package enum SQLiteVersion {
    package static var text: String {
        guard let text = unsafe sqlite3_libversion() else { return "" }
        return unsafe String(cString: text)
    }
}
