internal import Loop
internal import Messaging

/// Hands each event to every subscription of its topic, one at a time. Confined to its home shard.
final class InMemoryPubSub: PubSub {
    /// Events that wait for one subscription; a publish that finds them all there is refused.
    static let maxWaitingEvents = 1_024
    /// Bytes that wait for one subscription, except for a single larger event.
    static let maxWaitingBytes = 64 << 20
    /// A publish waits so long for its turn with a slow subscription; then it is answered while its event goes on waiting.
    ///
    /// daprd ends the wait of a dead letter after the same time, which is what keeps a topic that is its own dead-letter topic from standing still
    /// for ever (spec 1.6, "After the policy").
    static let patience: Duration = .seconds(30)

    private let loop: EventLoop
    private let context: ComponentContext
    private var sources = InMemorySources()
    private var waiting: [InMemoryHandover] = []
    private var answers: [(completion: any PublishCompletion, token: UInt64, outcome: PublishOutcome)] = []
    private var isTurnEndDue = false
    private var isClosed = false
    private var wake = Wake.none

    init(_ context: ComponentContext) {
        loop = EventLoop.current
        self.context = context
    }

    func connect() async throws(ComponentError) {
        if isClosed { throw error(.closed, "connecting", "component is closed") }
    }

    func publish(_ batch: [PublishEntry]) {
        // By index: the loop over the elements would copy each of them more than once.
        for index in batch.indices { publish(index, of: batch) }
        noteTurnEnd()
    }

    private func publish(_ index: Int, of batch: [PublishEntry]) {
        guard !isClosed else { return refuse(batch[index], .closed, "component is closed") }
        let takers = sources.takers(of: batch[index].topic)
        guard !takers.isEmpty else { return answer(batch[index], .stored) }
        let size = batch[index].body.count + batch[index].key.count
        guard takers.allSatisfy({ $0.hasRoom(for: size) }) else {
            return refuse(
                batch[index], .full,
                "a subscription has \(Self.maxWaitingEvents) events or \(Self.maxWaitingBytes) bytes waiting; publish again later"
            )
        }
        let handover = InMemoryHandover(batch[index], takers: takers.count, deadline: loop.now + Self.patience)
        for taker in takers { taker.add(handover) }
        waiting.append(handover)
    }

    private func refuse(_ entry: PublishEntry, _ code: ComponentError.Code, _ reason: String) {
        answer(entry, .failed(error(code, "publishing to topic \(entry.topic)", reason)))
    }

    func subscribe(
        _ request: SubscriptionRequest, into inlet: any Inlet
    ) async throws(ComponentError) -> any TopicSource {
        guard !isClosed else { throw error(.closed, "subscribing to topic \(request.topic)", "component is closed") }
        let source = InMemorySource(request.topic, inlet, self)
        sources.add(source)
        return source
    }

    func close() async {
        guard !isClosed else { return }
        isClosed = true
        loop.cancel(wake)
        for handover in waiting {
            let action = "publishing to topic \(handover.entry.topic)"
            answer(
                handover.entry,
                handover.isTouched ? .stored : .failed(error(.closed, action, "component is closed")))
        }
        waiting = []
        for source in sources.all { source.drop() }
        sources = InMemorySources()
        noteTurnEnd()
    }

    func remove(_ source: InMemorySource) {
        sources.remove(source)
        noteTurnEnd()
    }

    private func answer(_ entry: PublishEntry, _ outcome: PublishOutcome) {
        answers.append((entry.completion, entry.token, outcome))
    }

    private func error(_ code: ComponentError.Code, _ action: String, _ reason: String) -> ComponentError {
        ComponentError(code, component: context.title, action: action, reason: reason)
    }

    func noteTurnEnd() {
        guard !isTurnEndDue else { return }
        isTurnEndDue = true
        loop.atTurnEnd(self)
    }

    /// Answers what every subscription has begun with, and what has waited for too long.
    private func answerHandovers() {
        waiting.removeAll { handover in
            guard handover.remaining == 0 || handover.deadline <= loop.now else { return false }
            answer(handover.entry, .stored)
            return true
        }
        loop.cancel(wake)
        wake = waiting.first.map { loop.wake(at: $0.deadline, self, token: 0) } ?? .none
    }
}

extension InMemoryPubSub: TurnParticipant {
    func turnEnded() {
        isTurnEndDue = false
        for source in sources.all { source.pump() }
        answerHandovers()
        var ended: [(completion: any PublishCompletion, token: UInt64, outcome: PublishOutcome)] = []
        swap(&ended, &answers)
        for answer in ended { answer.completion.published(answer.outcome, token: answer.token) }
        guard answers.isEmpty else { return }
        ended.removeAll(keepingCapacity: ended.count < 1024)
        swap(&ended, &answers)
    }
}

extension InMemoryPubSub: Sleeper {
    func wake(_ token: UInt64) {
        wake = .none
        noteTurnEnd()
    }
}

/// An event on its way to subscriptions, and who waits for them.
final class InMemoryHandover {
    let entry: PublishEntry
    let size: Int
    let deadline: Instant
    private let takers: Int
    /// Subscriptions that have not begun with it.
    var remaining: Int

    init(_ entry: consuming PublishEntry, takers: Int, deadline: Instant) {
        size = entry.body.count + entry.key.count
        self.entry = entry
        self.takers = takers
        self.deadline = deadline
        remaining = takers
    }

    /// Whether a subscription has begun with it.
    var isTouched: Bool { remaining < takers }
}
