internal import Messaging

/// Publishes that wait for their replies, in order: a ring that grows by doubling; the connection bounds it.
struct RedisPublishQueue {
    /// One publish.
    struct Publish {
        var completion: any PublishCompletion
        var token: UInt64
        var topic: String

        init(_ completion: any PublishCompletion, _ token: UInt64, _ topic: String) {
            self.completion = completion
            self.token = token
            self.topic = topic
        }
    }

    private var slots: [Publish?] = Array(repeating: nil, count: 64)
    private var head = 0
    private(set) var count = 0

    /// Adds a publish behind all others.
    mutating func append(_ publish: Publish) {
        if count == slots.count { grow() }
        slots[(head + count) & (slots.count - 1)] = publish
        count += 1
    }

    /// Takes the publish whose reply has come.
    mutating func popFirst() -> Publish? {
        guard count > 0 else { return nil }
        let publish = slots[head].take()
        head = (head + 1) & (slots.count - 1)
        count -= 1
        return publish
    }

    private mutating func grow() {
        var larger: [Publish?] = []
        larger.reserveCapacity(slots.count * 2)
        for offset in 0..<count { larger.append(slots[(head + offset) & (slots.count - 1)]) }
        larger.append(contentsOf: repeatElement(nil, count: slots.count * 2 - count))
        slots = larger
        head = 0
    }
}
