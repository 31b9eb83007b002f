import Messaging
import MessagingTesting
import Testing

struct FaultyPubSubTests {
    final class Answers: PublishCompletion {
        var outcomes: [UInt64: PublishOutcome] = [:]
        func published(_ outcome: PublishOutcome, token: UInt64) { outcomes[token] = outcome }

        func text(_ token: UInt64) -> String {
            switch outcomes[token] {
            case .stored?: "stored"
            case .failed(let error)?: "\(error.code) \(error.outcome)"
            case nil: "none"
            }
        }
    }

    final class Host: PubSubHost {
        var losses = 0
        func connectionLost(_ error: ComponentError) { losses += 1 }
        func warn(_ message: String) {}
    }

    final class Taker: Inlet {
        var received: [ReceivedMessage] = []
        var credit = Credit(events: 10, bytes: 1 << 20)
        func take(_ messages: [ReceivedMessage]) { received += messages }

        func settle(_ source: any TopicSource) {
            var batch = SettledBatch()
            for message in received { message.acknowledge(in: &batch) }
            received = []
            source.settle(batch)
        }
    }

    static func entry(_ body: UInt8, _ answers: Answers) -> PublishEntry {
        PublishEntry(topic: "t", body: [body], metadata: Metadata(), completion: answers, token: UInt64(body))
    }

    @Test func `each publish ends as it was told to`() async throws {
        let scheduler = ManualScheduler()
        let broker = FaultyBroker()
        let pubSub = FaultyPubSub(broker, scheduler: scheduler)
        let answers = Answers()
        pubSub.publish([Self.entry(0, answers)])
        try await pubSub.connect()
        let refusal = ComponentError(.full, action: "publishing", reason: "no room")
        pubSub.publishFaults = [
            .refuse(refusal), .unknown(isStored: true), .unknown(isStored: false), .delay(.seconds(2)), .silence, .lie,
        ]
        pubSub.publish((1...7).map { Self.entry($0, answers) })
        #expect(answers.outcomes.isEmpty, "nothing is answered inside the call")
        scheduler.runTurn()
        #expect(
            (0...7).map { answers.text($0) } == [
                "unavailable notSent", "full notSent", "timeout unknown", "timeout unknown", "none", "none", "stored",
                "stored",
            ])
        #expect(broker.stored.map(\.body) == [[2], [4], [5], [7]])
        scheduler.advance(by: .seconds(2))
        #expect(answers.text(4) == "stored")
        #expect(answers.text(5) == "none")
    }

    @Test func `what was in flight at a loss comes again after the next connect`() async throws {
        let scheduler = ManualScheduler()
        let host = Host()
        let pubSub = FaultyPubSub(FaultyBroker(), scheduler: scheduler, host: host)
        let answers = Answers()
        let taker = Taker()
        try await pubSub.connect()
        let source = try await pubSub.subscribe(SubscriptionRequest(topic: "t"), into: taker)
        pubSub.publish([Self.entry(1, answers), Self.entry(2, answers)])
        scheduler.runTurn()
        #expect(taker.received.map { $0.message.body } == [[1], [2]])
        pubSub.loseConnection()
        #expect(host.losses == 1)
        taker.settle(source)
        pubSub.connectFaults = [ComponentError(.unavailable, action: "connecting", reason: "connection refused")]
        await #expect(throws: ComponentError.self) { try await pubSub.connect() }
        try await pubSub.connect()
        scheduler.runTurn()
        #expect(taker.received.map { $0.message.body } == [[1], [2]])
        taker.settle(source)
        #expect(pubSub.broker.outstanding(topic: "t", group: "group") == 0)
        #expect(pubSub.connects == 3)
    }

    @Test func `deliveries repeat and wait as told`() async throws {
        let scheduler = ManualScheduler()
        let pubSub = FaultyPubSub(FaultyBroker(), scheduler: scheduler)
        let answers = Answers()
        let taker = Taker()
        try await pubSub.connect()
        let source = try await pubSub.subscribe(SubscriptionRequest(topic: "t"), into: taker)
        pubSub.repeats = 1
        pubSub.deliveryDelay = .seconds(3)
        pubSub.publish([Self.entry(1, answers)])
        scheduler.advance(by: .seconds(2))
        #expect(taker.received.isEmpty)
        scheduler.advance(by: .seconds(1))
        #expect(taker.received.map { $0.message.body } == [[1], [1]])
        taker.settle(source)
    }
}
