import Delivery
import Messaging
import Testing

/// A source that has to hand events over to another consumer asks for what is not at the app.
@Suite struct RecallTests {
    @Test func `what waits or is queued is given back, what is at the app is settled as ever`() async throws {
        let stage = try await Stage(bounds: SubscriptionBounds(concurrency: 2))
        stage.deliver(1...4)
        stage.answer(500)
        // 1 waits for its next attempt, 2 and 3 are at the app, 4 is queued.
        #expect(stage.app.calls.count == 2)
        stage.source.inlet?.recall { $0.low != 3 }
        stage.clock.runTurn()
        #expect(stage.source.released == [1])
        stage.answer(200)
        #expect(stage.source.acknowledged == [2])
        #expect(stage.source.released == [1, 4], "the queued one is given back when its turn comes")
        stage.answer(200)
        #expect(stage.source.acknowledged == [2, 3])
        #expect(stage.app.calls.isEmpty)
        #expect(stage.subscription.inFlight == 0)
    }

    @Test func `a failure of what was recalled is given back instead of another attempt`() async throws {
        let stage = try await Stage()
        stage.deliver(1...2)
        stage.source.inlet?.recall { $0.low == 1 }
        stage.answer(500)
        stage.answer(500)
        #expect(stage.source.released == [1])
        #expect(stage.subscription.waiting == 1)
    }
}
