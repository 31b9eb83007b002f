import Messaging

/// One connection's worth of a broker: the real seam, with faults drawn from the dice. Its topics belong to the world.
final class SimulatedPubSub: PubSub {
    let world: World
    weak var host: (any PubSubHost)?
    private(set) var isConnected = false
    private var isClosed = false
    private(set) var sources: [SimulatedSource] = []
    private var answers: [(entry: PublishEntry, outcome: PublishOutcome)] = []
    /// Publishes whose answers come later, by token; nil where one has ended.
    private var later: [(entry: PublishEntry, isStored: Bool)?] = []
    private var isTurnEndDue = false

    init(_ world: World) { self.world = world }

    // MARK: Faults from outside

    /// The connection breaks.
    func lose() {
        guard isConnected else { return }
        disconnect()
        host?.connectionLost(ComponentError(.unavailable, action: "reading", reason: "connection reset"))
    }

    /// The process is gone: nobody is told, and nothing of it reaches the broker any more.
    func kill() {
        isClosed = true
        if isConnected { disconnect() }
    }

    private func disconnect() {
        isConnected = false
        world.note(.connectionLost)
        for source in sources { source.disconnected() }
        for index in later.indices {
            guard let (entry, _) = later[index].take() else { continue }
            answers.append((entry, .failed(error(.unavailable, entry.topic, "connection reset", .unknown))))
        }
        noteTurnEnd()
    }

    // MARK: The seam

    func connect() async throws(ComponentError) {
        world.note(.connecting)
        let error = ComponentError(.unavailable, action: "connecting", reason: "connection refused")
        if world.dice.chance(world.faults.connectSlow) {
            await world.executor.sleep(milliseconds: world.dice.milliseconds(10...20_000))
        }
        guard !isClosed else { throw ComponentError(.closed, action: "connecting", reason: "component is closed") }
        guard !world.dice.chance(world.faults.connectRefused) else {
            world.note(.connectionFailed)
            throw error
        }
        isConnected = true
        world.note(.connected)
        noteTurnEnd()
    }

    func subscribe(
        _ request: SubscriptionRequest, into inlet: any Inlet
    ) async throws(ComponentError) -> any TopicSource {
        let number = request.metadata["source"].flatMap { Int($0) } ?? -1
        if world.dice.chance(world.faults.connectSlow) {
            await world.executor.sleep(milliseconds: world.dice.milliseconds(1...3000))
        }
        guard isConnected, !isClosed, !world.dice.chance(world.faults.subscribeRefused) else {
            world.note(.subscribeFailed, number)
            throw ComponentError(.unavailable, action: "subscribing", reason: "not connected, or not now")
        }
        let topic = world.topics[world.topicNumber(request.topic)]
        let source = SimulatedSource(number, topic, inlet, self)
        sources.append(source)
        world.note(.subscribed, number, topic.number)
        noteTurnEnd()
        if world.dice.chance(world.faults.subscribeEager) {
            await world.executor.sleep(milliseconds: world.dice.milliseconds(1...500))
        }
        return source
    }

    func publish(_ batch: [PublishEntry]) {
        for entry in batch { publish(entry) }
        noteTurnEnd()
    }

    func close() async {
        guard !isClosed else { return }
        isClosed = true
        isConnected = false
        for source in sources { source.disconnected() }
        for index in later.indices {
            guard let (entry, isStored) = later[index].take() else { continue }
            let unknown = error(.closed, entry.topic, "component is closed", .unknown)
            answers.append((entry, isStored ? .stored : .failed(unknown)))
        }
        noteTurnEnd()
    }

    func remove(_ source: SimulatedSource) { sources.removeAll { $0 === source } }

    // MARK: Publishing

    private func publish(_ entry: PublishEntry) {
        let delivery = entry.metadata["delivery"].flatMap { Int($0) }
        if let delivery {
            world.deadLetterBegun(delivery, entry)
        } else if let event = entry.metadata["event"].flatMap({ Int($0) }), !isClosed {
            world.publishBegun(event)
        }
        let faults = world.faults
        let dice = world.dice
        guard isConnected, !isClosed else {
            let reason = isClosed ? "component is closed" : "not connected"
            return answers.append((entry, .failed(error(isClosed ? .closed : .unavailable, entry.topic, reason))))
        }
        if dice.chance(faults.publishRefused) {
            return answers.append((entry, .failed(error(.full, entry.topic, "the disk is full"))))
        }
        if dice.chance(faults.publishUnknown) {
            if dice.chance(500) { world.store(entry) }
            return answers.append((entry, .failed(error(.timeout, entry.topic, "no answer came", .unknown))))
        }
        world.store(entry)
        guard dice.chance(faults.publishSlow) || dice.chance(faults.publishSilent) else {
            return answers.append((entry, .stored))
        }
        later.append((entry, true))
        guard !dice.chance(faults.publishSilent) else { return }
        let moment = world.clock.now + .milliseconds(dice.milliseconds(1...8000))
        _ = world.clock.wake(at: moment, self, token: UInt64(later.count - 1))
    }

    private func error(
        _ code: ComponentError.Code, _ topic: String, _ reason: String, _ outcome: ComponentError.Outcome = .notSent
    ) -> ComponentError {
        ComponentError(code, action: "publishing to topic \(topic)", reason: reason, outcome: outcome)
    }

    func noteTurnEnd() {
        guard !isTurnEndDue else { return }
        isTurnEndDue = true
        world.clock.atTurnEnd(self)
    }

    /// Whether what is published to a topic has a taker here; a broker that keeps nothing has to have one.
    func isTaken(_ topic: SimulatedTopic) -> Bool { sources.contains { $0.topic === topic } }
}

extension SimulatedPubSub: TurnParticipant {
    func turnEnded() {
        isTurnEndDue = false
        let ended = answers
        answers = []
        for (entry, outcome) in ended {
            if let delivery = entry.metadata["delivery"].flatMap({ Int($0) }) {
                world.deadLetterEnded(delivery, outcome)
            }
            entry.completion.published(outcome, token: entry.token)
        }
        guard isConnected else { return }
        var hasHanded = false
        for source in sources where source.pump() { hasHanded = true }
        if hasHanded, world.dice.chance(world.faults.lostBehindDelivery) { lose() }
    }
}

extension SimulatedPubSub: Sleeper {
    func wake(_ token: UInt64) {
        guard let (entry, _) = later[Int(token)].take() else { return }
        answers.append((entry, .stored))
        noteTurnEnd()
    }
}
