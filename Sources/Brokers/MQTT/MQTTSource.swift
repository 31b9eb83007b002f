internal import Messaging

/// One subscription. What it says goes to its component, which has the session that all subscriptions share.
final class MQTTSource: TopicSource {
    /// What waits for it and for others with its filter.
    let queue: MQTTTopicQueue
    /// Whether the broker forgets the subscription when it ends.
    let unsubscribes: Bool
    private(set) var inlet: (any Inlet)?
    private weak var component: MQTTPubSub?
    private(set) var isPaused = false
    private(set) var isCancelled = false
    /// What the app has.
    var running: Set<Position> = []

    init(_ queue: MQTTTopicQueue, unsubscribes: Bool, _ inlet: any Inlet, _ component: MQTTPubSub) {
        self.queue = queue
        self.unsubscribes = unsubscribes
        self.inlet = inlet
        self.component = component
    }

    func settle(_ batch: borrowing SettledBatch) {
        for position in batch.acknowledged { running.remove(position) }
        for (position, _) in batch.released { running.remove(position) }
        component?.settled(batch)
        component?.pump(queue)
    }

    func creditReturned() { component?.pump(queue) }

    func pause() { isPaused = true }

    func resume() {
        isPaused = false
        component?.pump(queue)
    }

    func cancel() async {
        guard !isCancelled else { return }
        isCancelled = true
        inlet = nil
        let left = running.sorted { $0.high < $1.high }
        running = []
        await component?.end(self, left)
    }
}
