internal import Messaging

/// One subscription of a `FaultyPubSub`.
final class FaultySource: TopicSource {
    private let topic: String
    private let inlet: any Inlet
    private let pubSub: FaultyPubSub
    private var isPaused = false
    private var isCancelled = false
    private var heldUntil: Instant?

    init(_ topic: String, _ inlet: any Inlet, _ pubSub: FaultyPubSub) {
        self.topic = topic
        self.inlet = inlet
        self.pubSub = pubSub
    }

    func pump() {
        let group = pubSub.broker.group(topic, pubSub.group)
        guard !isPaused, !isCancelled, !group.waiting.isEmpty, isDue() else { return }
        while !group.waiting.isEmpty, inlet.credit.isOpen {
            let one = group.waiting.removeFirst()
            group.inFlight[one.id] = one
            hand(one)
            if pubSub.repeats > 0, inlet.credit.isOpen {
                pubSub.repeats -= 1
                hand(one)
            }
        }
        heldUntil = nil
    }

    private func hand(_ one: FaultyBroker.Stored) {
        inlet.take([ReceivedMessage(one.message, Receipt(Position(low: one.id)))])
    }

    /// Holds messages back for as long as the command says.
    private func isDue() -> Bool {
        guard pubSub.deliveryDelay > .zero else { return true }
        if let heldUntil { return heldUntil <= pubSub.scheduler.now }
        let moment = pubSub.scheduler.now + pubSub.deliveryDelay
        heldUntil = moment
        _ = pubSub.scheduler.wake(at: moment, self, token: 0)
        return false
    }

    /// Settlements that come after the connection was lost reach nobody.
    func settle(_ batch: borrowing SettledBatch) {
        guard pubSub.isConnected, !isCancelled else { return }
        for position in batch.acknowledged {
            pubSub.broker.acknowledge(position.low, topic: topic, group: pubSub.group)
        }
        for (position, attempts) in batch.released {
            pubSub.broker.release(position.low, attempts: attempts, topic: topic, group: pubSub.group)
        }
        pubSub.noteTurnEnd()
    }

    func disconnected() { pubSub.broker.giveBack(topic: topic, group: pubSub.group) }

    func creditReturned() { pubSub.noteTurnEnd() }

    func pause() { isPaused = true }

    func resume() {
        isPaused = false
        pubSub.noteTurnEnd()
    }

    func cancel() async {
        guard !isCancelled else { return }
        isCancelled = true
        pubSub.broker.giveBack(topic: topic, group: pubSub.group)
        pubSub.remove(self)
    }
}

extension FaultySource: Sleeper {
    func wake(_ token: UInt64) { pubSub.noteTurnEnd() }
}
