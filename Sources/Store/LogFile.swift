internal import Messaging

/// The log's file: schema, one commit, one read, retention. Synchronous, and used by one thread.
///
/// After the first error of the device it is latched: the event may or may not be on the disk, and what the system says about later writes proves
/// nothing. Nothing is written any more, not even at closing; the next process finds out what is there.
final class LogFile {
    /// One topic as the file knows it.
    struct Topic {
        var name: String
        /// Its row; zero until the row is committed.
        var row: Int64
        /// The newest event's id, `nil` where it is not known since the file was opened.
        var newest: UInt64?
        /// Its events up to here are gone, but for those in `left`.
        var swept: UInt64 = 0
        /// Events that a group had not settled when the others around them were deleted.
        var left: [UInt64] = []
        var groups: [Group] = []
    }

    /// One group of a topic.
    struct Group {
        var row: Int64
        var name: String
        /// As it was saved last: everything up to here is settled.
        var cursor: UInt64
        /// Everything up to here is settled but for `unsettled`, which ascends.
        var through: UInt64
        var unsettled: [UInt64] = []
        /// Since when nobody takes its events; `nil` while somebody does.
        var idleSince: Int64?
    }

    let settings: LogSettings
    let database: SQLiteDatabase
    let statements: LogStatements
    private let lock: FileLock
    var topics: [Topic] = []
    /// The newest event's id.
    var last: UInt64 = 0
    /// Everything up to this id is gone.
    var head: UInt64 = 0
    /// Everything up to this id is older than the retention.
    var expired: UInt64 = 0
    /// What happened since the last deletion: events inserted, events settled, bytes inserted.
    var sinceDeletion = (inserted: 0 as UInt64, settled: 0 as UInt64, bytes: 0)
    /// Bytes of the pages in use.
    var bytesInUse = 0
    /// States that a full disk kept from being saved; they go with the next commit.
    var unsaved = LogWork()
    /// Why nothing is written any more.
    var latched: ComponentError?
    /// What has to be reported besides the answers.
    var reports: [LogReport] = []

    /// Opens or creates the file. It blocks: take the lock, recover the write-ahead log, look at the structure.
    init(_ settings: LogSettings, now: Int64) throws(ComponentError) {
        self.settings = settings
        try StateFile.makeDirectories(for: settings.path)
        lock = try FileLock(for: settings.path, owner: settings.owner)
        do throws(SQLiteError) {
            database = try SQLiteDatabase(path: settings.path)
            try Self.prepare(database, settings.path)
            statements = try LogStatements(database)
            try load(now)
        } catch {
            throw Self.openError(error, settings.path)
        }
    }

    /// Carries the write-ahead log into the file where that can be trusted, closes it and gives it free.
    func close() {
        if latched != nil { database.forbidCheckpointOnClose() }
        statements.close()
        database.close()
        lock.release()
    }

    // MARK: Opening

    private static func prepare(_ database: SQLiteDatabase, _ path: String) throws(SQLiteError) {
        let action = "opening \(path)"
        try database.execute(LogSchema.pragmas, action)
        database.countFrames()
        let application = try number(database, "PRAGMA application_id", action)
        let version = try number(database, "PRAGMA user_version", action)
        if try number(database, "SELECT count(*) FROM sqlite_schema", action) == 0 {
            try database.execute(LogSchema.tables, "making the tables of \(path)")
            return
        }
        guard application == LogSchema.applicationID, version == LogSchema.version else {
            let reason =
                application == LogSchema.applicationID
                ? "its format \(version) is not this program's \(LogSchema.version)"
                : "it is a database of another program"
            throw .foreign(reason, action: action)
        }
        try check(database, action)
    }

    /// A look at the structure: all of a small file, of a large one the small tables, since the whole would take seconds. What is damaged elsewhere
    /// shows when it is read, and latches the file then.
    private static func check(_ database: SQLiteDatabase, _ action: String) throws(SQLiteError) {
        let isSmall = try number(database, "PRAGMA page_count", action) <= 8_192
        let checks = isSmall ? ["quick_check(1)"] : ["topic", "grp", "failed"].map { "quick_check(\($0))" }
        for check in checks {
            let statement = try database.prepare("PRAGMA " + check, action)
            defer { statement.close() }
            guard try statement.step() else { continue }
            let text = statement.text(0)
            guard text == "ok" else { throw .damaged(text, action: action) }
        }
    }

    private static func number(_ database: SQLiteDatabase, _ sql: String, _ action: String) throws(SQLiteError) -> Int64
    {
        let statement = try database.prepare(sql, action)
        defer { statement.close() }
        return try statement.step() ? statement.integer(0) : 0
    }

    private static func openError(_ error: SQLiteError, _ path: String) -> ComponentError {
        error.componentError(
            advice: error.isFull
                ? "make room on the device"
                : "the file is left as it is: repair it with `sqlite3 \(path) .recover`, or move it away to start with an empty log"
        )
    }

    private func load(_ now: Int64) throws(SQLiteError) {
        let action = "opening \(settings.path)"
        let names = try database.prepare("SELECT id, name FROM topic ORDER BY id", action)
        defer { names.close() }
        while try names.step() { topics.append(Topic(name: names.text(1), row: names.integer(0), newest: nil)) }
        let places = Dictionary(topics.enumerated().map { ($1.row, $0) }, uniquingKeysWith: { first, _ in first })
        let groups = try database.prepare("SELECT id, topic, name, cursor, ahead FROM grp ORDER BY id", action)
        defer { groups.close() }
        while try groups.step() {
            guard let place = places[groups.integer(1)] else { continue }
            let state = Claims.Saved(cursor: groups.id(3), ahead: groups.bytes(4))
            var group = Group(
                row: groups.integer(0), name: groups.text(2), cursor: state.cursor, through: state.cursor,
                idleSince: now)
            group.note(state)
            topics[place].groups.append(group)
        }
        last = UInt64(try Self.number(database, "SELECT ifnull(max(id), 0) FROM event", action))
        head = UInt64(try Self.number(database, "SELECT ifnull(min(id), 1) - 1 FROM event", action))
        try measure()
    }

    /// Puts memory back to what the file says, after a transaction that was taken back. Numbers of topics stay.
    private func reload() throws(SQLiteError) {
        let before = topics
        topics = []
        try load(0)
        var found = Dictionary(topics.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        topics = before.map { old in
            // A topic whose row was taken back is made again with its next event.
            guard var topic = found.removeValue(forKey: old.name) else {
                return Topic(name: old.name, row: 0, newest: 0)
            }
            for index in topic.groups.indices {
                let row = topic.groups[index].row
                topic.groups[index].idleSince = old.groups.first { $0.row == row }?.idleSince ?? nil
            }
            return topic
        }
    }

    // MARK: Small parts

    /// Asks how many bytes the pages in use fill.
    func measure() throws(SQLiteError) {
        defer {
            statements.pages.reset()
            statements.freePages.reset()
        }
        guard try statements.pages.step(), try statements.freePages.step() else { return }
        bytesInUse = Int(statements.pages.integer(0) - statements.freePages.integer(0)) * 8_192
    }

    /// From here on nothing is written.
    func latch(_ error: SQLiteError) {
        guard latched == nil else { return }
        let reason = error.componentError(
            advice:
                "nothing is stored any more until the process is started again; check the device, and the file with "
                + "`sqlite3 \(settings.path) 'PRAGMA integrity_check'`")
        latched = reason
        database.forbidCheckpointOnClose()
        reports.append(.latched(reason))
    }

    /// Nobody takes events for the group any more, from now on.
    func leaveGroup(topic: Int, row: Int64, now: Int64) {
        guard let group = topics[topic].groups.firstIndex(where: { $0.row == row }) else { return }
        topics[topic].groups[group].idleSince = now
    }

    /// Ends the transaction that failed, and puts memory back to what the file says.
    func takeBack() {
        do throws(SQLiteError) {
            // SQLite has ended the transaction itself after some errors.
            if !database.isOutsideTransaction { try statements.rollback.run() }
            try reload()
        } catch {
            latch(error)
        }
    }
}

extension LogFile.Group {
    /// Notes a state that is saved. A damaged one counts as its cursor alone.
    mutating func note(_ state: Claims.Saved) {
        cursor = state.cursor
        (through, unsettled) = state.reach() ?? (state.cursor, [])
    }

    /// The first event after an id that is not settled, as far as the group's state says.
    func firstUnsettled(after id: UInt64) -> UInt64? {
        var low = 0
        var high = unsettled.count
        while low < high {
            let middle = (low + high) / 2
            if unsettled[middle] <= id { low = middle + 1 } else { high = middle }
        }
        return low < unsettled.count ? unsettled[low] : nil
    }

    /// Whether the group has settled an event.
    func hasSettled(_ id: UInt64) -> Bool { id <= through && firstUnsettled(after: id - 1) != id }
}
