import Delivery
import Messaging
import MessagingTesting
import Testing

/// Notes what policies did.
private final class Notes: PolicyObserver {
    var applied = 0
    var timedOuts = 0
    var retries = 0
    var states: [CircuitBreaker.State] = []

    func applied(_ policy: CallPolicy) { applied += 1 }
    func timedOut() { timedOuts += 1 }
    func retried() { retries += 1 }
    func breakerChanged(to state: CircuitBreaker.State) { states.append(state) }
}

/// What is told of policies, for metrics (spec 6.4).
@Suite struct PolicyObserverTests {
    private func observed(_ policy: CallPolicy, _ notes: Notes) -> CallPolicy {
        var policy = policy
        policy.observer = notes
        return policy
    }

    @Test func `an outbound policy tells of each publish, of its retries and of what came too late`() {
        let notes = Notes()
        let bench = PublishAttemptsTests.Bench { _ in
            observed(CallPolicy(timeout: .seconds(1), retry: PublishAttemptsTests.retry(2)), notes)
        }
        bench.publish(1)
        bench.end(PublishAttemptsTests.failed())
        bench.clock.advance(by: .milliseconds(110))
        #expect((notes.applied, notes.retries, notes.timedOuts) == (1, 1, 0))
        bench.clock.advance(by: .milliseconds(1110))
        #expect((notes.applied, notes.retries, notes.timedOuts) == (1, 2, 1))
        bench.clock.advance(by: .milliseconds(1010))
        #expect((notes.applied, notes.retries, notes.timedOuts) == (1, 2, 2), "the last failure is not tried again")
        #expect(bench.outcomes.count == 1)
        bench.publish(2)
        bench.end(.stored)
        #expect((notes.applied, notes.retries, notes.timedOuts) == (2, 2, 2))
    }

    @Test func `an inbound policy tells of each subscription, and of retries and time-outs of deliveries`() async throws
    {
        let notes = Notes()
        let stage = try await PolicyStage(inbound: { _ in
            var policy = PolicyStage.constant(2)
            policy.timeout = .seconds(1)
            policy.observer = notes
            return policy
        })
        #expect(notes.applied == 1)
        stage.deliver(1...1)
        stage.answer(500)
        #expect((notes.retries, notes.timedOuts) == (1, 0))
        stage.clock.advance(by: .milliseconds(60))
        stage.clock.advance(by: .seconds(1))
        stage.app.fail("no answer in time")
        stage.clock.runTurn()
        #expect((notes.retries, notes.timedOuts) == (2, 1))
        stage.clock.advance(by: .milliseconds(60))
        stage.app.fail("connection reset")
        stage.clock.runTurn()
        #expect((notes.applied, notes.retries, notes.timedOuts) == (1, 2, 1), "it was refused, not late")
    }

    @Test func `a subscription's own rules are not the component's policies`() async throws {
        let notes = Notes()
        var rules = DeliveryRules()
        rules.retry = RetryPolicy(.constant(.milliseconds(50)), retries: 1)
        rules.deadline = .seconds(1)
        let stage = try await PolicyStage(
            inbound: { _ in
                var policy = PolicyStage.constant(2)
                policy.timeout = .seconds(5)
                policy.observer = notes
                return policy
            }, rules: rules)
        stage.deliver(1...1)
        stage.clock.advance(by: .seconds(6))
        stage.app.fail("no answer in time")
        stage.clock.runTurn()
        #expect((notes.retries, notes.timedOuts) == (0, 0))
    }

    @Test func `a breaker's change is told to the direction whose call it was`() async throws {
        let (inbound, outbound) = (Notes(), Notes())
        var breaker: SharedBreaker?
        let stage = try await PolicyStage(inbound: { making in
            let made = making.breaker(over: 0)
            breaker = made
            return observed(CallPolicy(breaker: made), inbound)
        })
        stage.broker.apply(inbound: stage.broker.inbound, outbound: observed(CallPolicy(breaker: breaker), outbound))
        stage.deliver(1...1)
        stage.answer(500)
        #expect(inbound.states == [.open] && outbound.states.isEmpty)
        stage.clock.advance(by: .milliseconds(1100))
        stage.answer(200)
        #expect(inbound.states == [.open, .halfOpen, .closed] && outbound.states.isEmpty)
        guard case .admitted(let ticket)? = breaker?.admit(for: outbound) else { return }
        breaker?.ended(ticket: ticket, isSuccess: false, for: outbound)
        #expect(inbound.states.count == 3 && outbound.states == [.open])
    }
}
