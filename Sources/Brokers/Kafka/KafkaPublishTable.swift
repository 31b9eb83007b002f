internal import Messaging

/// Publishes that wait for their reports, by a number that comes back with it. Pure.
struct KafkaPublishTable {
    /// One publish.
    struct Publish {
        var completion: any PublishCompletion
        var token: UInt64
        var topic: String
    }

    private var slots: [Publish?] = []
    private var free: [UInt32] = []

    /// Publishes without a report.
    var count: Int { slots.count - free.count }

    /// Notes a publish.
    mutating func add(_ entry: PublishEntry) -> UInt32 {
        let publish = Publish(completion: entry.completion, token: entry.token, topic: entry.topic)
        if let slot = free.popLast() {
            slots[Int(slot)] = publish
            return slot
        }
        slots.append(publish)
        return UInt32(slots.count - 1)
    }

    /// Takes the publish whose report has come.
    mutating func take(_ slot: UInt32) -> Publish? {
        guard Int(slot) < slots.count, let publish = slots[Int(slot)].take() else { return nil }
        free.append(slot)
        return publish
    }

    /// Takes all that are left.
    mutating func takeAll() -> [Publish] {
        let left = slots.compactMap { $0 }
        slots = []
        free = []
        return left
    }
}
