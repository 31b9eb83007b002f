internal import CSQLite
package import Messaging

/// What SQLite answered instead of success.
package struct SQLiteError: Error, Equatable {
    /// The extended result code.
    package var code: Int32
    /// SQLite's own words.
    package var message: String
    /// What was being done, as a gerund.
    package var action: String

    /// The result code without its extension.
    package var primaryCode: Int32 { code & 0xFF }

    /// No room on the device. What was being written is not there, and trying later may succeed.
    package var isFull: Bool { primaryCode == SQLITE_FULL }

    /// The device or the file cannot be trusted any more: nothing may be written after this.
    package var isFatal: Bool {
        switch primaryCode {
        case SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PROTOCOL: true
        default: false
        }
    }

    /// The file is not what it should be.
    static func damaged(_ message: String, action: String) -> SQLiteError {
        SQLiteError(code: SQLITE_CORRUPT, message: message, action: action)
    }

    /// The file is not ours to use.
    static func foreign(_ message: String, action: String) -> SQLiteError {
        SQLiteError(code: SQLITE_NOTADB, message: message, action: action)
    }

    /// The same as the seam says it.
    package func componentError(outcome: ComponentError.Outcome = .notSent, advice: String) -> ComponentError {
        ComponentError(
            isFull ? .full : .storage, action: action, reason: message + "; " + advice, nativeCode: Int(code),
            outcome: outcome)
    }
}
