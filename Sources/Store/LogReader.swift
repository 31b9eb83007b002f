package import Messaging

/// A look into the file of a log that another process may be writing: read only, without its lock, and never for longer than one short
/// statement, so that the writer is neither refused nor held up.
///
/// Synchronous: a call blocks for a read. Events that every group has settled are deleted, so that a slow look misses some of them.
package final class LogReader {
    /// How long a call waits for a process that is just opening or repairing the file, in milliseconds.
    private static let patience = 1_000

    private let path: String
    private var database: SQLiteDatabase?
    private var newest: SQLiteStatement?
    private var window: SQLiteStatement?

    package init(path: String) { self.path = path }

    deinit { close() }

    /// The id of the newest event of all topics; zero where there is none.
    package func newestID() throws(ComponentError) -> UInt64 {
        try reading { () throws(SQLiteError) in
            guard let newest else { return 0 }
            defer { newest.reset() }
            return try newest.step() ? newest.id(0) : 0
        }
    }

    /// Events of a topic behind an id, in order, with the times at which they were published (milliseconds since 1970).
    package func events(
        of topic: String, after id: UInt64, limit: Int
    ) throws(ComponentError) -> [(event: StoredEvent, time: Int64)] {
        try reading { () throws(SQLiteError) in
            guard let window else { return [] }
            window.bind(1, id)
            window.bind(2, topic)
            window.bind(3, Int64(limit))
            defer { window.reset() }
            var events: [(event: StoredEvent, time: Int64)] = []
            while try window.step() {
                let message = Message(
                    topic: topic, body: window.bytes(4), metadata: MetadataCodec.decode(window.bytes(3)) ?? Metadata(),
                    key: window.bytes(2))
                events.append((StoredEvent(id: window.id(0), message: message), window.integer(1)))
            }
            return events
        }
    }

    /// Closes the file. Twice is harmless; the next call opens it again.
    package func close() {
        newest?.close()
        window?.close()
        database?.close()
        newest = nil
        window = nil
        database = nil
    }

    /// Opens the file where it is not open, and closes it after an error, so that the next call starts anew.
    private func reading<Result>(_ body: () throws(SQLiteError) -> Result) throws(ComponentError) -> Result {
        do throws(SQLiteError) {
            if database == nil { try open() }
            return try body()
        } catch {
            close()
            var failure = error.componentError(advice: "is a sidecar of this app running, and is this its file?")
            failure.code = .unavailable
            throw failure
        }
    }

    private func open() throws(SQLiteError) {
        let action = "looking into \(path)"
        let database = try SQLiteDatabase(path: path, isReadOnly: true)
        self.database = database
        try database.execute("PRAGMA busy_timeout=\(Self.patience)", action)
        let application = try database.prepare("PRAGMA application_id", action)
        defer { application.close() }
        guard try application.step(), application.integer(0) == LogSchema.applicationID else {
            throw .foreign("it is no log of events", action: action)
        }
        newest = try database.prepare("SELECT ifnull(max(id), 0) FROM event", action)
        window = try database.prepare(
            """
            SELECT id, time, key, meta, body FROM event
            WHERE id > ?1 AND topic = (SELECT id FROM topic WHERE name = ?2) ORDER BY id LIMIT ?3
            """, action)
    }
}
