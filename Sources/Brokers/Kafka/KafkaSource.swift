internal import Messaging

/// One subscription: a topic whose records go to one inlet. The group does the work.
final class KafkaSource: TopicSource {
    let topic: String
    private(set) var inlet: (any Inlet)?
    private(set) var isPaused = false
    /// Whether the topic is known to be there.
    var isTopicThere = false
    private weak var group: KafkaGroup?

    init(_ topic: String, _ inlet: any Inlet, _ group: KafkaGroup) {
        self.topic = topic
        self.inlet = inlet
        self.group = group
    }

    func settle(_ batch: borrowing SettledBatch) {
        group?.settle(batch)
    }

    func creditReturned() { group?.pump() }

    func pause() { isPaused = true }

    func resume() {
        isPaused = false
        group?.pump()
    }

    func cancel() async {
        guard inlet != nil else { return }
        inlet = nil
        group?.remove(self)
    }
}
