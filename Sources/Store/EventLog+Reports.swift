internal import Loop
internal import Messaging

extension EventLog {
    func receive(_ batches: [[LogReport]]) {
        for batch in batches {
            for report in batch where state != .closed || report.isLast { receive(report) }
        }
    }

    private func receive(_ report: LogReport) {
        switch report {
        case .opened(let facts): opened(facts)
        case .refused(let error): refused(error)
        case .committed(let commit): committed(commit)
        case .group(let group, let result): groups[group].opened(result, now: now)
        case .window(let group, let window): groups[group].received(window)
        case .fetched(let group, let ids, let events): groups[group].received(ids, events)
        case .counted(let group, let events): groups[group].counted(events)
        case .passed(let passed): passedEvents(passed)
        case .latched(let error): latch(error)
        case .closed:
            // The thread's last act was this report: it ends now.
            thread?.join()
            thread = nil
            closed()
        }
    }

    private func opened(_ facts: LogOpened) {
        names = facts.topics
        for (number, name) in names.enumerated() { numbers[name] = number }
        last = facts.last
        if state == .opening { state = .open }
        facts.warnings.forEach { owner?.logWarned($0) }
        resumeOpeners(state == .open ? nil : closedError)
        upkeep.noteWork(self, loop)
    }

    private func refused(_ error: ComponentError) {
        thread?.join()
        thread = nil
        guard state == .opening else { return closed() }
        state = .idle
        resumeOpeners(error)
    }

    private func latch(_ error: ComponentError) {
        guard state == .open || state == .opening else { return }
        state = .latched(error)
        for group in groups { group.countingEnded() }
        owner?.logLatched(error)
    }

    func warn(_ line: String) { owner?.logWarned(line) }

    private func passedEvents(_ passed: LogPassed) {
        owner?.logWarned(
            "group \(passed.name) of topic \(passed.topic) lost \(passed.events) events that nobody took within the retention"
        )
    }

    /// Answers everything that a commit has decided, then hands it to the groups.
    private func committed(_ commit: LogCommit) {
        var id = commit.first
        while let batch = pending.first, batch.number <= commit.through {
            pending.popFirst()
            let stored = commit.refused.first { $0.number == batch.number }?.stored ?? batch.entries.count
            // By index: the loop over the elements would copy each of them.
            for index in batch.entries.indices {
                pendingEvents -= 1
                pendingBytes -= batch.entries[index].body.count + batch.entries[index].key.count + 64
                guard index < stored else { continue }
                keep(index, of: batch.entries, id: id)
                id += 1
            }
            for index in 0..<stored {
                batch.entries[index].completion.published(.stored, token: batch.entries[index].token)
            }
            guard stored < batch.entries.count, let error = commit.error else { continue }
            for entry in batch.entries.dropFirst(stored) {
                entry.completion.published(.failed(error), token: entry.token)
            }
        }
    }

    private func keep(_ index: Int, of entries: [PublishEntry], id: UInt64) {
        last = id
        guard let topic = topicNumber(entries[index].topic), topic < takers.count,
            takers[topic].contains(where: \.isTaken)
        else { return }
        ring.append(
            StoredEvent(
                id: id,
                message: Message(
                    topic: entries[index].topic, body: entries[index].body, metadata: entries[index].metadata,
                    key: entries[index].key)),
            topic: topic)
        for group in takers[topic] { group.notePump() }
    }
}
