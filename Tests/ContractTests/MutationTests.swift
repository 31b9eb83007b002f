import Loop
import Messaging
import MessagingTesting
import Testing

/// Components with one planted bug each. The contract is worth something only if it notices every one of them.
enum PlantedBug: String, CaseIterable, Sendable {
    case answersWithoutStoring
    case acknowledgesWhatWasReleased
    case acknowledgesWhatWasInFlightAtTheEnd
    case deliversTwice
    case ignoresCredit
    case takesPublishesAfterTheClose
    case losesTheMetadata
    case forgetsAnAnswer
    case losesEventsAtReconnect
}

/// A `FaultyPubSub` with a bug around it.
final class BuggyPubSub: PubSub {
    private let inner: FaultyPubSub
    private let bug: PlantedBug
    private var count = 0

    init(_ inner: FaultyPubSub, _ bug: PlantedBug) {
        self.inner = inner
        self.bug = bug
    }

    func connect() async throws(ComponentError) {
        inner.connectFaults = inner.connectFaults.filter { _ in bug != .takesPublishesAfterTheClose }
        if bug == .takesPublishesAfterTheClose { return try await reopened.connect() }
        try await inner.connect()
    }

    private lazy var reopened = FaultyPubSub(inner.broker, scheduler: EventLoop.current, group: inner.group)

    func publish(_ batch: [PublishEntry]) {
        var batch = batch
        count += 1
        switch bug {
        case .answersWithoutStoring where count % 2 == 0:
            inner.publishFaults = Array(repeating: .lie, count: batch.count)
        case .losesTheMetadata: for index in batch.indices { batch[index].metadata = Metadata() }
        case .forgetsAnAnswer where batch.count > 2: batch.removeLast()
        case .takesPublishesAfterTheClose: return reopened.publish(batch)
        default: break
        }
        inner.publish(batch)
    }

    func subscribe(
        _ request: SubscriptionRequest, into inlet: any Inlet
    ) async throws(ComponentError) -> any TopicSource {
        if bug == .deliversTwice { inner.repeats = 1 }
        if bug == .takesPublishesAfterTheClose { return try await reopened.subscribe(request, into: inlet) }
        let inlet: any Inlet = bug == .ignoresCredit ? GreedyInlet(inlet) : inlet
        return BuggySource(try await inner.subscribe(request, into: inlet), bug, inner)
    }

    func close() async {
        if bug == .acknowledgesWhatWasInFlightAtTheEnd { inner.broker.acknowledgeAll(group: inner.group) }
        await inner.close()
    }
}

private final class GreedyInlet: Inlet {
    private let inner: any Inlet
    init(_ inner: any Inlet) { self.inner = inner }
    var credit: Credit { Credit(events: 10, bytes: 1 << 20) }
    func take(_ messages: [ReceivedMessage]) { inner.take(messages) }
}

private final class BuggySource: TopicSource {
    private let inner: any TopicSource
    private let bug: PlantedBug
    private let pubSub: FaultyPubSub

    init(_ inner: any TopicSource, _ bug: PlantedBug, _ pubSub: FaultyPubSub) {
        self.inner = inner
        self.bug = bug
        self.pubSub = pubSub
    }

    func settle(_ batch: borrowing SettledBatch) {
        guard bug == .acknowledgesWhatWasReleased else { return inner.settle(batch) }
        var changed = SettledBatch()
        for position in batch.acknowledged { changed.acknowledge(Receipt(position)) }
        for (position, _) in batch.released { changed.acknowledge(Receipt(position)) }
        inner.settle(changed)
    }

    func creditReturned() { inner.creditReturned() }
    func pause() { inner.pause() }
    func resume() { inner.resume() }

    func cancel() async {
        if bug == .losesEventsAtReconnect { pubSub.broker.acknowledgeAll(group: pubSub.group) }
        await inner.cancel()
    }
}

struct MutationTests {
    @Test(.timeLimit(.minutes(2)), arguments: PlantedBug.allCases)
    func `the contract notices a component with a bug`(_ bug: PlantedBug) async {
        let shard = Shard(name: "mutation")
        let violations = await shard.run {
            var violations: [String] = []
            for rule in PubSubContract.rules where !rule.needsBroker && !rule.needsLink && !rule.takesLong {
                let harness = FaultyHarness { BuggyPubSub($0, bug) }
                do { _ = try await rule.check(harness) } catch { violations.append("\(rule): \(error)") }
                if !violations.isEmpty { break }
            }
            return violations
        }
        shard.stop()
        shard.join()
        #expect(!violations.isEmpty)
    }
}
