internal import Messaging

/// One subscription: a queue from which one event at a time goes to the app.
final class InMemorySource: TopicSource {
    let topic: String
    private let prefix: String?
    private let inlet: any Inlet
    private let pubSub: InMemoryPubSub
    private var queue: [InMemoryHandover] = []
    private var first = 0
    private var bytes = 0
    private var isBusy = false
    private var isPaused = false
    private var count: UInt64 = 0

    init(_ topic: String, _ inlet: any Inlet, _ pubSub: InMemoryPubSub) {
        self.topic = topic
        prefix = topic.utf8.last == UInt8(ascii: "*") ? String(topic.dropLast()) : nil
        self.inlet = inlet
        self.pubSub = pubSub
    }

    /// Whether the topic ends in `*`.
    var isPattern: Bool { prefix != nil }

    func matches(_ published: String) -> Bool {
        guard let prefix else { return published == topic }
        return published.utf8.count > prefix.utf8.count && published.utf8.starts(with: prefix.utf8)
    }

    func hasRoom(for size: Int) -> Bool {
        let events = queue.count - first
        return events == 0
            || (events < InMemoryPubSub.maxWaitingEvents && bytes + size <= InMemoryPubSub.maxWaitingBytes)
    }

    func add(_ handover: InMemoryHandover) {
        queue.append(handover)
        bytes += handover.size
    }

    /// Hands over the next event, where the former one is settled.
    func pump() {
        guard !isBusy, !isPaused, first < queue.count, inlet.credit.isOpen else { return }
        let handover = queue[first]
        first += 1
        if first == queue.count || first >= 512 {
            queue.removeFirst(first)
            first = 0
        }
        bytes -= handover.size
        handover.remaining -= 1
        isBusy = true
        count += 1
        // The subscription's topic, also where it is a pattern: the app sees what it subscribed to (spec 3.9).
        let message = ReceivedMessage(
            Message(
                topic: topic, body: handover.entry.body, metadata: handover.entry.metadata, key: handover.entry.key),
            Receipt(Position(low: count)))
        inlet.take([message])
    }

    /// Forgets what waits.
    func drop() {
        for handover in queue[first...] { handover.remaining -= 1 }
        queue = []
        first = 0
        bytes = 0
        isPaused = true
    }

    /// What was released is gone like what was acknowledged: there is nobody to deliver it again.
    func settle(_ batch: borrowing SettledBatch) {
        isBusy = false
        pubSub.noteTurnEnd()
    }

    func creditReturned() { pubSub.noteTurnEnd() }

    func pause() { isPaused = true }

    func resume() {
        isPaused = false
        pubSub.noteTurnEnd()
    }

    /// What waits here, and the one event that the app has.
    func lag() async -> Int? { queue.count - first + (isBusy ? 1 : 0) }

    func cancel() async {
        drop()
        pubSub.remove(self)
    }
}
