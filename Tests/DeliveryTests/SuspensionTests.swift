import Delivery
import Messaging
import Testing

/// A subscription that pauses while its app is unwell.
@Suite struct SuspensionTests {
    @Test func `a pause gives back what waits for another attempt and keeps the place at the broker`() async throws {
        let stage = try await Stage()
        stage.deliver(1...2)
        stage.answer(500)
        stage.answer(200)
        await stage.subscription.suspend(limit: .seconds(30))
        #expect(stage.source.acknowledged == [2])
        #expect(stage.source.released == [1])
        #expect(stage.source.isPaused)
        #expect(!stage.source.isCancelled)
        #expect(stage.subscription.credit == Credit(events: 0, bytes: 0))
        stage.clock.advance(by: .seconds(120))
        #expect(stage.app.calls.isEmpty)
    }

    @Test func `after a pause events go to the app again, at first those that were given back`() async throws {
        let stage = try await Stage()
        stage.deliver(1...1)
        stage.answer(503)
        await stage.subscription.suspend(limit: .seconds(30))
        stage.subscription.goOn()
        #expect(!stage.source.isPaused)
        #expect(stage.subscription.credit.isOpen)
        stage.deliver(1...2)
        stage.answer(200)
        stage.answer(200)
        #expect(stage.source.acknowledged == [1, 2])
        await stage.subscription.suspend(limit: .seconds(30))
        await stage.subscription.stop()
        #expect(stage.source.isCancelled)
    }
}
