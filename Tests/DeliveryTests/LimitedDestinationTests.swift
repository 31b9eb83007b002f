import Delivery
import Events
import Messaging
import MessagingTesting
import Testing

@Suite struct LimitedDestinationTests {
    /// Who waits for answers; some of its calls may be unwanted.
    final class Caller: AppCallCompletion {
        var answered: [UInt64] = []
        var waits: [Duration] = []
        var unwanted: Set<UInt64> = []

        func answered(_ answer: AppAnswer, token: UInt64) { answered.append(token) }
        func answered(_ answer: AppAnswer, retryAfter: Duration, token: UInt64) {
            answered.append(token)
            waits.append(retryAfter)
        }
        func wants(_ token: UInt64) -> Bool { !unwanted.contains(token) }
    }

    final class Place: Destination {
        var calls: [(deadline: Instant?, completion: any AppCallCompletion, token: UInt64)] = []

        func deliver(_ call: AppCall, deadline: Instant?, completion: any AppCallCompletion, token: UInt64) {
            calls.append((deadline, completion, token))
        }

        func answer() {
            let call = calls.removeFirst()
            call.completion.answered(.answered(status: 200, body: []), token: call.token)
        }
    }

    let clock = ManualScheduler()
    let place = Place()
    let caller = Caller()
    let call = AppCall(target: [], body: [], metadata: Metadata(), pubsub: "", trace: nil)

    @Test func `so many calls are made at once, and the others in their order`() {
        let limited = LimitedDestination(place, limit: 2, scheduler: clock)
        for token in 1...5 { limited.deliver(call, deadline: nil, completion: caller, token: UInt64(token)) }
        #expect(place.calls.count == 2 && limited.waitingCount == 3)
        for _ in 0..<5 {
            #expect(limited.running <= 2)
            place.answer()
        }
        #expect(caller.answered == [1, 2, 3, 4, 5])
        #expect(limited.running == 0 && limited.waitingCount == 0)
    }

    @Test func `the time in the queue does not count against the deadline`() {
        let limited = LimitedDestination(place, limit: 1, scheduler: clock)
        limited.deliver(call, deadline: nil, completion: caller, token: 1)
        limited.deliver(call, deadline: clock.now + .seconds(5), completion: caller, token: 2)
        clock.advance(by: .seconds(60))
        place.answer()
        #expect(place.calls.first?.deadline == clock.now + .seconds(5))
    }

    @Test func `a call that nobody wants any more is left out`() {
        let limited = LimitedDestination(place, limit: 1, scheduler: clock)
        for token in 1...3 { limited.deliver(call, deadline: nil, completion: caller, token: UInt64(token)) }
        caller.unwanted = [2]
        place.answer()
        place.answer()
        #expect(caller.answered == [1, 3])
        #expect(limited.running == 0)
    }

    @Test func `when to come again is passed on`() {
        let limited = LimitedDestination(place, limit: 1, scheduler: clock)
        limited.deliver(call, deadline: nil, completion: caller, token: 1)
        let made = place.calls.removeFirst()
        made.completion.answered(.answered(status: 503, body: []), retryAfter: .seconds(3), token: made.token)
        #expect(caller.waits == [.seconds(3)])
    }
}
