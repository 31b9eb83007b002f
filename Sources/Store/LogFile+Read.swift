internal import Messaging

extension LogFile {
    /// Ids that one window looks at, whatever the topic: reading is bounded also where nothing matches.
    static let windowSpan: UInt64 = 4_096

    /// Reads a window of a topic after an id.
    func read(_ request: LogWork.Read) {
        var window = LogWindow(events: [], through: max(request.after, head))
        do throws(SQLiteError) {
            try read(request, into: &window)
            reports.append(.window(group: request.group, window))
        } catch {
            latch(error)
        }
    }

    private func read(_ request: LogWork.Read, into window: inout LogWindow) throws(SQLiteError) {
        guard window.through < last else { return }
        let row = topics[request.topic].row
        // Ids that are gone cost nothing to pass.
        statements.firstAfter.bind(1, window.through)
        defer { statements.firstAfter.reset() }
        guard row != 0, try statements.firstAfter.step() else {
            window.through = last
            return
        }
        window.through = max(window.through, statements.firstAfter.id(0) - 1)
        let end = min(window.through + Self.windowSpan, last)
        let statement = statements.window
        defer { statement.reset() }
        statement.bind(1, window.through)
        statement.bind(2, end)
        statement.bind(3, row)
        statement.bind(4, Int64(request.events))
        var bytes = 0
        while try statement.step() {
            let event = try self.event(statement, request.topic)
            if bytes + event.message.size > request.bytes, !window.events.isEmpty { return }
            bytes += event.message.size
            window.events.append(event)
            window.through = event.id
        }
        if window.events.count < request.events { window.through = end }
    }

    /// Reads single events.
    func fetch(_ request: LogWork.Fetch) {
        var events: [StoredEvent] = []
        do throws(SQLiteError) {
            for id in request.ids {
                statements.one.bind(1, id)
                if try statements.one.step() { events.append(try event(statements.one, request.topic)) }
                statements.one.reset()
            }
            reports.append(.fetched(group: request.group, ids: request.ids, events))
        } catch {
            latch(error)
        }
    }

    /// Counts the events of a topic in a slice.
    func count(_ request: LogWork.Count) {
        do throws(SQLiteError) {
            let statement = statements.count
            defer { statement.reset() }
            statement.bind(1, request.after)
            statement.bind(2, request.through)
            statement.bind(3, topics[request.topic].row)
            let events = try statement.step() ? Int(statement.integer(0)) : 0
            reports.append(.counted(group: request.group, events: events))
        } catch {
            latch(error)
        }
    }

    private func event(_ statement: SQLiteStatement, _ topic: Int) throws(SQLiteError) -> StoredEvent {
        guard let metadata = MetadataCodec.decode(statement.bytes(2)) else {
            throw .damaged("the metadata of event \(statement.id(0))", action: "reading events")
        }
        let message = Message(
            topic: topics[topic].name, body: statement.bytes(3), metadata: metadata, key: statement.bytes(1))
        return StoredEvent(id: statement.id(0), message: message)
    }

    func record(_ group: Group) throws(SQLiteError) -> LogGroupRecord {
        let state = try database.prepare("SELECT cursor, ahead FROM grp WHERE id=\(group.row)", "opening a group")
        defer { state.close() }
        guard try state.step() else {
            throw .damaged("the row of a group is gone", action: "opening a group")
        }
        var record = LogGroupRecord(
            row: group.row, state: Claims.Saved(cursor: state.id(0), ahead: state.bytes(1)), failed: [])
        statements.failures.bind(1, group.row)
        defer { statements.failures.reset() }
        while try statements.failures.step() {
            record.failed.append(
                LogFailure(
                    id: statements.failures.id(0), attempts: Int(statements.failures.integer(1)),
                    due: statements.failures.integer(2)))
        }
        return record
    }
}
