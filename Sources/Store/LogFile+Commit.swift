internal import Messaging

extension LogFile {
    /// After so many events, inserted or settled, a commit deletes a piece of so many, or a quarter more than were inserted: a larger piece shows
    /// in the wait of who publishes.
    static let deletedPerCommit: UInt64 = 512
    /// After so many bytes as well.
    static let deletedBytes = 4 << 20
    /// Frames in the write-ahead log from which on it is carried into the file: 4 MiB.
    static let walFrames = 512

    /// Stores what waits, in one transaction: events, states of groups, and the deletion of what nobody needs. It answers every append.
    func commit(_ work: LogWork) {
        for name in work.topics { topics.append(Topic(name: name, row: 0, newest: 0)) }
        work.saves.forEach { unsaved.add($0) }
        guard !work.appends.isEmpty || !unsaved.saves.isEmpty else { return }
        if let latched {
            unsaved = LogWork()
            refuse(work.appends, latched)
            return
        }
        var answer = LogCommit(through: work.appends.last?.number ?? 0, first: last + 1)
        do throws(SQLiteError) {
            try write(work, &answer)
        } catch {
            takeBack()
            refuse(work.appends, failure(error, outcome: .notSent))
            return afterFailure(error, of: work)
        }
        do throws(SQLiteError) {
            try statements.commit.run()
        } catch {
            takeBack()
            // A full device ends the transaction before its last frame is there. Of any other error nobody knows.
            if !error.isFull { latch(error) }
            refuse(work.appends, failure(error, outcome: error.isFull ? .notSent : .unknown))
            return afterFailure(error, of: work)
        }
        unsaved = LogWork()
        if !work.appends.isEmpty { reports.append(.committed(answer)) }
    }

    private func write(_ work: LogWork, _ answer: inout LogCommit) throws(SQLiteError) {
        try statements.begin.run()
        for save in unsaved.saves { try write(save) }
        try makeRoom(for: work)
        for append in work.appends { try insert(append, work.now, &answer) }
        try deleteIfWorthwhile()
        try measure()
    }

    /// Before events are refused for want of room, what is settled is deleted.
    private func makeRoom(for work: LogWork) throws(SQLiteError) {
        let bytes = work.appends.reduce(0) { $1.events.reduce($0) { $0 + $1.size } }
        guard bytesInUse + bytes > settings.maxBytes, last > 0 else { return }
        for _ in 0..<Self.deletionsPerRound {
            guard try deleteSettled(budget: Self.deletedPerCommit, worthwhile: 1) else { break }
        }
        try measure()
    }

    /// Deletes a piece where enough events or bytes came since the last one.
    private func deleteIfWorthwhile() throws(SQLiteError) {
        let (inserted, settled, bytes) = sinceDeletion
        let isMany = inserted + settled >= Self.deletedPerCommit
        guard isMany || bytes >= min(Self.deletedBytes, settings.maxBytes / 16) else { return }
        try deleteSettled(
            budget: max(Self.deletedPerCommit, inserted + inserted / 4),
            worthwhile: isMany ? Self.deletedPerCommit : 1)
        sinceDeletion = (0, 0, 0)
    }

    private func insert(_ append: LogWork.Append, _ now: Int64, _ answer: inout LogCommit) throws(SQLiteError) {
        for (index, event) in append.events.enumerated() {
            guard bytesInUse + event.size <= settings.maxBytes else {
                answer.refused.append((append.number, index))
                answer.error = answer.error ?? full
                return
            }
            let row = try row(of: event.topic)
            let statement = statements.insertEvent
            statement.bind(1, last + 1)
            statement.bind(2, row)
            statement.bind(3, now)
            try statement.run(
                4, event.key, event.metadata.isEmpty ? [] : MetadataCodec.encode(event.metadata), event.body)
            last += 1
            topics[event.topic].newest = last
            bytesInUse += event.size
            sinceDeletion.inserted += 1
            sinceDeletion.bytes += event.size
        }
    }

    private func row(of topic: Int) throws(SQLiteError) -> Int64 {
        let row = topics[topic].row
        guard row == 0 else { return row }
        let next = (topics.lazy.map(\.row).max() ?? 0) + 1
        statements.insertTopic.bind(1, next)
        statements.insertTopic.bind(2, topics[topic].name)
        try statements.insertTopic.run()
        topics[topic].row = next
        return next
    }

    private func write(_ save: LogWork.Save) throws(SQLiteError) {
        guard let index = topics[save.topic].groups.firstIndex(where: { $0.row == save.group }) else { return }
        sinceDeletion.settled += save.state.cursor - min(topics[save.topic].groups[index].cursor, save.state.cursor)
        topics[save.topic].groups[index].note(save.state)
        statements.saveGroup.bind(1, save.group)
        statements.saveGroup.bind(2, save.state.cursor)
        statements.saveGroup.bind(3, save.state.ahead)
        try statements.saveGroup.run()
        for failure in save.failures {
            let statement = failure.attempts == 0 ? statements.deleteFailure : statements.saveFailure
            statement.bind(1, save.group)
            statement.bind(2, failure.id)
            if failure.attempts > 0 {
                statement.bind(3, Int64(failure.attempts))
                statement.bind(4, failure.due)
            }
            try statement.run()
        }
    }

    /// The group is opened for somebody, and made where it is new: then it begins with the oldest event kept.
    func openGroup(_ open: LogWork.Open) {
        let topic = open.topic
        if let error = latched { return reports.append(.group(open.group, .failure(error))) }
        do throws(SQLiteError) {
            if let index = topics[topic].groups.firstIndex(where: { $0.name == open.name }) {
                topics[topic].groups[index].idleSince = nil
                reports.append(.group(open.group, .success(try record(topics[topic].groups[index]))))
                return
            }
            reports.append(.group(open.group, .success(try makeGroup(topic: topic, name: open.name))))
        } catch {
            if error.isFatal { latch(error) }
            reports.append(.group(open.group, .failure(failure(error, outcome: .notSent))))
        }
    }

    private func makeGroup(topic: Int, name: String) throws(SQLiteError) -> LogGroupRecord {
        let row = (topics.lazy.flatMap(\.groups).map(\.row).max() ?? 0) + 1
        let cursor = head
        do throws(SQLiteError) {
            try statements.begin.run()
            statements.insertGroup.bind(1, row)
            statements.insertGroup.bind(2, try self.row(of: topic))
            statements.insertGroup.bind(3, name)
            statements.insertGroup.bind(4, cursor)
            try statements.insertGroup.run()
            try statements.commit.run()
        } catch {
            takeBack()
            throw error
        }
        topics[topic].groups.append(Group(row: row, name: name, cursor: cursor, through: cursor, idleSince: nil))
        return LogGroupRecord(row: row, state: Claims.Saved(cursor: cursor), failed: [])
    }

    // MARK: What goes wrong

    private var full: ComponentError {
        ComponentError(
            .full, action: "storing events in \(settings.path)",
            reason: "the log has reached maxBytes (\(settings.maxBytes)); it takes events again when subscribers have "
                + "settled some, when the retention has passed, or with a higher maxBytes")
    }

    private func failure(_ error: SQLiteError, outcome: ComponentError.Outcome) -> ComponentError {
        error.componentError(
            outcome: outcome,
            advice: error.isFull
                ? "make room on the device, events are taken again then"
                : "nothing is stored any more until the process is started again")
    }

    private func refuse(_ appends: [LogWork.Append], _ error: ComponentError) {
        guard let through = appends.last?.number else { return }
        reports.append(
            .committed(
                LogCommit(through: through, first: last + 1, refused: appends.map { ($0.number, 0) }, error: error)))
    }

    /// A full device is helped by carrying the write-ahead log into the file: that makes room in it for states of groups and for deletions, which
    /// must not wait behind events that find none.
    private func afterFailure(_ error: SQLiteError, of work: LogWork) {
        if error.isFatal { latch(error) }
        guard error.isFull, latched == nil else { return }
        do throws(SQLiteError) { try database.checkpoint() } catch { if error.isFatal { latch(error) } }
        if !work.appends.isEmpty { commit(LogWork()) }
    }

    func checkpointIfLong(from frames: Int = walFrames) {
        guard latched == nil, database.walFrames >= frames else { return }
        do throws(SQLiteError) { try database.checkpoint() } catch { if !error.isFull { latch(error) } }
    }
}
