import Bytes
import Delivery
import Events
import Messaging
import Testing

@Suite struct BulkDeliveryTests {
    private static let settings = BulkSettings(maximumCount: 3, wait: .milliseconds(100))

    private static func stage(
        capabilities: Set<Capability> = [.durable], deadLetter: String = "",
        bounds: SubscriptionBounds = SubscriptionBounds(), isRaw: Bool = false
    ) async throws -> Stage {
        try await Stage(
            capabilities: capabilities, deadLetter: deadLetter, bounds: bounds, bulk: settings, isRaw: isRaw)
    }

    private static func entries(_ call: ScriptedApp.Call) throws -> [JSONValue] {
        guard case .array(let entries)? = try JSONValue.parse(call.call.body)["entries"] else { return [] }
        return entries
    }

    /// An answer with one status for each entry of the call that has waited longest.
    private static func statuses(_ stage: Stage, _ statuses: [String]) throws -> String {
        let entries = try entries(try #require(stage.app.calls.first))
        let list = zip(entries, statuses).map { entry, status in
            #"{"entryId":"\#(entry["entryId"]?.text ?? "")","status":"\#(status)"}"#
        }
        return #"{"statuses":[\#(list.joined(separator: ","))]}"#
    }

    @Test func `a full batch goes at once, another one when its first event has waited`() async throws {
        let stage = try await BulkDeliveryTests.stage()
        stage.deliver(1...4)
        #expect(stage.app.calls.count == 1)
        #expect(try BulkDeliveryTests.entries(stage.app.calls[0]).count == 3)
        stage.clock.advance(by: .milliseconds(90))
        #expect(stage.app.calls.count == 1)
        stage.clock.advance(by: .milliseconds(20))
        #expect(stage.app.calls.count == 2)
        stage.answer(200, try BulkDeliveryTests.statuses(stage, ["SUCCESS", "SUCCESS", "SUCCESS"]))
        #expect(stage.source.acknowledged == [1, 2, 3])
        #expect(stage.source.settlements == 1)
        stage.answer(200, try BulkDeliveryTests.statuses(stage, ["SUCCESS"]))
        #expect(stage.source.acknowledged == [1, 2, 3, 4])
        #expect(stage.clock.pendingWakes == 0)
    }

    @Test func `the body is what daprd sends, and the call says that it is plain JSON`() async throws {
        let stage = try await BulkDeliveryTests.stage()
        let message = Message(
            topic: "t", body: Array(#"{"id":"e","traceparent":""}"#.utf8), metadata: Metadata([("k\"", "v")]))
        stage.source.inlet?.take([ReceivedMessage(message, Receipt(Position(low: 1)))])
        stage.clock.advance(by: .milliseconds(101))
        let call = try #require(stage.app.calls.first).call
        let body = try JSONValue.parse(call.body)
        let id = try #require(body["id"]?.text)
        let entry = try #require(try BulkDeliveryTests.entries(stage.app.calls[0]).first?["entryId"]?.text)
        #expect(
            String(decoding: call.body, as: UTF8.self)
                == #"{"entries":[{"entryId":"\#(entry)","event":{"id":"e","traceparent":""},"metadata":{"k\"":"v"},"#
                + #""contentType":"application/cloudevents+json"}],"id":"\#(id)","metadata":{"pubsubName":"bus"},"#
                + #""pubsubname":"bus","topic":"t","type":"com.dapr.event.sent.bulk"}"#)
        #expect(call.isBulk && call.metadata.isEmpty && call.trace == .zero)
        stage.answer(200, try BulkDeliveryTests.statuses(stage, ["SUCCESS"]))
    }

    @Test(arguments: [(Set([Capability.durable]), "null"), (Set([Capability.serial]), "{}")])
    func `an entry without pairs has the metadata that daprd gives it`(
        capabilities: Set<Capability>, metadata: String
    ) async throws {
        let stage = try await BulkDeliveryTests.stage(capabilities: capabilities)
        stage.deliver(1...1)
        stage.clock.advance(by: .milliseconds(101))
        let text = String(decoding: try #require(stage.app.calls.first).call.body, as: UTF8.self)
        #expect(text.contains(#""metadata":\#(metadata),"contentType""#))
        stage.answer(200, try BulkDeliveryTests.statuses(stage, ["SUCCESS"]))
    }

    @Test func `a raw subscription gets base64 and no trace`() async throws {
        let stage = try await BulkDeliveryTests.stage(isRaw: true)
        stage.deliver(1...1, body: "hello")
        stage.clock.advance(by: .milliseconds(101))
        let call = try #require(stage.app.calls.first)
        #expect(call.call.trace == nil)
        let entry = try #require(try BulkDeliveryTests.entries(call).first)
        #expect(entry["event"]?.text == "aGVsbG8=" && entry["contentType"]?.text == "application/octet-stream")
        stage.answer(200, try BulkDeliveryTests.statuses(stage, ["SUCCESS"]))
    }

    @Test func `bytes that are no text do not spoil the batch`() async throws {
        let stage = try await BulkDeliveryTests.stage()
        let body = Array(#"{"id":""#.utf8) + [0xFF] + Array(#""}"#.utf8)
        stage.source.inlet?.take([ReceivedMessage(Message(topic: "t", body: body), Receipt(Position(low: 1)))])
        stage.clock.advance(by: .milliseconds(101))
        let call = try #require(stage.app.calls.first)
        #expect(String(validating: call.call.body, as: UTF8.self)?.contains(#"{"id":"\#u{FFFD}"}"#) == true)
        stage.answer(200, try BulkDeliveryTests.statuses(stage, ["SUCCESS"]))
    }

    @Test func `only what failed comes again, on its schedule, at once and under its old ids`() async throws {
        let stage = try await BulkDeliveryTests.stage()
        stage.deliver(1...3)
        let first = try BulkDeliveryTests.entries(stage.app.calls[0]).map { $0["entryId"]?.text }
        let batch = try JSONValue.parse(stage.app.calls[0].call.body)["id"]
        stage.answer(200, try BulkDeliveryTests.statuses(stage, ["RETRY", "SUCCESS", "x"]))
        #expect(stage.source.acknowledged == [2])
        stage.clock.advance(by: .milliseconds(490))
        #expect(stage.app.calls.isEmpty)
        stage.clock.advance(by: .milliseconds(20))
        let again = try #require(stage.app.calls.first)
        #expect(Set(try BulkDeliveryTests.entries(again).map { $0["entryId"]?.text }) == [first[0], first[2]])
        #expect(try JSONValue.parse(again.call.body)["id"] == batch)
        stage.answer(200, try BulkDeliveryTests.statuses(stage, ["SUCCESS", "SUCCESS"]))
        #expect(Set(stage.source.acknowledged) == [1, 2, 3])
        #expect(stage.source.released.isEmpty)
        #expect(stage.subscription.counts.failedAttempts == 2)
    }

    @Test(arguments: [(500, ""), (404, ""), (200, ""), (200, #"{"statuses":[]}"#)])
    func `with a dead letter topic every failure goes there, all in one turn`(status: Int, body: String) async throws {
        let stage = try await BulkDeliveryTests.stage(deadLetter: "dead")
        stage.deliver(1...3)
        stage.answer(status, body)
        #expect(stage.source.published.map(\.topic) == ["dead", "dead", "dead"])
        #expect(stage.source.acknowledged.isEmpty)
        for _ in 0..<3 { stage.endPublish(.stored) }
        #expect(stage.source.acknowledged == [1, 2, 3])
    }

    @Test func `each verdict settles its own event`() async throws {
        let stage = try await BulkDeliveryTests.stage(deadLetter: "dead")
        stage.deliver(1...3)
        stage.answer(200, try BulkDeliveryTests.statuses(stage, ["SUCCESS", "DROP", "RETRY"]))
        #expect(stage.source.acknowledged == [1])
        #expect(stage.source.published.count == 2)
        stage.endPublish(.stored)
        stage.endPublish(Stage.refused)
        #expect(stage.source.acknowledged == [1, 2])
        stage.clock.advance(by: .seconds(1))
        stage.endPublish(.stored)
        #expect(stage.source.acknowledged == [1, 2, 3])
    }

    @Test func `a serial broker gives batches of one, each after the full wait`() async throws {
        let stage = try await BulkDeliveryTests.stage(capabilities: [.serial])
        stage.deliver(1...2)
        for _ in 0..<2 {
            #expect(stage.app.calls.isEmpty)
            stage.clock.advance(by: .milliseconds(101))
            #expect(try BulkDeliveryTests.entries(try #require(stage.app.calls.first)).count == 1)
            stage.answer(200, try BulkDeliveryTests.statuses(stage, ["SUCCESS"]))
        }
        #expect(stage.source.acknowledged == [1, 2])
    }

    @Test func `events of one key are never in one batch, and come in order`() async throws {
        let stage = try await BulkDeliveryTests.stage()
        let messages = (1...4).map { number in
            ReceivedMessage(
                Message(topic: "t", body: Array(#"{"id":"\#(number)"}"#.utf8), key: number < 3 ? [1] : [UInt8(number)]),
                Receipt(Position(low: UInt64(number))))
        }
        stage.source.inlet?.take(messages)
        stage.clock.runTurn()
        let ids = try BulkDeliveryTests.entries(stage.app.calls[0]).map { $0["event"]?["id"]?.text }
        #expect(ids == ["1", "3", "4"])
        stage.answer(200, try BulkDeliveryTests.statuses(stage, ["SUCCESS", "SUCCESS", "SUCCESS"]))
        stage.clock.advance(by: .milliseconds(101))
        #expect(try BulkDeliveryTests.entries(stage.app.calls[0]).map { $0["event"]?["id"]?.text } == ["2"])
        stage.answer(200, try BulkDeliveryTests.statuses(stage, ["SUCCESS"]))
        #expect(stage.source.acknowledged == [1, 3, 4, 2])
    }

    @Test func `the bound on concurrency is one on batches`() async throws {
        let stage = try await BulkDeliveryTests.stage(bounds: SubscriptionBounds(events: 100, concurrency: 2))
        stage.deliver(1...20)
        #expect(stage.app.calls.count == 2)
        for _ in 0..<7 {
            let count = try BulkDeliveryTests.entries(stage.app.calls[0]).count
            stage.answer(200, try BulkDeliveryTests.statuses(stage, .init(repeating: "SUCCESS", count: count)))
            stage.clock.advance(by: .milliseconds(101))
        }
        #expect(stage.app.calls.isEmpty)
        #expect(stage.source.acknowledged == Array(1...20))
    }

    @MainActor
    @Test func `draining sends what waits; stopping gives back what is not settled, and late answers find nothing`()
        async throws
    {
        let stage = try await BulkDeliveryTests.stage()
        stage.deliver(1...2)
        let subscription = stage.subscription
        let drained = Task { await subscription.drain(limit: .seconds(5)) }
        while stage.app.calls.isEmpty {
            await Task.yield()
            stage.clock.runTurn()
        }
        stage.clock.advance(by: .seconds(6))
        await drained.value
        await subscription.stop()
        #expect(stage.source.released == [1, 2])
        stage.answer(200, try BulkDeliveryTests.statuses(stage, ["SUCCESS", "SUCCESS"]))
        #expect(stage.source.acknowledged.isEmpty)
        #expect(stage.clock.pendingWakes == 0)
    }
}
