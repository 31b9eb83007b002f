internal import KafkaClient
internal import Loop
internal import Messaging

/// One component of Kafka: a producer, and a consumer when something is subscribed to. Confined to its home shard.
///
/// librdkafka connects again by itself; the runtime is told when no broker is left, and `connect()` then only asks whether one answers.
final class KafkaPubSub: PubSub {
    /// How long a subscription waits for its topic to be made.
    static let topicLimit: Duration = .seconds(2)
    /// How long a subscription then waits for its partitions, before it goes on without: brokers let an empty group wait 3 s for more members.
    static let assignmentLimit: Duration = .seconds(5)
    /// How long `close()` may take.
    static let closeLimit: Duration = .seconds(4)
    /// Lines for the user within a minute.
    static let warningsMaximum = 6

    let settings: KafkaSettings
    let loop: EventLoop
    private let context: ComponentContext
    private var host: (any PubSubHost)?
    private var producer: KafkaProducer?
    private var group: KafkaGroup?
    private var tokens: KafkaTokenSource?
    private var token: KafkaToken?
    private var isFetchingToken = false
    private var isConnected = false
    private var isClosed = false
    private var publishes = KafkaPublishTable()
    private var refused: [(PublishEntry, ComponentError)] = []
    private var warnings = 0
    private var warningsSince: Instant?
    private var hasToldIneffective = false

    init(_ settings: KafkaSettings, _ context: ComponentContext, _ host: any PubSubHost) {
        self.settings = settings
        self.context = context
        self.host = host
        loop = EventLoop.current
    }

    // MARK: Connecting

    func connect() async throws(ComponentError) {
        guard !isClosed else { throw error(.closed, "connecting", "component is closed") }
        guard !isConnected else { return }
        tellIneffective()
        try await fetchToken()
        let action = "connecting to \(settings.brokers)"
        do throws(KafkaFailure) {
            if producer == nil {
                producer = try KafkaProducer(settings.producer, on: loop, owner: self)
                if let token { try producer?.set(token: token) }
            }
            _ = try await producer?.partitions(of: nil, within: settings.connectLimit)
        } catch {
            throw complete(KafkaErrors.error(explained(error), action: action))
        }
        guard !isClosed else { throw error(.closed, "connecting", "component is closed") }
        isConnected = true
        guard let group else { return }
        for source in group.sources where !source.isTopicThere { try? await findTopic(source) }
        group.subscribeSoon()
    }

    /// "No broker answers" says nothing; the last trouble with one says why.
    private func explained(_ failure: KafkaFailure) -> KafkaFailure {
        guard failure.kind == .unavailable || failure.kind == .timeout, let trouble = producer?.latestTrouble else {
            return failure
        }
        return trouble
    }

    // MARK: Tokens

    private func fetchToken() async throws(ComponentError) {
        guard let settings = settings.tokens else { return }
        let source = tokens ?? KafkaTokenSource(settings, on: loop)
        tokens = source
        do throws(ComponentError) {
            token = try await source.token()
        } catch { throw complete(error) }
    }

    /// The library asks, shortly before its token ends: both sides of the component get the new one.
    func tokenWanted() {
        guard settings.tokens != nil, !isFetchingToken, !isClosed else { return }
        isFetchingToken = true
        _ = loop.launch { [weak self] in await self?.renewToken() }
    }

    private func renewToken() async {
        defer { isFetchingToken = false }
        do throws(ComponentError) {
            try await fetchToken()
            try handOutToken()
        } catch {
            guard !isClosed else { return }
            producer?.noToken(error.reason)
            group?.consumer?.noToken(error.reason)
            warn("\(error.action): \(error.reason); trying again")
        }
    }

    private func handOutToken() throws(ComponentError) {
        guard let token else { return }
        do throws(KafkaFailure) {
            try producer?.set(token: token)
            try group?.consumer?.set(token: token)
        } catch { throw KafkaErrors.error(error, action: "using a token") }
    }

    private func tellIneffective() {
        guard !hasToldIneffective else { return }
        hasToldIneffective = true
        if settings.isCooperative {
            warn(
                "consumerGroupRebalanceStrategy sticky: with librdkafka 2.0, events of the last seconds can come twice, also side by side, when members come and go; range and roundrobin repeat none"
            )
        }
        guard !settings.ineffective.isEmpty else { return }
        warn("these settings have no effect (brokers/kafka/README.md): \(settings.ineffective.joined(separator: ", "))")
    }

    private func lost(_ failure: KafkaFailure) {
        guard isConnected else { return }
        isConnected = false
        host?.connectionLost(complete(KafkaErrors.error(failure, action: "talking to \(settings.brokers)")))
    }

    // MARK: Publishing

    func publish(_ batch: [PublishEntry]) {
        guard isConnected, let producer, !isClosed else {
            let reason = isClosed ? "component is closed" : "not connected to \(settings.brokers)"
            for entry in batch { refuse(entry, error(isClosed ? .closed : .unavailable, action(entry), reason)) }
            return
        }
        for entry in batch {
            guard !producer.isFull else {
                refuse(entry, error(.full, action(entry), "too much waits for Kafka to take it; publish again later"))
                continue
            }
            let token = publishes.add(entry)
            do throws(ComponentError) {
                producer.send(try KafkaMapping.record(of: entry, token: token, excluded: settings.excludedHeaders))
            } catch {
                _ = publishes.take(token)
                refuse(entry, complete(error))
            }
        }
        producer.flush()
    }

    private func action(_ entry: PublishEntry) -> String { "publishing to topic \(entry.topic)" }

    /// Ends an entry that is not sent, at the turn's end.
    private func refuse(_ entry: PublishEntry, _ error: ComponentError) {
        if refused.isEmpty { loop.atTurnEnd(self) }
        refused.append((entry, error))
    }

    private func error(_ code: ComponentError.Code, _ action: String, _ reason: String) -> ComponentError {
        ComponentError(code, component: context.title, action: action, reason: reason)
    }

    private func complete(_ error: ComponentError) -> ComponentError {
        var error = error
        error.component = context.title
        return error
    }

    // MARK: Subscribing

    func subscribe(
        _ request: SubscriptionRequest, into inlet: any Inlet
    ) async throws(ComponentError) -> any TopicSource {
        let action = "subscribing to topic \(request.topic)"
        guard !isClosed else { throw error(.closed, action, "component is closed") }
        guard !request.topic.isEmpty else { throw error(.settings, action, "the topic is empty") }
        do throws(ComponentError) {
            try KafkaMapping.checkSchema(request.metadata, action: action)
        } catch { throw complete(error) }
        let group =
            group
            ?? KafkaGroup(
                settings, on: loop, warn: { [weak self] line in self?.warn(line) },
                tokenWanted: { [weak self] in self?.tokenWanted() })
        self.group = group
        do throws(KafkaFailure) {
            try group.prepare()
            if let token { try group.consumer?.set(token: token) }
        } catch { throw complete(KafkaErrors.error(error, action: action)) }
        let source = KafkaSource(request.topic, inlet, group)
        group.add(source)
        // Without a connection the next `connect()` goes on.
        guard isConnected else { return source }
        do throws(KafkaFailure) {
            try await findTopic(source)
        } catch {
            group.remove(source)
            throw complete(KafkaErrors.error(error, action: action))
        }
        group.subscribeSoon()
        // From here on nothing that is published is missed, also by a group that starts at the newest event.
        await group.waitForAssignment(of: source.topic, within: Self.assignmentLimit)
        return source
    }

    /// Asks for a topic, which makes it where brokers allow that. A consumer would find a missing one only later.
    private func findTopic(_ source: KafkaSource) async throws(KafkaFailure) {
        let deadline = loop.now + Self.topicLimit
        repeat {
            guard let producer, isConnected else { return }
            do throws(KafkaFailure) {
                let count = try await producer.partitions(of: source.topic, within: .seconds(1))
                if count > 0 { break }
            } catch {
                if error.kind == .refused { throw error }
            }
            try? await loop.sleep(for: .milliseconds(50))
        } while loop.now < deadline && !Task.isCancelled
        // Where it is still missing, the consumer looks for it every few seconds.
        source.isTopicThere = true
    }

    // MARK: Closing

    func close() async {
        guard !isClosed else { return }
        isClosed = true
        isConnected = false
        let producer = producer
        let group = group
        let leaving = group.map { group in loop.launch { await group.close(within: Self.closeLimit) } }
        await producer?.finish(within: .seconds(3))
        await leaving?.value
        self.producer = nil
        self.group = nil
        tokens?.close()
        endAll("the component was closed before Kafka answered")
        host = nil
    }

    /// Ends what has no report: it may be stored.
    private func endAll(_ reason: String) {
        for publish in publishes.takeAll() {
            let error = ComponentError(
                .unavailable, component: context.title, action: "publishing to topic \(publish.topic)", reason: reason,
                outcome: .unknown)
            publish.completion.published(.failed(error), token: publish.token)
        }
    }

    /// One line for the user, a few times a minute at most.
    private func warn(_ line: String) {
        if warningsSince.map({ loop.now.elapsed(since: $0) >= .seconds(60) }) ?? true {
            warningsSince = loop.now
            warnings = 0
        }
        warnings += 1
        if warnings <= Self.warningsMaximum { host?.warn(line) }
    }
}

extension KafkaPubSub: KafkaProducerOwner {
    func reported(_ token: UInt32, _ report: KafkaReport) {
        guard let publish = publishes.take(token) else { return }
        var outcome = KafkaErrors.outcome(report, topic: publish.topic)
        if case .failed(let error) = outcome { outcome = .failed(complete(error)) }
        publish.completion.published(outcome, token: publish.token)
    }

    func producerFailed(_ failure: KafkaFailure) {
        if failure.kind == .fatal {
            producer?.close()
            producer = nil
            endAll("the producer had to be made anew: \(failure.reason)")
        }
        lost(failure)
    }
}

extension KafkaPubSub: TurnParticipant {
    /// Tells the publishers whose entries were not sent.
    func turnEnded() {
        let ended = refused
        refused = []
        for (entry, error) in ended { entry.completion.published(.failed(error), token: entry.token) }
    }
}
