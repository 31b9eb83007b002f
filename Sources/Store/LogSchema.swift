/// The tables of a log and the settings of its connection.
enum LogSchema {
    /// `application_id` of the file: "MLog".
    static let applicationID: Int64 = 0x4D4C_6F67
    /// `user_version` of the file. A file of a later version is refused.
    static let version: Int64 = 1

    /// In this order: patience first, for a reader that repairs the log at the same moment; the page size before anything is written.
    ///
    /// Other processes may read (`LogReader`): what makes the log's owner the only writer is `FileLock`. The index of the write-ahead log is
    /// mapped from a file beside it, which costs some locks of the file a commit, beside an fsync that takes a hundred times as long.
    /// No checkpoint by itself, as each costs milliseconds: `LogFile` chooses when. Secure delete is off because Debian's build has it on.
    static let pragmas = """
        PRAGMA busy_timeout=1000; PRAGMA page_size=8192; PRAGMA auto_vacuum=INCREMENTAL;
        PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;
        PRAGMA journal_size_limit=8388608; PRAGMA cache_size=-2048; PRAGMA mmap_size=0; PRAGMA secure_delete=OFF;
        """

    /// The body is the last column, so that the others are read without it.
    ///
    /// `grp.ahead` is what `Claims.Saved` says. `failed` holds events after a first failure only.
    static let tables = """
        BEGIN IMMEDIATE;
        CREATE TABLE topic(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE event(id INTEGER PRIMARY KEY, topic INTEGER NOT NULL, time INTEGER NOT NULL, key BLOB, meta BLOB,
            body BLOB NOT NULL);
        CREATE TABLE grp(id INTEGER PRIMARY KEY, topic INTEGER NOT NULL, name TEXT NOT NULL, cursor INTEGER NOT NULL,
            ahead BLOB, UNIQUE(topic, name));
        CREATE TABLE failed(grp INTEGER, id INTEGER, attempts INTEGER NOT NULL, due INTEGER NOT NULL,
            PRIMARY KEY(grp, id)) WITHOUT ROWID;
        PRAGMA application_id=\(applicationID);
        PRAGMA user_version=\(version);
        COMMIT;
        """
}

/// The statements that are used again and again.
struct LogStatements {
    let begin: SQLiteStatement
    let commit: SQLiteStatement
    let rollback: SQLiteStatement
    let insertTopic: SQLiteStatement
    let insertEvent: SQLiteStatement
    let insertGroup: SQLiteStatement
    let saveGroup: SQLiteStatement
    let saveFailure: SQLiteStatement
    let deleteFailure: SQLiteStatement
    let deleteFailures: SQLiteStatement
    let failures: SQLiteStatement
    let deleteAll: SQLiteStatement
    let deleteTopic: SQLiteStatement
    let window: SQLiteStatement
    let one: SQLiteStatement
    let count: SQLiteStatement
    let firstAfter: SQLiteStatement
    let firstSince: SQLiteStatement
    let pages: SQLiteStatement
    let freePages: SQLiteStatement

    init(_ database: SQLiteDatabase) throws(SQLiteError) {
        let publishing = "storing events"
        let settling = "storing what is settled"
        let deleting = "deleting settled events"
        let reading = "reading events"
        begin = try database.prepare("BEGIN IMMEDIATE", "opening a transaction")
        commit = try database.prepare("COMMIT", "committing")
        rollback = try database.prepare("ROLLBACK", "taking a transaction back")
        insertTopic = try database.prepare("INSERT INTO topic(id, name) VALUES(?1, ?2)", publishing)
        insertEvent = try database.prepare(
            "INSERT INTO event(id, topic, time, key, meta, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6)", publishing)
        insertGroup = try database.prepare(
            "INSERT INTO grp(id, topic, name, cursor) VALUES(?1, ?2, ?3, ?4)", "opening a group")
        saveGroup = try database.prepare("UPDATE grp SET cursor=?2, ahead=?3 WHERE id=?1", settling)
        saveFailure = try database.prepare(
            "INSERT OR REPLACE INTO failed(grp, id, attempts, due) VALUES(?1, ?2, ?3, ?4)", settling)
        deleteFailure = try database.prepare("DELETE FROM failed WHERE grp=?1 AND id=?2", settling)
        deleteFailures = try database.prepare("DELETE FROM failed WHERE grp=?1 AND id<=?2", deleting)
        failures = try database.prepare("SELECT id, attempts, due FROM failed WHERE grp=?1 ORDER BY id", reading)
        deleteAll = try database.prepare("DELETE FROM event WHERE id>?1 AND id<=?2", deleting)
        deleteTopic = try database.prepare("DELETE FROM event WHERE id>?1 AND id<=?2 AND topic=?3", deleting)
        window = try database.prepare(
            "SELECT id, key, meta, body FROM event WHERE id>?1 AND id<=?2 AND topic=?3 ORDER BY id LIMIT ?4", reading)
        one = try database.prepare("SELECT id, key, meta, body FROM event WHERE id=?1", reading)
        count = try database.prepare("SELECT count(*) FROM event WHERE id>?1 AND id<=?2 AND topic=?3", reading)
        firstAfter = try database.prepare("SELECT id FROM event WHERE id>?1 ORDER BY id LIMIT 1", reading)
        firstSince = try database.prepare(
            "SELECT id FROM event WHERE id>?1 AND time>=?2 ORDER BY id LIMIT 1", reading)
        pages = try database.prepare("PRAGMA page_count", reading)
        freePages = try database.prepare("PRAGMA freelist_count", reading)
    }

    /// Frees all of them, before the connection closes.
    func close() {
        for statement in [
            begin, commit, rollback, insertTopic, insertEvent, insertGroup, saveGroup, saveFailure, deleteFailure,
            deleteFailures, failures, deleteAll, deleteTopic, window, one, count, firstAfter, firstSince, pages,
            freePages,
        ] {
            statement.close()
        }
    }
}
