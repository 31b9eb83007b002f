import Bytes
import Delivery
import Events
import Messaging
import MessagingTesting
import Testing

/// One subscription under policies, with everything around it under the test's hand.
final class PolicyStage {
    let clock = ManualScheduler()
    let app = ScriptedApp()
    let source = ScriptedBroker()
    let observer = SilentObserver()
    let broker: Broker
    let subscription: Subscription
    var changes: [String] = []

    init(
        inbound: (PolicyStage.Making) -> CallPolicy? = { _ in nil }, rules: DeliveryRules? = nil,
        capabilities: Set<Capability> = [.durable], deadLetter: String = "", bulk: BulkSettings? = nil
    ) async throws {
        let random = RandomPool()
        broker = Broker(
            name: "bus", type: "pubsub.test", version: "v1", capabilities: capabilities,
            permissions: .init(mayPublish: { _ in true }, maySubscribe: { _ in true }), topicPrefix: "",
            adapter: source, scheduler: clock)
        broker.apply(inbound: inbound(Making(clock: clock)), outbound: nil)
        subscription = Subscription(
            plan: SubscriptionPlan(
                topic: "t", routes: RouteTable([.init(rule: nil, path: "/events")]), deadLetterTopic: deadLetter,
                bulk: bulk, rules: rules),
            broker: broker, destination: app, scheduler: clock, observer: observer,
            tracer: Tracer(mode: .passThrough, random: random), writer: EnvelopeWriter(random: random))
        try await subscription.start()
    }

    /// What a test makes breakers with.
    struct Making {
        let clock: ManualScheduler

        func breaker(over failures: Int, timeout: Duration = .seconds(1)) -> SharedBreaker {
            SharedBreaker(
                name: "c-bus", settings: .init(timeout: timeout), scheduler: clock,
                trips: { $0.consecutiveFailures > failures }, report: { _, _, _ in })
        }
    }

    func deliver(_ positions: ClosedRange<UInt64>, key: String = "", earlier: Int = 0) {
        source.inlet?.take(
            positions.map { position in
                let message = Message(
                    topic: "t", body: Array(#"{"id":"e"}"#.utf8), key: Array(key.utf8), earlierAttempts: earlier)
                return ReceivedMessage(message, Receipt(Position(low: position)))
            })
        clock.runTurn()
    }

    func answer(_ status: Int, _ body: String = "") {
        app.answer(status, body)
        clock.runTurn()
    }

    func endDeadLetter() {
        source.end(.stored)
        clock.runTurn()
    }

    /// Fails the event as often as it comes within waits that are far too long.
    func attempts(failingWith status: Int, upTo most: Int) -> Int {
        var count = 0
        while !app.calls.isEmpty, count < most {
            count += 1
            answer(status)
            clock.advance(by: .milliseconds(100))
        }
        return count
    }

    static func constant(_ retries: Int?, _ matching: CodeMatching = CodeMatching()) -> CallPolicy {
        CallPolicy(retry: RetryPolicy(.constant(.milliseconds(50)), retries: retries, matching: matching))
    }
}

@Suite struct SubscriptionPolicyTests {
    @Test(arguments: [Set<Capability>([.durable]), [.serial]])
    func `an event is tried as often as its policy says and goes to the dead letter topic then, on every broker`(
        capabilities: Set<Capability>
    ) async throws {
        let stage = try await PolicyStage(
            inbound: { _ in PolicyStage.constant(2) }, capabilities: capabilities, deadLetter: "dead")
        stage.deliver(1...1)
        #expect(stage.attempts(failingWith: 500, upTo: 10) == 3)
        #expect(stage.source.published.map(\.topic) == ["dead"])
        #expect(stage.source.acknowledged.isEmpty && stage.source.released.isEmpty)
        stage.endDeadLetter()
        #expect(stage.source.acknowledged == [1])
    }

    @Test func `without a dead letter topic a durable broker's event stays, and another run follows`() async throws {
        let stage = try await PolicyStage(inbound: { _ in PolicyStage.constant(1) })
        stage.deliver(1...1)
        #expect(stage.attempts(failingWith: 500, upTo: 10) == 2)
        #expect(stage.source.acknowledged.isEmpty && stage.source.released.isEmpty)
        stage.clock.advance(by: .seconds(1))
        #expect(stage.attempts(failingWith: 500, upTo: 10) == 2)
        stage.clock.advance(by: .seconds(3))
        stage.answer(200)
        #expect(stage.source.acknowledged == [1])
    }

    @Test func `in memory the event is held while it is tried, and lost when the policy gives up`() async throws {
        let stage = try await PolicyStage(inbound: { _ in PolicyStage.constant(2) }, capabilities: [.serial])
        stage.deliver(1...1)
        stage.answer(500)
        #expect(stage.source.released.isEmpty)
        stage.clock.advance(by: .milliseconds(60))
        #expect(stage.attempts(failingWith: 500, upTo: 10) == 2)
        #expect(stage.source.released == [1])
        #expect(stage.observer.lost == 1)
    }

    @Test func `a code that the policy does not match is given up at once`() async throws {
        let stage = try await PolicyStage(
            inbound: { _ in PolicyStage.constant(5, CodeMatching(http: [503...503])) }, deadLetter: "dead")
        stage.deliver(1...1)
        #expect(stage.attempts(failingWith: 500, upTo: 10) == 1)
        #expect(stage.source.published.count == 1)
        stage.endDeadLetter()
    }

    @Test func `a retry without end never reaches the dead letter topic`() async throws {
        let stage = try await PolicyStage(inbound: { _ in PolicyStage.constant(nil) }, deadLetter: "dead")
        stage.deliver(1...1)
        #expect(stage.attempts(failingWith: 500, upTo: 50) == 50)
        #expect(stage.source.published.isEmpty)
        stage.answer(200)
        #expect(stage.source.acknowledged == [1])
    }

    @Test(arguments: [(404, ""), (200, #"{"status":"DROP"}"#)])
    func `an answer that drops is not tried again`(status: Int, body: String) async throws {
        let stage = try await PolicyStage(inbound: { _ in PolicyStage.constant(5) })
        stage.deliver(1...1)
        stage.answer(status, body)
        #expect(stage.source.acknowledged == [1])
    }

    @Test func `an open breaker sends events to the dead letter topic without asking the app`() async throws {
        let stage = try await PolicyStage(
            inbound: { CallPolicy(retry: RetryPolicy(.constant(.milliseconds(10))), breaker: $0.breaker(over: 1)) },
            deadLetter: "dead")
        stage.deliver(1...1)
        stage.answer(500)
        stage.clock.advance(by: .milliseconds(20))
        stage.answer(500)
        stage.clock.advance(by: .milliseconds(20))
        #expect(stage.app.calls.isEmpty)
        #expect(stage.source.published.count == 1)
        stage.endDeadLetter()
        stage.deliver(2...2)
        #expect(stage.app.calls.isEmpty)
        stage.endDeadLetter()
        #expect(stage.source.acknowledged == [1, 2])
    }

    @Test func `without a dead letter topic events wait until an open breaker lets one through`() async throws {
        let stage = try await PolicyStage(inbound: { CallPolicy(breaker: $0.breaker(over: 0, timeout: .seconds(10))) })
        stage.deliver(1...3)
        for _ in 0..<3 { stage.app.answer(500) }
        stage.clock.runTurn()
        stage.clock.advance(by: .seconds(9))
        #expect(stage.app.calls.isEmpty)
        stage.clock.advance(by: .seconds(2))
        #expect(stage.app.calls.count == 1)
        stage.answer(200)
        stage.clock.advance(by: .seconds(5))
        #expect(stage.app.calls.count == 2)
        for _ in 0..<2 { stage.answer(200) }
        #expect(Set(stage.source.acknowledged) == [1, 2, 3])
    }

    @Test func `a trial call of a subscription that ends does not keep the breaker half-open for ever`() async throws {
        var kept: SharedBreaker?
        let stage = try await PolicyStage(inbound: {
            kept = $0.breaker(over: 0)
            return CallPolicy(breaker: kept)
        })
        let breaker = try #require(kept)
        stage.deliver(1...1)
        stage.answer(500)
        stage.clock.advance(by: .seconds(3))
        #expect(stage.app.calls.count == 1)
        #expect(breaker.admit() == .busy)
        await stage.subscription.stop()
        guard case .admitted = breaker.admit() else {
            Issue.record("nothing is let through")
            return
        }
    }

    @Test func `a policy that is replaced holds from the next attempt on`() async throws {
        let stage = try await PolicyStage(inbound: { _ in PolicyStage.constant(nil) }, deadLetter: "dead")
        stage.deliver(1...1)
        #expect(stage.attempts(failingWith: 500, upTo: 7) == 7)
        stage.broker.apply(inbound: PolicyStage.constant(3), outbound: nil)
        stage.subscription.applyPolicy()
        stage.answer(500)
        #expect(stage.source.published.count == 1)
        stage.endDeadLetter()
        stage.broker.apply(inbound: nil, outbound: nil)
        stage.subscription.applyPolicy()
        stage.deliver(2...2)
        stage.answer(500)
        #expect(stage.source.published.count == 1)
        stage.endDeadLetter()
    }

    @Test func `an end gives back what waits for an attempt of its policy`() async throws {
        let stage = try await PolicyStage(inbound: { _ in PolicyStage.constant(5) }, deadLetter: "dead")
        stage.deliver(1...2)
        stage.answer(500)
        await stage.subscription.stop()
        #expect(Set(stage.source.released) == [1, 2])
        #expect(stage.source.published.isEmpty)
        stage.answer(500)
        stage.clock.advance(by: .seconds(10))
        #expect(stage.app.calls.isEmpty)
    }

    @Test func `in memory an end loses what waits for an attempt, and says so`() async throws {
        let stage = try await PolicyStage(inbound: { _ in PolicyStage.constant(nil) }, capabilities: [.serial])
        stage.deliver(1...1)
        stage.answer(500)
        await stage.subscription.stop()
        #expect(stage.observer.lost == 1 && stage.subscription.counts.lost == 1)
    }

    // MARK: The subscription's own rules

    static func own(attempts: Int) -> DeliveryRules {
        let schedule = RetrySchedule(first: .milliseconds(20), growthPercent: 200, cap: .milliseconds(80))
        return DeliveryRules(
            retry: RetryPolicy(
                .growing(schedule, jitter: 0), retries: attempts - 1, countsEarlierAttempts: true))
    }

    @Test func `its own attempts go before the component's policy`() async throws {
        let stage = try await PolicyStage(
            inbound: { _ in PolicyStage.constant(9) }, rules: SubscriptionPolicyTests.own(attempts: 4),
            deadLetter: "dead")
        stage.deliver(1...1)
        #expect(stage.attempts(failingWith: 500, upTo: 20) == 4)
        stage.endDeadLetter()
    }

    @Test func `its own attempts count those before a restart`() async throws {
        let stage = try await PolicyStage(rules: SubscriptionPolicyTests.own(attempts: 4), deadLetter: "dead")
        stage.deliver(1...1, earlier: 3)
        #expect(stage.attempts(failingWith: 500, upTo: 20) == 1)
        stage.endDeadLetter()
    }

    @Test func `a component's retries do not count those before a restart`() async throws {
        let stage = try await PolicyStage(inbound: { _ in PolicyStage.constant(2) }, deadLetter: "dead")
        stage.deliver(1...1, earlier: 30)
        #expect(stage.attempts(failingWith: 500, upTo: 20) == 3)
        stage.endDeadLetter()
    }

    @Test func `outcomes decide what an answer means`() async throws {
        let outcomes = OutcomeTable(
            statuses: [404: .retry, 409: .success, 410: .drop], classes: [4: .deadLetter], noAnswer: .deadLetter)
        let stage = try await PolicyStage(rules: DeliveryRules(outcomes: outcomes), deadLetter: "dead")
        stage.deliver(1...4)
        stage.answer(409)
        stage.answer(410)
        stage.answer(422)
        #expect(stage.source.acknowledged == [1, 2])
        #expect(stage.source.published.count == 1)
        stage.endDeadLetter()
        #expect(stage.source.acknowledged == [1, 2, 3])
        #expect(stage.subscription.counts.dropped == [.configured: 2])
        stage.answer(404)
        #expect(stage.source.published.count == 1)
        stage.endDeadLetter()
    }

    @Test(arguments: [(Duration.seconds(30), 30), (.seconds(1_000_000), 3600)])
    func `an app that says when to come again is not called before, within a bound`(
        asked: Duration, seconds: Int
    ) async throws {
        let stage = try await PolicyStage(rules: DeliveryRules(honoursRetryAfter: true))
        stage.deliver(1...1)
        let call = stage.app.calls.removeFirst()
        call.completion.answered(.answered(status: 503, body: []), retryAfter: asked, token: call.token)
        stage.clock.advance(by: .seconds(seconds - 1))
        #expect(stage.app.calls.isEmpty)
        stage.clock.advance(by: .seconds(2))
        #expect(stage.app.calls.count == 1)
        stage.answer(200)
    }

    @Test func `who does not honour it goes by the schedule`() async throws {
        let stage = try await PolicyStage(rules: DeliveryRules(deadline: .seconds(1)))
        stage.deliver(1...1)
        let call = stage.app.calls.removeFirst()
        call.completion.answered(.answered(status: 503, body: []), retryAfter: .seconds(30), token: call.token)
        stage.clock.advance(by: .seconds(1))
        #expect(stage.app.calls.count == 1)
        stage.answer(200)
    }

    @Test func `a rate bounds how many calls begin in a time`() async throws {
        let stage = try await PolicyStage(rules: DeliveryRules(callsPerSecond: 4))
        stage.deliver(1...10)
        #expect(stage.app.calls.count == 4)
        stage.clock.advance(by: .milliseconds(249))
        #expect(stage.app.calls.count == 4)
        stage.clock.advance(by: .milliseconds(2))
        #expect(stage.app.calls.count == 5)
        stage.clock.advance(by: .milliseconds(1250))
        #expect(stage.app.calls.count == 10)
        for _ in 0..<10 { stage.answer(200) }
        #expect(stage.source.acknowledged.count == 10)
    }

    @Test(arguments: [
        (DeliveryRules.Order.key, "a", 1), (.key, "", 3), (.none, "a", 3), (.topic, "a", 1), (.topic, "", 1),
    ])
    func `order says which events wait for each other`(
        order: DeliveryRules.Order, key: String, together: Int
    ) async throws {
        let stage = try await PolicyStage(rules: DeliveryRules(order: order))
        stage.deliver(1...3, key: key)
        #expect(stage.app.calls.count == together)
        for _ in 0..<3 { stage.answer(200) }
        #expect(stage.source.acknowledged == [1, 2, 3])
    }

    @Test func `with order by topic a failed event holds the others back`() async throws {
        let stage = try await PolicyStage(rules: DeliveryRules(order: .topic))
        stage.deliver(1...2)
        stage.answer(500)
        #expect(stage.app.calls.isEmpty)
        stage.clock.advance(by: .seconds(1))
        stage.answer(200)
        stage.answer(200)
        #expect(stage.source.acknowledged == [1, 2])
    }
}

@Suite struct BulkPolicyTests {
    private static func stage(
        deadLetter: String = "dead", rules: DeliveryRules? = nil,
        inbound: (PolicyStage.Making) -> CallPolicy? = { _ in nil }
    ) async throws -> PolicyStage {
        try await PolicyStage(
            inbound: inbound, rules: rules, deadLetter: deadLetter,
            bulk: BulkSettings(maximumCount: 10, wait: .milliseconds(10)))
    }

    /// Answers the call with one status for each of its entries, in their order.
    private static func answer(_ stage: PolicyStage, _ statuses: [String]) throws {
        let bytes = try #require(stage.app.calls.first).call.body
        let body = try JSONValue.parseFirst(bytes.rawSpan)
        guard case .array(let entries)? = body["entries"] else { return }
        #expect(entries.count == statuses.count)
        let parts = zip(entries, statuses).map { #"{"entryId":"\#($0["entryId"]?.text ?? "")","status":"\#($1)"}"# }
        stage.answer(200, #"{"statuses":[\#(parts.joined(separator: ","))]}"#)
    }

    @Test func `only what failed is tried again, as often as the policy says`() async throws {
        let stage = try await Self.stage(inbound: { _ in PolicyStage.constant(1) })
        stage.deliver(1...3)
        stage.clock.advance(by: .milliseconds(11))
        try Self.answer(stage, ["SUCCESS", "RETRY", "RETRY"])
        #expect(stage.source.acknowledged == [1])
        stage.clock.advance(by: .milliseconds(60))
        // They failed together, so they come again together.
        #expect(stage.app.calls.count == 1)
        try Self.answer(stage, ["SUCCESS", "RETRY"])
        #expect(stage.source.acknowledged == [1, 2])
        #expect(stage.source.published.map(\.topic) == ["dead"])
        stage.endDeadLetter()
        #expect(stage.source.acknowledged == [1, 2, 3])
    }

    @Test func `a code is not matched in bulk delivery`() async throws {
        let stage = try await Self.stage(inbound: { _ in
            PolicyStage.constant(1, CodeMatching(http: [503...503]))
        })
        stage.deliver(1...1)
        stage.clock.advance(by: .milliseconds(11))
        stage.answer(500)
        stage.clock.advance(by: .milliseconds(60))
        #expect(stage.app.calls.count == 1)
        try Self.answer(stage, ["SUCCESS"])
    }

    @Test func `a breaker counts calls, not events`() async throws {
        let stage = try await Self.stage(inbound: { CallPolicy(breaker: $0.breaker(over: 1)) })
        for first in [UInt64(1), 4] {
            stage.deliver(first...first + 2)
            stage.clock.advance(by: .milliseconds(11))
            stage.answer(500)
            for _ in 0..<3 { stage.endDeadLetter() }
        }
        stage.deliver(7...9)
        stage.clock.advance(by: .milliseconds(11))
        #expect(stage.app.calls.isEmpty)
        #expect(stage.source.published.count == 3)
        for _ in 0..<3 { stage.endDeadLetter() }
        #expect(stage.source.acknowledged.count == 9)
    }

    @Test func `a table is about the answer as a whole`() async throws {
        let outcomes = OutcomeTable(statuses: [409: .success], classes: [5: .deadLetter])
        let stage = try await Self.stage(rules: DeliveryRules(outcomes: outcomes))
        stage.deliver(1...2)
        stage.clock.advance(by: .milliseconds(11))
        stage.answer(409)
        #expect(stage.source.acknowledged == [1, 2])
        stage.deliver(3...3)
        stage.clock.advance(by: .milliseconds(11))
        stage.answer(500)
        stage.endDeadLetter()
        #expect(stage.source.acknowledged == [1, 2, 3])
    }

    @Test func `an end withdraws the trial call of a breaker`() async throws {
        var kept: SharedBreaker?
        let stage = try await Self.stage(
            deadLetter: "",
            inbound: {
                kept = $0.breaker(over: 0)
                return CallPolicy(breaker: kept)
            })
        let breaker = try #require(kept)
        stage.deliver(1...1)
        stage.clock.advance(by: .milliseconds(11))
        stage.answer(500)
        stage.clock.advance(by: .seconds(3))
        #expect(breaker.admit() == .busy)
        await stage.subscription.stop()
        #expect(breaker.admit() != .busy)
    }
}
