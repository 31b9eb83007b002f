public import Messaging

/// A component that misbehaves on command, over a broker that does not. Confined to the test's task or shard.
///
/// Without a command it behaves: it answers and delivers at the turn's end. Commands are taken in order, one for each connect, publish or delivery.
public final class FaultyPubSub: PubSub {
    /// What becomes of one publish.
    public enum PublishFault: Sendable {
        /// It is stored and answered.
        case none
        /// It is not stored, and the answer says so.
        case refuse(ComponentError)
        /// The answer is that nobody knows.
        case unknown(isStored: Bool)
        /// It is stored, and answered later.
        case delay(Duration)
        /// It is stored and never answered.
        case silence
        /// It is not stored although the answer says so: what no component may do, to see that a test notices.
        case lie
    }

    /// The broker behind it.
    public let broker: FaultyBroker
    /// The group of its subscriptions.
    public let group: String
    let scheduler: any Scheduler
    private weak var host: (any PubSubHost)?
    /// What the next connects throw; after that they succeed.
    public var connectFaults: [ComponentError] = []
    /// What becomes of the next publishes; after that they are stored.
    public var publishFaults: [PublishFault] = []
    /// How often the next messages are handed over a second time.
    public var repeats = 0
    /// How long each delivery is held back.
    public var deliveryDelay: Duration = .zero
    /// How often `connect()` was called.
    public private(set) var connects = 0
    /// Events that were handed to `publish(_:)`.
    public private(set) var published: [(topic: String, body: [UInt8], metadata: Metadata, key: [UInt8])] = []
    private(set) var isConnected = false
    private var isClosed = false
    private var sources: [FaultySource] = []
    private var answers: [(PublishEntry, PublishOutcome)] = []
    private var delayed: [UInt64: PublishEntry] = [:]
    private var lastToken: UInt64 = 0
    private var isTurnEndDue = false

    /// Makes a component that is not connected.
    public init(
        _ broker: FaultyBroker, scheduler: any Scheduler, host: (any PubSubHost)? = nil, group: String = "group"
    ) {
        self.broker = broker
        self.scheduler = scheduler
        self.host = host
        self.group = group
    }

    // MARK: Commands

    /// Breaks the connection: what is in flight comes again after the next connect, and the host is told.
    public func loseConnection(_ reason: String = "connection reset by peer") {
        guard isConnected else { return }
        isConnected = false
        for source in sources { source.disconnected() }
        host?.connectionLost(ComponentError(.unavailable, action: "reading from the broker", reason: reason))
    }

    // MARK: The component

    /// One attempt; it fails as commanded.
    public func connect() async throws(ComponentError) {
        connects += 1
        guard !isClosed else { throw closed("connecting") }
        if !connectFaults.isEmpty { throw connectFaults.removeFirst() }
        isConnected = true
        noteTurnEnd()
    }

    /// Takes a batch; each entry ends as commanded.
    public func publish(_ batch: [PublishEntry]) {
        for entry in batch {
            published.append((entry.topic, entry.body, entry.metadata, entry.key))
            publish(entry)
        }
        noteTurnEnd()
    }

    private func publish(_ entry: PublishEntry) {
        let action = "publishing to topic \(entry.topic)"
        guard !isClosed else { return answers.append((entry, .failed(closed(action)))) }
        guard isConnected else {
            let error = ComponentError(.unavailable, action: action, reason: "not connected")
            return answers.append((entry, .failed(error)))
        }
        switch publishFaults.isEmpty ? .none : publishFaults.removeFirst() {
        case .none: storeAndAnswer(entry)
        case .refuse(let error): answers.append((entry, .failed(error)))
        case .unknown(let isStored):
            if isStored { store(entry) }
            let error = ComponentError(.timeout, action: action, reason: "no answer came", outcome: .unknown)
            answers.append((entry, .failed(error)))
        case .delay(let duration):
            store(entry)
            lastToken += 1
            delayed[lastToken] = entry
            _ = scheduler.wake(at: scheduler.now + duration, self, token: lastToken)
        case .silence: store(entry)
        case .lie: answers.append((entry, .stored))
        }
    }

    private func storeAndAnswer(_ entry: PublishEntry) {
        store(entry)
        answers.append((entry, .stored))
    }

    private func store(_ entry: PublishEntry) {
        broker.store(Message(topic: entry.topic, body: entry.body, metadata: entry.metadata, key: entry.key))
    }

    /// Subscribes; the group begins with the oldest message.
    public func subscribe(
        _ request: SubscriptionRequest, into inlet: any Inlet
    ) async throws(ComponentError) -> any TopicSource {
        guard !isClosed else { throw closed("subscribing to topic \(request.topic)") }
        guard isConnected else {
            throw ComponentError(
                .unavailable, action: "subscribing to topic \(request.topic)", reason: "not connected")
        }
        let source = FaultySource(request.topic, inlet, self)
        sources.append(source)
        noteTurnEnd()
        return source
    }

    /// Ends the component; what is in flight stays with the broker.
    public func close() async {
        guard !isClosed else { return }
        isClosed = true
        isConnected = false
        for source in sources { source.disconnected() }
        sources = []
        for (token, entry) in delayed {
            delayed[token] = nil
            answers.append((entry, .stored))
        }
        noteTurnEnd()
    }

    func remove(_ source: FaultySource) { sources.removeAll { $0 === source } }

    private func closed(_ action: String) -> ComponentError {
        ComponentError(.closed, action: action, reason: "component is closed")
    }

    func noteTurnEnd() {
        guard !isTurnEndDue else { return }
        isTurnEndDue = true
        scheduler.atTurnEnd(self)
    }
}

extension FaultyPubSub: TurnParticipant {
    /// Answers and delivers.
    public func turnEnded() {
        isTurnEndDue = false
        let ended = answers
        answers = []
        for (entry, outcome) in ended { entry.completion.published(outcome, token: entry.token) }
        guard isConnected else { return }
        for source in sources { source.pump() }
    }
}

extension FaultyPubSub: Sleeper {
    /// A delayed answer is due.
    public func wake(_ token: UInt64) {
        guard let entry = delayed.removeValue(forKey: token) else { return }
        answers.append((entry, .stored))
        noteTurnEnd()
    }
}
