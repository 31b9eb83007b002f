internal import Loop

/// How far a group is behind: counted when somebody asks, never kept.
extension LogGroup {
    /// Ids that one slice of the file covers: a few milliseconds of reading, for which a commit may have to wait.
    static let countSpan: UInt64 = 16_384

    /// Events of the topic that the group has not settled, as of now; `nil` where the log is not open.
    func lag() async -> Int? {
        guard log.state == .open, row != 0 else { return nil }
        // What was handed over is listed; what comes behind it is in memory or in the file.
        let (unsettled, handed, last) = (claims.unsettled, claims.handed, log.last)
        if log.ring.covers(topic, after: handed) { return unsettled + log.ring.count(topic, after: handed) }
        var total = unsettled
        var after = handed
        while after < last {
            let through = min(after + Self.countSpan, last)
            guard let events = await count(after: after, through: through) else { return nil }
            total += events
            after = through
        }
        return total
    }

    private func count(after: UInt64, through: UInt64) async -> Int? {
        guard log.state == .open else { return nil }
        return await withCheckedContinuation { continuation in
            countWaiters.append(continuation)
            log.count(LogWork.Count(group: number, topic: topic, after: after, through: through))
        }
    }

    /// A slice was counted.
    func counted(_ events: Int) { countWaiters.popFirst()?.resume(returning: events) }

    /// Nobody counts any more: the log is closed, or cannot be trusted.
    func countingEnded() {
        while let waiter = countWaiters.popFirst() { waiter.resume(returning: nil) }
    }
}
