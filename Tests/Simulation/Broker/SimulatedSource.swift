import Messaging

/// One subscription at the broker. It hands over in the order of publishing unless told to misbehave, and keeps what is not acknowledged.
final class SimulatedSource: TopicSource {
    /// A delivery of which nothing was heard comes again after so long.
    private static let visibility: Duration = .seconds(30)

    let number: Int
    let topic: SimulatedTopic
    private let inlet: any Inlet
    private let pubSub: SimulatedPubSub
    private let world: World
    private var isPaused = false
    private var isCancelled = false
    /// It found no credit, and waits to be told that there is some again.
    private var isWaitingForCredit = false
    private var heldUntil: Instant?
    /// Places that were handed over here and of which the broker has not heard.
    private var unsettled: [Int] = []
    /// Wake-ups that requeue a place, by token.
    private var overdue: [(place: Int, delivery: Int)] = []

    private static let holdToken = UInt64.max

    init(_ number: Int, _ topic: SimulatedTopic, _ inlet: any Inlet, _ pubSub: SimulatedPubSub) {
        self.number = number
        self.topic = topic
        self.inlet = inlet
        self.pubSub = pubSub
        world = pubSub.world
    }

    // MARK: Handing over

    /// Whether it handed anything over.
    func pump() -> Bool {
        guard !isPaused, !isCancelled, !isWaitingForCredit, !topic.waiting.isEmpty, isDue() else { return false }
        var hasHanded = false
        while !topic.waiting.isEmpty {
            // A broker that keeps nothing has one event at a time on its way.
            if !world.scenario.isDurable, !unsettled.isEmpty { return hasHanded }
            guard inlet.credit.isOpen else {
                isWaitingForCredit = true
                return hasHanded
            }
            handNext()
            hasHanded = true
        }
        return hasHanded
    }

    private func handNext() {
        let swaps = topic.waiting.count > 1 && world.dice.chance(world.faults.deliverySwapped)
        let place = topic.waiting.remove(at: swaps ? 1 : 0)
        topic.entries[place].state = .handedOver
        unsettled.append(place)
        if world.scenario.isDurable, world.dice.chance(world.faults.deliveryLost) {
            world.note(.vanished, number, topic.entries[place].event)
            topic.entries[place].delivery = -1
            return comeAgain(place)
        }
        hand(place)
        if world.scenario.isDurable, world.dice.chance(world.faults.deliveryRepeated), inlet.credit.isOpen {
            hand(place)
        }
    }

    private func hand(_ place: Int) {
        let entry = topic.entries[place]
        var metadata = entry.metadata
        let size = entry.body.count + entry.key.count + 64
        let delivery = world.ledger.handed(
            to: number, topic: topic.number, place: place, event: entry.event, size: size, key: entry.keyNumber,
            earlier: entry.attempts)
        topic.entries[place].delivery = delivery
        metadata["delivery"] = String(delivery)
        world.note(.handed, number, entry.event, delivery)
        let message = Message(
            topic: Scenario.name(ofTopic: topic.number), body: entry.body, metadata: metadata, key: entry.key,
            earlierAttempts: entry.attempts)
        inlet.take([ReceivedMessage(message, Receipt(Position(low: UInt64(delivery))))])
    }

    private func isDue() -> Bool {
        if let heldUntil {
            if heldUntil > world.clock.now { return false }
            self.heldUntil = nil
            return true
        }
        guard world.dice.chance(world.faults.deliveryDelayed) else { return true }
        let moment = world.clock.now + .milliseconds(world.dice.milliseconds(1...20_000))
        heldUntil = moment
        _ = world.clock.wake(at: moment, self, token: Self.holdToken)
        return false
    }

    // MARK: Settling

    func settle(_ batch: borrowing SettledBatch) {
        for position in batch.acknowledged {
            world.settled(Int(position.low), by: number, isAcknowledged: true, attempts: 0)
            if isHeard(Int(position.low)) { acknowledge(Int(position.low)) }
        }
        for (position, attempts) in batch.released {
            world.settled(Int(position.low), by: number, isAcknowledged: false, attempts: attempts)
            if isHeard(Int(position.low)) { release(Int(position.low), attempts) }
        }
        pubSub.noteTurnEnd()
    }

    /// Whether the settlement reaches the broker; what does not comes again.
    private func isHeard(_ delivery: Int) -> Bool {
        guard pubSub.isConnected, !isCancelled, delivery < world.ledger.handovers.count else { return false }
        guard world.scenario.isDurable, world.dice.chance(world.faults.settlementRefused) else { return true }
        world.note(.refusedSettlement, delivery)
        let place = world.ledger.handovers[delivery].place
        if topic.entries[place].state == .handedOver { comeAgain(place) }
        return false
    }

    private func acknowledge(_ delivery: Int) {
        let place = world.ledger.handovers[delivery].place
        unsettled.removeAll { $0 == place }
        topic.acknowledge(place)
    }

    private func release(_ delivery: Int, _ attempts: Int) {
        let place = world.ledger.handovers[delivery].place
        guard world.scenario.isDurable else {
            unsettled.removeAll { $0 == place }
            return topic.forget(place)
        }
        // Only the newest delivery of an event can be given back; that of an older one says nothing any more.
        guard topic.entries[place].delivery == delivery, unsettled.contains(place) else { return }
        topic.entries[place].attempts = max(topic.entries[place].attempts, attempts)
        giveBack(place)
    }

    private func giveBack(_ place: Int) {
        unsettled.removeAll { $0 == place }
        topic.requeue(place)
        world.note(.requeued, topic.entries[place].event, topic.number)
    }

    private func comeAgain(_ place: Int) {
        overdue.append((place, topic.entries[place].delivery))
        _ = world.clock.wake(at: world.clock.now + Self.visibility, self, token: UInt64(overdue.count - 1))
    }

    // MARK: Life

    func disconnected() {
        for place in unsettled {
            if world.scenario.isDurable { topic.requeue(place) } else { topic.forget(place) }
        }
        unsettled = []
        isWaitingForCredit = false
    }

    func creditReturned() {
        isWaitingForCredit = false
        pubSub.noteTurnEnd()
    }

    func pause() {
        isPaused = true
        world.note(.paused, number)
    }

    func resume() {
        isPaused = false
        isWaitingForCredit = false
        world.note(.resumed, number)
        pubSub.noteTurnEnd()
    }

    func cancel() async {
        guard !isCancelled else { return }
        isCancelled = true
        world.note(.cancelled, number)
        disconnected()
        if !world.scenario.isDurable {
            for place in topic.waiting { topic.forget(place) }
            topic.waiting = []
        }
        pubSub.remove(self)
        world.ledger.cancelled(number)
    }
}

extension SimulatedSource: Sleeper {
    func wake(_ token: UInt64) {
        defer { pubSub.noteTurnEnd() }
        guard token != Self.holdToken else { return }
        let (place, delivery) = overdue[Int(token)]
        guard unsettled.contains(place), topic.entries[place].delivery == delivery else { return }
        giveBack(place)
    }
}
