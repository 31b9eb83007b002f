internal import Messaging

/// One subscription. What it says goes to its component, which has the session that all subscriptions share.
final class MQTTSource: TopicSource {
    /// Tells the subscriptions of a component apart.
    let id: Int
    /// What waits for it and for others with its filter.
    let queue: MQTTTopicQueue
    /// Whether the broker forgets the subscription when it ends.
    let unsubscribes: Bool
    private(set) var inlet: (any Inlet)?
    private weak var component: MQTTPubSub?
    private(set) var isPaused = false
    private(set) var isCancelled = false

    init(_ id: Int, _ queue: MQTTTopicQueue, unsubscribes: Bool, _ inlet: any Inlet, _ component: MQTTPubSub) {
        self.id = id
        self.queue = queue
        self.unsubscribes = unsubscribes
        self.inlet = inlet
        self.component = component
    }

    func settle(_ batch: borrowing SettledBatch) {
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
        await component?.end(self)
    }
}
