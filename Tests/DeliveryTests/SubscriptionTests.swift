import Bytes
import Delivery
import Events
import Messaging
import MessagingTesting
import Rules
import Testing

/// The app, played by hand: calls are collected and answered when the test says so.
final class ScriptedApp: Destination {
    struct Call {
        let call: AppCall
        let completion: any AppCallCompletion
        let token: UInt64
    }

    var calls: [Call] = []

    func deliver(_ call: AppCall, deadline: Instant?, completion: any AppCallCompletion, token: UInt64) {
        calls.append(Call(call: call, completion: completion, token: token))
    }

    /// Ends the call that has waited longest without an answer.
    func fail(_ reason: String) {
        let call = calls.removeFirst()
        call.completion.answered(.failed(reason: reason), token: call.token)
    }

    /// Answers the call that has waited longest.
    func answer(_ status: Int, _ body: String = "") {
        let call = calls.removeFirst()
        call.completion.answered(.answered(status: status, body: Array(body.utf8)), token: call.token)
    }
}

/// A broker that remembers what it was told; publishes end when the test says so.
final class ScriptedBroker: PubSub, TopicSource {
    var published: [PublishEntry] = []
    var acknowledged: [UInt64] = []
    var released: [UInt64] = []
    var rejected: [UInt64] = []
    var deadLetterPlace: String?
    var settlements = 0
    var creditReturns = 0
    var isPaused = false
    var isCancelled = false
    var inlet: (any Inlet)?
    /// What happens before whoever subscribes knows its source.
    var onSubscribe: (() -> Void)?

    func connect() async throws(ComponentError) {}
    func publish(_ batch: [PublishEntry]) { published += batch }
    func subscribe(
        _ request: SubscriptionRequest, into inlet: any Inlet
    ) async throws(ComponentError) -> any TopicSource {
        self.inlet = inlet
        onSubscribe?()
        return self
    }
    func close() async {}
    func settle(_ batch: borrowing SettledBatch) {
        settlements += 1
        acknowledged += batch.acknowledged.map(\.low)
        released += batch.released.map(\.position.low)
        rejected += batch.rejected.map(\.low)
    }
    func creditReturned() { creditReturns += 1 }
    func pause() { isPaused = true }
    func resume() { isPaused = false }
    func cancel() async { isCancelled = true }

    /// Ends the publish that has waited longest.
    func end(_ outcome: PublishOutcome) {
        let entry = published.removeFirst()
        entry.completion.published(outcome, token: entry.token)
    }
}

final class SilentObserver: DeliveryObserver {
    var lost = 0
    func delivered(_ subscription: Subscription, arrived: Instant) {}
    func attemptFailed(
        _ subscription: Subscription, eventID: String, reason: String, failures: Int, retryIn: Duration?
    ) {}
    func dropped(_ subscription: Subscription, eventID: String, reason: DropReason) {}
    func deadLettered(_ subscription: Subscription, eventID: String, topic: String) {}
    func deadLetterFailed(_ subscription: Subscription, eventID: String, topic: String, error: ComponentError) {}
    func lost(_ subscription: Subscription, eventID: String, reason: String) { lost += 1 }
}

/// One subscription with everything around it under the test's hand.
final class Stage {
    let clock = ManualScheduler()
    let app = ScriptedApp()
    let source = ScriptedBroker()
    let observer = SilentObserver()
    let subscription: Subscription

    init(
        capabilities: Set<Capability> = [.durable], deadLetter: String = "",
        bounds: SubscriptionBounds = SubscriptionBounds(),
        routes: [RouteTable.Route] = [.init(rule: nil, path: "/events")], bulk: BulkSettings? = nil,
        isRaw: Bool = false, appLimit: Int? = nil, onSubscribe: ((Stage) -> Void)? = nil,
        deadLetterPlace: String? = nil
    ) async throws {
        source.deadLetterPlace = deadLetterPlace
        let random = RandomPool()
        let broker = Broker(
            name: "bus", type: "pubsub.test", version: "v1", capabilities: capabilities,
            permissions: .init(mayPublish: { _ in true }, maySubscribe: { _ in true }), topicPrefix: "",
            adapter: source, scheduler: clock)
        subscription = Subscription(
            plan: SubscriptionPlan(
                topic: "t", routes: RouteTable(routes), deadLetterTopic: deadLetter, isRaw: isRaw, bounds: bounds,
                bulk: bulk),
            broker: broker,
            destination: appLimit.map { [app, clock] in LimitedDestination(app, limit: $0, scheduler: clock) } ?? app,
            scheduler: clock, observer: observer,
            tracer: Tracer(mode: .passThrough, random: random), writer: EnvelopeWriter(random: random))
        source.onSubscribe = { [unowned self] in onSubscribe?(self) }
        try await subscription.start()
    }

    func deliver(_ positions: ClosedRange<UInt64>, body: String = #"{"id":"e","type":"x","traceparent":""}"#) {
        source.inlet?.take(
            positions.map { ReceivedMessage(Message(topic: "t", body: Array(body.utf8)), Receipt(Position(low: $0))) })
        clock.runTurn()
    }

    func answer(_ status: Int, _ body: String = "") {
        app.answer(status, body)
        clock.runTurn()
    }

    func endPublish(_ outcome: PublishOutcome) {
        source.end(outcome)
        clock.runTurn()
    }

    static let refused = PublishOutcome.failed(ComponentError(.unavailable, action: "publishing", reason: "no broker"))
}

@Suite struct SubscriptionTests {
    @Test func `what the app took in one turn is acknowledged in one settlement, and nothing before`() async throws {
        let stage = try await Stage()
        stage.deliver(1...3)
        #expect(stage.app.calls.count == 3)
        #expect(stage.source.acknowledged.isEmpty)
        for _ in 0..<3 { stage.app.answer(200) }
        stage.clock.runTurn()
        #expect(stage.source.acknowledged == [1, 2, 3])
        #expect(stage.source.settlements == 1)
        #expect(stage.subscription.counts.delivered == 3)
    }

    @Test func `what comes before the source is known is settled with it, and the source hears of its credit`()
        async throws
    {
        let stage = try await Stage(bounds: SubscriptionBounds(events: 2)) { stage in
            stage.deliver(1...2)
            #expect(!stage.subscription.credit.isOpen)
            for _ in 0..<2 { stage.answer(200) }
        }
        #expect(stage.source.acknowledged.isEmpty)
        stage.clock.runTurn()
        #expect(stage.source.acknowledged == [1, 2])
        #expect(stage.source.creditReturns == 1)
    }

    @Test func `a failed event comes again on its schedule without end, and the others go on`() async throws {
        let stage = try await Stage()
        stage.deliver(1...1)
        stage.answer(500)
        stage.deliver(2...2)
        stage.answer(200)
        #expect(stage.source.acknowledged == [2])
        for wait in [500, 750, 1125] {
            stage.clock.advance(by: .milliseconds(wait - 10))
            #expect(stage.app.calls.isEmpty)
            stage.clock.advance(by: .milliseconds(20))
            #expect(stage.app.calls.count == 1)
            stage.answer(503)
        }
        for _ in 0..<30 {
            stage.clock.advance(by: .seconds(61))
            stage.answer(500)
        }
        stage.clock.advance(by: .seconds(61))
        stage.answer(200)
        #expect(stage.source.acknowledged == [2, 1])
        #expect(stage.source.released.isEmpty)
        #expect(stage.subscription.counts.failedAttempts == 34)
    }

    @Test func `a failed event is left to a broker that has a place for such, a dropped one is not`() async throws {
        let stage = try await Stage(deadLetterPlace: "dlx-t")
        stage.deliver(1...2)
        stage.answer(500)
        stage.answer(200, #"{"status":"DROP"}"#)
        #expect(stage.source.rejected == [1])
        #expect(stage.source.acknowledged == [2])
        #expect(stage.source.released.isEmpty)
        #expect(stage.subscription.counts.deadLettered == 1)
        #expect(stage.subscription.inFlight == 0)
    }

    @Test(arguments: [
        (404, "", DropReason.notFound), (200, #"{"status":"DROP"}"#, .appDropped),
    ])
    func `an answer that drops acknowledges and is counted apart`(
        status: Int, body: String, reason: DropReason
    ) async throws {
        let stage = try await Stage()
        stage.deliver(1...1)
        stage.answer(status, body)
        #expect(stage.source.acknowledged == [1])
        #expect(stage.subscription.counts.dropped == [reason: 1])
        #expect(stage.subscription.counts.delivered == 0)
    }

    @Test(arguments: [(500, ""), (404, ""), (200, #"{"status":"DROP"}"#), (200, #"{"status":"RETRY"}"#)])
    func `with a dead letter topic every failure goes there, and is acknowledged only when that is confirmed`(
        status: Int, body: String
    ) async throws {
        let stage = try await Stage(deadLetter: "dead")
        stage.deliver(1...1)
        stage.answer(status, body)
        #expect(stage.source.published.map(\.topic) == ["dead"])
        #expect(stage.source.acknowledged.isEmpty)
        stage.endPublish(.stored)
        #expect(stage.source.acknowledged == [1])
        #expect(stage.subscription.counts.deadLettered == 1)
    }

    @Test func `an event whose dead letter is refused stays, and is written again later without asking the app`()
        async throws
    {
        let stage = try await Stage(deadLetter: "dead")
        stage.deliver(1...1)
        stage.answer(500)
        stage.endPublish(Stage.refused)
        #expect(stage.source.acknowledged.isEmpty && stage.source.released.isEmpty)
        stage.clock.advance(by: .seconds(2))
        #expect(stage.app.calls.isEmpty)
        #expect(stage.source.published.count == 1)
        stage.endPublish(.stored)
        #expect(stage.source.acknowledged == [1])
    }

    @Test func `a broker that keeps nothing loses a failed event, and says so`() async throws {
        let stage = try await Stage(capabilities: [.serial])
        stage.deliver(1...1)
        stage.answer(500)
        #expect(stage.source.released == [1])
        #expect(stage.observer.lost == 1)
        #expect(stage.subscription.counts.lost == 1)
    }

    @Test func `a serial broker has one event at the app at a time, in order`() async throws {
        let stage = try await Stage(capabilities: [.serial])
        stage.deliver(1...3)
        for _ in 0..<3 {
            #expect(stage.app.calls.count == 1)
            stage.answer(200)
        }
        #expect(stage.source.acknowledged == [1, 2, 3])
    }

    @Test func `a dead letter topic that is the topic itself counts as none`() async throws {
        let stage = try await Stage(deadLetter: "t")
        stage.deliver(1...1)
        stage.answer(500)
        #expect(stage.source.published.isEmpty)
        stage.clock.advance(by: .milliseconds(520))
        #expect(stage.app.calls.count == 1)
        stage.answer(200)
    }

    @Test(arguments: ["hello", "[1]", "", #"{"a":1} x"#])
    func `what is no event is a failure, not a loss`(body: String) async throws {
        let stage = try await Stage(deadLetter: "dead")
        stage.deliver(1...1, body: body)
        #expect(stage.app.calls.isEmpty)
        #expect(stage.source.published.map(\.body) == [Array(body.utf8)])
        stage.endPublish(.stored)
        #expect(stage.source.acknowledged == [1])
    }

    @Test func `an expired event is dropped without asking the app`() async throws {
        let stage = try await Stage()
        stage.deliver(1...1, body: #"{"id":"e","expiration":"2001-01-01T00:00:00Z"}"#)
        #expect(stage.app.calls.isEmpty)
        #expect(stage.source.acknowledged == [1])
        #expect(stage.subscription.counts.dropped == [.expired: 1])
    }

    @Test func `rules decide the path, no match drops, and an error neither matches nor falls through`() async throws {
        let stage = try await Stage(routes: [
            .init(rule: try Rule(#"event.type == "a""#), path: "/a"),
            .init(rule: try Rule(#"event.missing == "b""#), path: "/b"),
        ])
        stage.deliver(1...1, body: #"{"id":"e","type":"a"}"#)
        #expect(stage.app.calls.map { String(decoding: $0.call.target, as: UTF8.self) } == ["/a"])
        stage.answer(200)
        stage.deliver(2...2, body: #"{"id":"e","type":"c"}"#)
        #expect(stage.app.calls.isEmpty)
        #expect(stage.source.acknowledged == [1])
        #expect(stage.subscription.waiting == 1)
        await stage.subscription.stop()
    }

    @Test func `credit ends at the bounds and is returned when half of it is free`() async throws {
        var bounds = SubscriptionBounds()
        bounds.events = 4
        bounds.bytes = 1 << 20
        let stage = try await Stage(bounds: bounds)
        #expect(stage.subscription.credit.events == 4)
        stage.deliver(1...4)
        #expect(!stage.subscription.credit.isOpen)
        stage.answer(200)
        #expect(stage.source.creditReturns == 0)
        stage.answer(200)
        #expect(stage.source.creditReturns == 1)
        #expect(stage.subscription.credit.events == 2)
        stage.answer(200)
        stage.answer(200)
        #expect(stage.source.creditReturns == 1)
    }

    @Test func `an end gives back what is not settled, and an answer that comes late changes nothing`() async throws {
        let stage = try await Stage()
        stage.deliver(1...3)
        stage.answer(500)
        await stage.subscription.stop()
        #expect(Set(stage.source.released) == [1, 2, 3])
        stage.answer(200)
        stage.answer(200)
        #expect(stage.source.acknowledged.isEmpty)
        #expect(stage.subscription.credit == Credit(events: 0, bytes: 0))
    }

    @Test func `a trace goes to the app as it came, and an event without one gets no header`() async throws {
        let stage = try await Stage()
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        stage.deliver(1...1, body: #"{"id":"e","traceparent":"\#(trace)"}"#)
        stage.deliver(2...2, body: #"{"id":"e"}"#)
        stage.deliver(3...3, body: #"{"id":"e","traceid":""}"#)
        let traces = stage.app.calls.map { $0.call.trace?.text }
        #expect(traces == [trace, nil, "00-" + String(repeating: "0", count: 32) + "-0000000000000000-00"])
        for _ in 0..<3 { stage.answer(200) }
    }
}
