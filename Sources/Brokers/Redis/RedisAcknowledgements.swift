internal import Messaging

/// Acknowledgements without a reply, in order: they are sent again after a reconnect, so that what is done does not come again. Pure.
struct RedisAcknowledgements {
    /// At this bound the oldest are forgotten: those events are delivered once more.
    static let maximum = 100_000

    private var ids: [Position] = []
    private var batches: [Int] = []
    private var sentCount = 0

    var isEmpty: Bool { ids.isEmpty }

    /// Adds ids; true where older ones had to be forgotten.
    mutating func add(_ new: [Position]) -> Bool {
        ids.append(contentsOf: new)
        // Those on their way to Redis are not forgotten: their replies are counted.
        let excess = min(ids.count - Self.maximum, ids.count - sentCount)
        guard excess > 0 else { return false }
        ids.removeSubrange(sentCount..<sentCount + excess)
        return true
    }

    /// Takes out what can be sent now, a bounded number for one command; it is kept until it is answered.
    mutating func takeUnsent() -> ArraySlice<Position> {
        let batch = ids[sentCount..<min(ids.count, sentCount + 1_000)]
        guard !batch.isEmpty else { return batch }
        sentCount += batch.count
        batches.append(batch.count)
        return batch
    }

    /// The oldest command was answered.
    mutating func answered() {
        guard !batches.isEmpty else { return }
        let count = batches.removeFirst()
        ids.removeFirst(count)
        sentCount -= count
    }

    /// The connection is lost: nothing that was sent will be answered.
    mutating func connectionLost() {
        batches = []
        sentCount = 0
    }
}
