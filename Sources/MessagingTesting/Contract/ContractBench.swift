public import Messaging

/// One rule at work on one kind: it makes instances, publishes, subscribes, waits, and puts everything away.
public final class ContractBench: PublishCompletion {
    /// The kind's own part.
    public let harness: any PubSubHarness
    private var components: [ContractComponent] = []
    private var subscribers: [ContractSubscriber] = []
    private var outcomes: [UInt64: PublishOutcome] = [:]
    private var lastToken: UInt64 = 0
    private var answeredTwice = 0
    /// Topics get this in front, so that rules do not meet on a broker that they share.
    public let prefix: String

    /// How long a rule waits for what must come.
    public static let patience: Duration = .seconds(15)
    /// How long a rule watches for what must not come.
    public static let quiet: Duration = .milliseconds(250)

    /// Sets up a bench. The prefix is put in front of topics.
    public init(_ harness: any PubSubHarness, prefix: String) {
        self.harness = harness
        self.prefix = prefix
    }

    // MARK: Making

    /// An instance that is not connected.
    public func make(consumer: String = "consumer", instance: String = "one") throws -> ContractComponent {
        let component = try ContractComponent(harness, consumer: prefix + consumer, instance: instance)
        components.append(component)
        return component
    }

    /// An instance that is connected.
    public func connected(consumer: String = "consumer", instance: String = "one") async throws -> ContractComponent {
        let component = try make(consumer: consumer, instance: instance)
        try await component.pubSub.connect()
        return component
    }

    /// Closes an instance with everything that belongs to it; what its subscribers hold stays unsettled.
    public func close(_ component: ContractComponent) async {
        await component.pubSub.close()
        components.removeAll { $0 === component }
    }

    /// Subscribes to a topic; messages are acknowledged unless the verdict says otherwise.
    public func subscribe(
        _ component: ContractComponent, _ topic: String, limit: Credit = Credit(events: 1_000, bytes: 64 << 20),
        verdict: @escaping (Message) -> ContractSubscriber.Verdict = { _ in .acknowledge }
    ) async throws -> ContractSubscriber {
        let subscriber = ContractSubscriber(harness.scheduler, limit: limit, verdict: verdict)
        subscriber.attach(
            try await component.pubSub.subscribe(SubscriptionRequest(topic: prefix + topic), into: subscriber))
        subscribers.append(subscriber)
        return subscriber
    }

    /// Ends a subscription for good.
    public func cancel(_ subscriber: ContractSubscriber) async { await subscriber.source?.cancel() }

    // MARK: Publishing

    /// Publishes texts in one batch and waits for the answers, in their order.
    @discardableResult
    public func publish(
        _ component: ContractComponent, _ topic: String, _ bodies: [String]
    ) async throws -> [PublishOutcome] {
        try await publish(component, bodies.map { (topic, Array($0.utf8), Metadata(), []) })
    }

    /// Publishes events in one batch and waits for the answers, in their order.
    @discardableResult
    public func publish(
        _ component: ContractComponent, _ events: [(topic: String, body: [UInt8], metadata: Metadata, key: [UInt8])]
    ) async throws -> [PublishOutcome] {
        let tokens = start(component, events)
        try await wait("an answer to each of \(events.count) publishes") { tokens.allSatisfy { outcomes[$0] != nil } }
        try check(answeredTwice == 0, "\(answeredTwice) publishes were answered more than once")
        return tokens.compactMap { outcomes[$0] }
    }

    /// Publishes events without waiting; the tokens lead to the answers.
    public func start(
        _ component: ContractComponent, _ events: [(topic: String, body: [UInt8], metadata: Metadata, key: [UInt8])]
    ) -> [UInt64] {
        let first = lastToken + 1
        lastToken += UInt64(events.count)
        let entries = events.enumerated().map { index, event in
            PublishEntry(
                topic: prefix + event.topic, body: event.body, metadata: event.metadata, key: event.key,
                completion: self, token: first + UInt64(index))
        }
        component.pubSub.publish(entries)
        return Array(first..<first + UInt64(events.count))
    }

    /// How a publish ended, `nil` while it has not.
    public func outcome(_ token: UInt64) -> PublishOutcome? { outcomes[token] }

    /// Notes an answer.
    public func published(_ outcome: PublishOutcome, token: UInt64) {
        if outcomes[token] != nil { answeredTwice += 1 }
        outcomes[token] = outcome
    }

    /// Publishes texts that must all be stored.
    public func store(_ component: ContractComponent, _ topic: String, _ bodies: [String]) async throws {
        for outcome in try await publish(component, topic, bodies) {
            if case .failed(let error) = outcome { throw ContractViolation("a publish failed: \(error)") }
        }
    }

    // MARK: Looking

    /// Waits until something is so.
    public func wait(
        _ what: @autoclosure () -> String, within patience: Duration = ContractBench.patience, until isSo: () -> Bool
    ) async throws {
        let end = harness.scheduler.now + patience
        while !isSo() {
            guard harness.scheduler.now < end else { throw ContractViolation("expected \(what()), it did not come") }
            await harness.sleep(for: .milliseconds(2))
            await reconnect()
        }
    }

    /// Waits as long as something that must not happen would take.
    public func watch() async { await pass(Self.quiet) }

    /// Lets time pass; what is lost meanwhile is connected again.
    public func pass(_ duration: Duration) async {
        let end = harness.scheduler.now + duration
        while harness.scheduler.now < end {
            await harness.sleep(for: .milliseconds(10))
            await reconnect()
        }
    }

    /// Throws where something is not so.
    public func check(_ isSo: Bool, _ otherwise: @autoclosure () -> String) throws {
        if !isSo { throw ContractViolation(otherwise()) }
    }

    /// Throws where a fault left no evidence: then the rule has shown nothing.
    public func evidence(_ otherwise: String, _ isThere: () async -> Bool) async throws {
        guard await isThere() else { throw ContractViolation("the check is invalid: \(otherwise)") }
    }

    /// Connects again what was lost, as the runtime does.
    private func reconnect() async {
        for component in components where component.isLost {
            component.isLost = false
            do throws(ComponentError) {
                try await component.pubSub.connect()
            } catch {
                component.isLost = true
                await harness.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Puts everything away.
    public func dispose() async {
        for component in components { await component.pubSub.close() }
        for subscriber in subscribers { subscriber.forget() }
        components = []
        subscribers = []
    }
}
