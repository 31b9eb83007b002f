internal import MQTTClient
internal import Messaging

/// One filter at the broker: its subscriptions, and the events that wait for their credit.
final class MQTTTopicQueue {
    /// As it is subscribed to.
    let filter: String
    /// As names are compared with it.
    let matched: String
    let isPattern: Bool
    var sources: [MQTTSource] = []
    /// The connection on which the broker has it, counted; 0 for none.
    var armedOn: UInt64 = 0
    /// Why the broker does not have it.
    var refusal: MQTTFailure?
    private var waiting: [Position] = []
    private var first = 0
    private var turn = 0

    init(_ filter: String) {
        self.filter = filter
        matched = MQTTTopic.matched(filter)
        isPattern = MQTTTopic.isPattern(matched)
    }

    var isEmpty: Bool { first == waiting.count }

    func append(_ position: Position) { waiting.append(position) }

    /// Everything that waits.
    func takeAll() -> [Position] {
        defer {
            waiting = []
            first = 0
        }
        return Array(waiting[first...])
    }

    /// Hands over what the subscriptions have credit for; the one that began last time comes last.
    func pump(_ unsettled: inout MQTTUnsettled) -> [(MQTTSource, [ReceivedMessage])] {
        guard !isEmpty, !sources.isEmpty else { return [] }
        var handed: [(MQTTSource, [ReceivedMessage])] = []
        turn = (turn + 1) % sources.count
        for offset in sources.indices where !isEmpty {
            let source = sources[(turn + offset) % sources.count]
            let batch = take(for: source, &unsettled)
            if !batch.isEmpty { handed.append((source, batch)) }
        }
        return handed
    }

    private func take(for source: MQTTSource, _ unsettled: inout MQTTUnsettled) -> [ReceivedMessage] {
        guard !source.isPaused, let inlet = source.inlet else { return [] }
        var credit = inlet.credit
        var batch: [ReceivedMessage] = []
        while credit.isOpen, first < waiting.count {
            let position = waiting[first]
            first += 1
            guard let message = unsettled.message(at: position) else { continue }
            unsettled.started(position, by: source.id)
            credit.events -= 1
            credit.bytes -= message.size
            batch.append(ReceivedMessage(message, Receipt(position)))
        }
        if first == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            first = 0
        } else if first >= 512 {
            waiting.removeFirst(first)
            first = 0
        }
        return batch
    }
}

/// From a topic's name to the queue of its subscriptions: the filter with exactly this text first, then the patterns in their order (spec 3.7).
struct MQTTRoutes {
    private(set) var queues: [MQTTTopicQueue] = []
    private var exact: [String: MQTTTopicQueue] = [:]
    private var patterns: [MQTTTopicQueue] = []
    private var last: (topic: String, queue: MQTTTopicQueue)?

    func queue(ofFilter filter: String) -> MQTTTopicQueue? { queues.first { $0.filter == filter } }

    mutating func add(_ queue: MQTTTopicQueue) {
        queues.append(queue)
        rebuild()
    }

    mutating func remove(_ queue: MQTTTopicQueue) {
        queues.removeAll { $0 === queue }
        rebuild()
    }

    private mutating func rebuild() {
        last = nil
        exact = [:]
        for queue in queues where !queue.isPattern && exact[queue.matched] == nil { exact[queue.matched] = queue }
        patterns = queues.filter(\.isPattern)
    }

    /// `nil` where no subscription takes the topic.
    mutating func queue(ofTopic topic: String) -> MQTTTopicQueue? {
        if let last, last.topic == topic { return last.queue }
        guard let queue = exact[topic] ?? patterns.first(where: { MQTTTopic.matches($0.matched, topic) }) else {
            return nil
        }
        last = (topic, queue)
        return queue
    }
}
