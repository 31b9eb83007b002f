import Delivery
import Messaging
import MessagingTesting
import Testing

@Suite struct PublishAttemptsTests {
    /// One broker under an outbound policy.
    final class Bench: PublishCompletion {
        let clock = ManualScheduler()
        let source = ScriptedBroker()
        let broker: Broker
        var outcomes: [UInt64: String] = [:]
        /// Those that may have been stored although they failed.
        var unknown: Set<UInt64> = []

        init(_ policy: (ManualScheduler) -> CallPolicy) {
            broker = Broker(
                name: "bus", type: "pubsub.test", version: "v1", capabilities: [.durable],
                permissions: .init(mayPublish: { _ in true }, maySubscribe: { _ in true }), topicPrefix: "",
                adapter: source, scheduler: clock)
            broker.apply(inbound: nil, outbound: policy(clock))
        }

        func publish(_ token: UInt64, isInternal: Bool = false) {
            let entry = PublishEntry(topic: "t", body: [1], metadata: Metadata(), completion: self, token: token)
            broker.enqueue(entry, isInternal: isInternal)
            clock.runTurn()
        }

        func end(_ outcome: PublishOutcome) {
            source.end(outcome)
            clock.runTurn()
        }

        func published(_ outcome: PublishOutcome, token: UInt64) {
            switch outcome {
            case .stored: outcomes[token] = "stored"
            case .failed(let error):
                outcomes[token] = "\(error.code.rawValue): \(error.reason)"
                if error.outcome == .unknown { unknown.insert(token) }
            }
        }
    }

    static func failed(
        _ code: ComponentError.Code = .unavailable, _ outcome: ComponentError.Outcome = .notSent
    ) -> PublishOutcome {
        .failed(ComponentError(code, action: "publishing", reason: "no", outcome: outcome))
    }

    static func retry(_ retries: Int?, _ matching: CodeMatching = CodeMatching()) -> RetryPolicy {
        RetryPolicy(.constant(.milliseconds(100)), retries: retries, matching: matching)
    }

    @Test func `a publish is tried again as often as the policy says, and its end is told once`() {
        let bench = Bench { _ in CallPolicy(retry: PublishAttemptsTests.retry(2)) }
        bench.publish(1)
        for _ in 0..<2 {
            bench.end(PublishAttemptsTests.failed())
            #expect(bench.outcomes.isEmpty && bench.source.published.isEmpty)
            bench.clock.advance(by: .milliseconds(110))
        }
        bench.end(PublishAttemptsTests.failed())
        #expect(bench.outcomes == [1: "unavailable: no"])
        bench.clock.advance(by: .seconds(10))
        #expect(bench.source.published.isEmpty)
    }

    @Test func `a later attempt that is stored is a success`() {
        let bench = Bench { _ in CallPolicy(retry: PublishAttemptsTests.retry(nil)) }
        bench.publish(1)
        bench.end(PublishAttemptsTests.failed())
        bench.clock.advance(by: .milliseconds(110))
        bench.end(.stored)
        #expect(bench.outcomes == [1: "stored"])
    }

    @Test(arguments: [
        (ComponentError.Code.unavailable, false, true), (.refused, false, false), (.unavailable, true, false),
    ])
    func `codes are those of HTTP for callers of the API, and of gRPC for dead letters`(
        code: ComponentError.Code, isInternal: Bool, again: Bool
    ) {
        let matching = CodeMatching(http: [503...503], grpc: [4...4])
        let bench = Bench { _ in CallPolicy(retry: PublishAttemptsTests.retry(5, matching)) }
        bench.publish(1, isInternal: isInternal)
        bench.end(PublishAttemptsTests.failed(code))
        #expect(bench.outcomes.isEmpty == again)
        bench.broker.endRetries()
    }

    @Test func `an attempt without an answer in time has failed with unknown outcome`() {
        let bench = Bench { _ in CallPolicy(timeout: .seconds(1)) }
        bench.publish(1)
        bench.clock.advance(by: .milliseconds(1010))
        #expect(bench.outcomes[1]?.hasPrefix("timeout: context deadline exceeded") == true)
        bench.end(.stored)
        #expect(bench.outcomes.count == 1)
    }

    @Test func `a confirmation that comes late counts, and nothing is published again`() {
        let bench = Bench { _ in CallPolicy(timeout: .seconds(1), retry: PublishAttemptsTests.retry(3)) }
        bench.publish(1)
        bench.clock.advance(by: .milliseconds(1010))
        #expect(bench.outcomes.isEmpty)
        bench.end(.stored)
        #expect(bench.outcomes == [1: "stored"])
        bench.clock.advance(by: .seconds(5))
        #expect(bench.source.published.isEmpty)
    }

    @Test func `a failure that comes late is not the failure of the attempt after it`() {
        let bench = Bench { _ in CallPolicy(timeout: .seconds(1), retry: PublishAttemptsTests.retry(1)) }
        bench.publish(1)
        bench.clock.advance(by: .milliseconds(1150))
        #expect(bench.source.published.count == 2)
        bench.end(PublishAttemptsTests.failed())
        #expect(bench.outcomes.isEmpty)
        bench.end(.stored)
        #expect(bench.outcomes == [1: "stored"])
    }

    @Test func `an open breaker refuses without asking the broker and ends the retries`() {
        let bench = Bench { clock in
            let breaker = SharedBreaker(
                name: "c", settings: .init(timeout: .seconds(5)), scheduler: clock,
                trips: { $0.consecutiveFailures > 1 }, report: { _, _, _ in })
            return CallPolicy(retry: PublishAttemptsTests.retry(nil), breaker: breaker)
        }
        bench.publish(1)
        bench.end(PublishAttemptsTests.failed())
        bench.clock.advance(by: .milliseconds(110))
        bench.end(PublishAttemptsTests.failed())
        bench.clock.advance(by: .milliseconds(110))
        #expect(bench.outcomes == [1: "unavailable: circuit breaker is open"])
        bench.publish(2)
        #expect(bench.outcomes[2] == "unavailable: circuit breaker is open")
        bench.clock.advance(by: .seconds(6))
        bench.publish(3)
        bench.end(.stored)
        #expect(bench.outcomes[3] == "stored")
    }

    @Test func `an attempt that may have been stored makes the outcome unknown, whatever the last one says`() {
        let bench = Bench { _ in CallPolicy(retry: PublishAttemptsTests.retry(1)) }
        bench.publish(1)
        bench.end(PublishAttemptsTests.failed(.timeout, .unknown))
        bench.clock.advance(by: .milliseconds(110))
        bench.end(PublishAttemptsTests.failed())
        #expect(bench.outcomes == [1: "unavailable: no"])
        #expect(bench.unknown == [1])
    }

    @Test func `a breaker that refuses does not make an attempt undone that had no answer in time`() {
        let bench = Bench { clock in
            let breaker = SharedBreaker(
                name: "c", settings: .init(), scheduler: clock, trips: { _ in true }, report: { _, _, _ in })
            return CallPolicy(timeout: .seconds(1), retry: PublishAttemptsTests.retry(nil), breaker: breaker)
        }
        bench.publish(1)
        bench.clock.advance(by: .milliseconds(1150))
        #expect(bench.outcomes == [1: "unavailable: circuit breaker is open"])
        #expect(bench.unknown == [1])
        // Its own first attempt is refused: that was never sent.
        bench.publish(2)
        #expect(bench.outcomes[2] == "unavailable: circuit breaker is open")
        #expect(bench.unknown == [1])
    }

    @Test(arguments: [(ComponentError.Outcome.notSent, false), (.unknown, true)])
    func `what comes late of an attempt decides whether it may have been stored`(
        late: ComponentError.Outcome, isUnknown: Bool
    ) {
        let bench = Bench { _ in CallPolicy(timeout: .seconds(1), retry: PublishAttemptsTests.retry(1)) }
        bench.publish(1)
        bench.clock.advance(by: .milliseconds(1150))
        bench.end(PublishAttemptsTests.failed(.unavailable, late))
        bench.end(PublishAttemptsTests.failed())
        #expect(bench.outcomes == [1: "unavailable: no"])
        #expect(bench.unknown.contains(1) == isUnknown)
    }

    @Test func `an end tells everybody who waits for another attempt`() {
        let bench = Bench { _ in CallPolicy(retry: PublishAttemptsTests.retry(nil)) }
        bench.publish(1)
        bench.publish(2)
        bench.end(PublishAttemptsTests.failed())
        bench.broker.endRetries()
        bench.clock.runTurn()
        #expect(bench.outcomes == [1: "unavailable: no"])
        bench.end(PublishAttemptsTests.failed(.closed))
        #expect(bench.outcomes[2] == "closed: no")
    }

    @Test func `a policy that is taken away ends the retries of what is on its way with the next failure`() {
        let bench = Bench { _ in CallPolicy(retry: PublishAttemptsTests.retry(nil)) }
        bench.publish(1)
        bench.broker.apply(inbound: nil, outbound: nil)
        bench.end(PublishAttemptsTests.failed())
        #expect(bench.outcomes == [1: "unavailable: no"])
    }
}
