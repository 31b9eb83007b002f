internal import Messaging

extension LogFile {
    /// Commits of one round of maintenance; each deletes one piece.
    static let deletionsPerRound = 16
    /// Frames in the write-ahead log from which on it is carried over in a quiet moment.
    static let idleFrames = 256
    /// Free pages that the file keeps: 16 MiB.
    static let keptFreePages: Int64 = 2_048
    /// Ids that are passed for an abandoned group in one round.
    static let passedPerRound: UInt64 = 65_536

    /// Deletes what nobody needs any more, inside the open transaction, one bounded step.
    @discardableResult
    func deleteSettled(budget: UInt64, worthwhile: UInt64) throws(SQLiteError) -> Bool {
        try deleteLeft()
        try jumpGap()
        let levels = topics.indices.map(level)
        guard
            let step = Retention.next(head: head, last: last, levels: levels, budget: budget, worthwhile: worthwhile)
        else { return false }
        switch step {
        case .all(let after, let through):
            statements.deleteAll.bind(1, after)
            statements.deleteAll.bind(2, through)
            try statements.deleteAll.run()
            head = through
        case .topic(let index, let after, let through):
            try sweep(index, after: after, through: through)
        }
        return true
    }

    /// What of a topic may go: what every group has settled, or what is older than the retention where no group is.
    private func level(_ index: Int) -> Retention.Level {
        let topic = topics[index]
        guard !topic.groups.isEmpty else {
            let settled = topic.newest.map { $0 <= expired } == true ? .max : expired
            return Retention.Level(topic: topic.row, settled: settled, swept: topic.swept)
        }
        var settled = UInt64.max
        var through = UInt64.max
        for group in topic.groups {
            settled = min(settled, group.cursor)
            through = min(through, group.through)
        }
        if let newest = topic.newest, newest <= settled { settled = .max }
        return Retention.Level(topic: topic.row, settled: settled, reach: max(settled, through), swept: topic.swept)
    }

    /// Deletes one topic's events of a range, but for those that some group has not settled: they are left behind.
    private func sweep(_ index: Int, after: UInt64, through: UInt64) throws(SQLiteError) {
        var after = after
        while after < through {
            let kept = topics[index].groups.compactMap { $0.firstUnsettled(after: after) }.min()
            let end = min(through, kept.map { $0 - 1 } ?? through)
            if end > after {
                statements.deleteTopic.bind(1, after)
                statements.deleteTopic.bind(2, end)
                statements.deleteTopic.bind(3, topics[index].row)
                try statements.deleteTopic.run()
                after = end
            }
            if let kept, kept == after + 1, kept <= through {
                topics[index].left.append(kept)
                after = kept
            }
        }
        topics[index].swept = through
    }

    /// Deletes events that were left behind, once every group has settled them.
    private func deleteLeft() throws(SQLiteError) {
        for index in topics.indices where !topics[index].left.isEmpty {
            let groups = topics[index].groups
            let settled = topics[index].left.filter { id in groups.allSatisfy { $0.hasSettled(id) } }
            guard !settled.isEmpty else { continue }
            for id in settled where id < last {
                statements.deleteAll.bind(1, id - 1)
                statements.deleteAll.bind(2, id)
                try statements.deleteAll.run()
            }
            topics[index].left.removeAll { id in groups.allSatisfy { $0.hasSettled(id) } }
        }
    }

    /// Where everything at the front is gone already, the front moves to the first event that is there.
    private func jumpGap() throws(SQLiteError) {
        statements.firstAfter.bind(1, head)
        defer { statements.firstAfter.reset() }
        if try statements.firstAfter.step() { head = max(head, statements.firstAfter.id(0) - 1) }
    }

    /// What waits for a quiet moment: age, deletion without a publish, pages given back, the write-ahead log carried over.
    func maintain(_ now: Int64) {
        guard latched == nil else { return }
        do throws(SQLiteError) {
            try expire(now)
            try passAbandoned(now)
            for _ in 0..<Self.deletionsPerRound { guard try deletePiece() else { break } }
            try giveBackPages()
            try measure()
        } catch {
            takeBack()
            if !error.isFull { latch(error) }
        }
        checkpointIfLong(from: Self.idleFrames)
    }

    private func deletePiece() throws(SQLiteError) -> Bool {
        try statements.begin.run()
        let didDelete = try deleteSettled(budget: Self.deletedPerCommit, worthwhile: 1)
        try statements.commit.run()
        return didDelete
    }

    /// Free pages are kept for what comes next; only what is beyond that goes back to the file system, a piece at a time.
    private func giveBackPages() throws(SQLiteError) {
        defer { statements.freePages.reset() }
        guard try statements.freePages.step(), statements.freePages.integer(0) > Self.keptFreePages else { return }
        statements.freePages.reset()
        try database.execute("PRAGMA incremental_vacuum(512)", "giving pages back")
    }

    /// Finds how far the retention reaches. Times ascend with the ids, but for a wall clock that was set between two processes.
    private func expire(_ now: Int64) throws(SQLiteError) {
        let start = max(head, expired)
        statements.firstSince.bind(1, start)
        statements.firstSince.bind(2, now - settings.retention)
        defer { statements.firstSince.reset() }
        expired = try statements.firstSince.step() ? statements.firstSince.id(0) - 1 : last
    }

    /// A group that nobody has served for as long as the retention loses what is older than that, and the user is told.
    private func passAbandoned(_ now: Int64) throws(SQLiteError) {
        for topic in topics.indices {
            for index in topics[topic].groups.indices {
                let group = topics[topic].groups[index]
                guard let since = group.idleSince, now - since >= settings.retention, group.cursor < expired,
                    group.cursor < topics[topic].newest ?? .max
                else { continue }
                try pass(topic, index, through: min(expired, group.cursor + Self.passedPerRound))
            }
        }
    }

    private func pass(_ topic: Int, _ index: Int, through: UInt64) throws(SQLiteError) {
        let group = topics[topic].groups[index]
        let count = try database.prepare(
            "SELECT count(*) FROM event WHERE id>?1 AND id<=?2 AND topic=?3", "deleting expired events")
        defer { count.close() }
        count.bind(1, group.cursor)
        count.bind(2, through)
        count.bind(3, topics[topic].row)
        let events = try count.step() ? Int(count.integer(0)) : 0
        count.reset()
        try statements.begin.run()
        statements.deleteFailures.bind(1, group.row)
        statements.deleteFailures.bind(2, through)
        try statements.deleteFailures.run()
        statements.saveGroup.bind(1, group.row)
        statements.saveGroup.bind(2, through)
        statements.saveGroup.bind(3, [UInt8]())
        try statements.saveGroup.run()
        try statements.commit.run()
        topics[topic].groups[index].note(Claims.Saved(cursor: through))
        guard events > 0 else { return }
        let passed = LogPassed(group: group.row, name: group.name, topic: topics[topic].name, events: events)
        reports.append(.passed(passed))
    }
}
