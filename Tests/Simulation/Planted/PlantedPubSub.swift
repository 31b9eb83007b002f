import Messaging

/// Settlements, messages and publishes that go wrong between the engine and the broker.
final class PlantedPubSub: PubSub {
    private let bug: PlantedBug
    private let pubSub: SimulatedPubSub
    private let world: World

    init(_ bug: PlantedBug, _ pubSub: SimulatedPubSub, _ world: World) {
        self.bug = bug
        self.pubSub = pubSub
        self.world = world
    }

    func connect() async throws(ComponentError) { try await pubSub.connect() }

    func publish(_ batch: [PublishEntry]) {
        guard bug == .takesRefusedDeadLetterForStored else { return pubSub.publish(batch) }
        pubSub.publish(
            batch.map { entry in
                guard entry.metadata["delivery"] != nil else { return entry }
                var entry = entry
                entry.completion = Optimist(entry.completion)
                return entry
            })
    }

    func subscribe(
        _ request: SubscriptionRequest, into inlet: any Inlet
    ) async throws(ComponentError) -> any TopicSource {
        let planted = PlantedSource(bug, inlet, world)
        let source = try await pubSub.subscribe(request, into: planted)
        planted.source = source
        return planted
    }

    func close() async { await pubSub.close() }
}

/// Hears only the good news.
private final class Optimist: PublishCompletion {
    private let completion: any PublishCompletion

    init(_ completion: any PublishCompletion) { self.completion = completion }

    func published(_ outcome: PublishOutcome, token: UInt64) { completion.published(.stored, token: token) }
}

/// What is between one subscription and its source.
final class PlantedSource: TopicSource, Inlet {
    private let bug: PlantedBug
    private let inlet: any Inlet
    private let world: World
    var source: (any TopicSource)?
    private var early: [Position] = []
    private var isEarly: Set<Position> = []
    private var count = 0

    init(_ bug: PlantedBug, _ inlet: any Inlet, _ world: World) {
        self.bug = bug
        self.inlet = inlet
        self.world = world
    }

    // MARK: The inlet

    var credit: Credit { inlet.credit }

    func take(_ messages: [ReceivedMessage]) {
        switch bug {
        case .acknowledgesBeforeSuccess:
            inlet.take(
                messages.map { received in
                    let position = PlantedSource.position(of: received)
                    early.append(position)
                    isEarly.insert(position)
                    return ReceivedMessage(received.message, Receipt(position))
                })
            world.clock.atTurnEnd(self)
        case .forgetsKeys:
            inlet.take(
                messages.map { received in
                    var message = received.message
                    // Another one for each message, as long as the real one.
                    count += 1
                    message.key = message.key.isEmpty ? [] : Array(String(10_000 + count % 90_000).utf8)
                    return ReceivedMessage(message, Receipt(PlantedSource.position(of: received)))
                })
        default: inlet.take(messages)
        }
    }

    private static func position(of received: ReceivedMessage) -> Position {
        var batch = SettledBatch()
        received.acknowledge(in: &batch)
        return batch.acknowledged[0]
    }

    // MARK: The source

    func settle(_ batch: borrowing SettledBatch) {
        var changed = SettledBatch()
        for position in batch.acknowledged where !isEarly.contains(position) { changed.acknowledge(Receipt(position)) }
        for (position, attempts) in batch.released where !isEarly.contains(position) {
            switch bug {
            case .forgetsRelease: break
            case .acknowledgesWhatFailed: changed.acknowledge(Receipt(position))
            default: changed.release(Receipt(position), attempts: attempts)
            }
        }
        source?.settle(changed)
        if bug == .settlesTwice { source?.settle(changed) }
    }

    func creditReturned() {
        if bug != .forgetsCredit { source?.creditReturned() }
    }

    func pause() { source?.pause() }

    func resume() {
        if bug != .forgetsToGoOn { source?.resume() }
    }

    func cancel() async { await source?.cancel() }
}

extension PlantedSource: TurnParticipant {
    func turnEnded() {
        var batch = SettledBatch()
        for position in early { batch.acknowledge(Receipt(position)) }
        early = []
        source?.settle(batch)
    }
}
