internal import Loop

/// What waits for the thread of a log. The shard adds once a turn, the thread takes everything at once.
///
/// It is bounded by the shard, which counts what it has not been answered for (`EventLog`): events and bytes that are not yet committed, one state
/// and one read for each group.
final class LogQueue: @unchecked Sendable {
    private let condition = Condition()
    private var waiting = LogWork()

    /// Adds work and wakes the thread.
    func add(_ work: LogWork) {
        condition.lock()
        let wasEmpty = waiting.isEmpty
        if wasEmpty { waiting = work } else { waiting.add(work) }
        condition.unlock()
        if wasEmpty { condition.signal() }
    }

    /// Waits for work and takes all of it.
    func take() -> LogWork {
        condition.lock()
        defer { condition.unlock() }
        while waiting.isEmpty { condition.wait() }
        let work = waiting
        waiting = LogWork()
        return work
    }
}
