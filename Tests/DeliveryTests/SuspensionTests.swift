import Delivery
import Foundation
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

    /// The answer of an app that took every event of a batch.
    private func success(_ call: AppCall) throws -> String {
        let envelope = try #require(try JSONSerialization.jsonObject(with: Data(call.body)) as? [String: Any])
        let entries = try #require(envelope["entries"] as? [[String: Any]])
        let statuses = try entries.map {
            #"{"entryId":"\#(try #require($0["entryId"] as? String))","status":"SUCCESS"}"#
        }
        return #"{"statuses":[\#(statuses.joined(separator: ","))]}"#
    }

    @Test @MainActor
    func `the answer to a batch from before a pause does not settle the events of a later one`() async throws {
        let stage = try await Stage(bulk: BulkSettings(maximumCount: 10, wait: .seconds(1)))
        stage.deliver(1...2)
        let pausing = Task { await stage.subscription.suspend(limit: .seconds(5)) }
        while !stage.source.isPaused { await Task.yield() }
        stage.clock.runTurn()
        #expect(stage.app.calls.count == 1)
        stage.clock.advance(by: .seconds(6))
        await pausing.value
        #expect(stage.source.released == [1, 2])
        stage.subscription.goOn()
        stage.deliver(3...4)
        #expect(stage.app.calls.count == 1)
        stage.clock.advance(by: .seconds(2))
        #expect(stage.app.calls.count == 2)
        stage.answer(200, try success(stage.app.calls[0].call))
        #expect(stage.source.acknowledged.isEmpty)
        stage.answer(200, try success(stage.app.calls[0].call))
        #expect(stage.source.acknowledged == [3, 4])
    }

    @Test @MainActor
    func `a batch that waits for its turn with the app when its subscription pauses does not go there`() async throws {
        let stage = try await Stage(
            bounds: SubscriptionBounds(concurrency: 2), bulk: BulkSettings(maximumCount: 1, wait: .zero), appLimit: 1)
        stage.deliver(1...2)
        let pausing = Task { await stage.subscription.suspend(limit: .seconds(5)) }
        while !stage.source.isPaused { await Task.yield() }
        stage.clock.advance(by: .seconds(6))
        await pausing.value
        #expect(stage.source.released == [1, 2])
        stage.answer(200, try success(stage.app.calls[0].call))
        #expect(stage.app.calls.isEmpty)
        stage.subscription.goOn()
        // Its place among the calls at once is free again.
        stage.deliver(3...4)
        for _ in 0..<2 { stage.answer(200, try success(stage.app.calls[0].call)) }
        #expect(stage.source.acknowledged == [3, 4])
    }
}
