import Foundation
import Loop
import Messaging
import MessagingTesting
import Testing

@testable import Brokers

/// Looks at topics, against the real brokers.
struct BrowseTests {
    /// A bench for a kind, and how to look at a topic of its broker.
    private struct Scene {
        let bench: ContractBench
        let look: (BrowseRequest) throws -> any Browser
    }

    private static func onShard(
        _ kind: KindUnderTest, _ body: @escaping @Sendable (Scene) async throws -> Void
    ) async throws {
        let shard = Shard(name: "browse")
        let failure = await shard.run { () -> (any Error)? in
            do {
                let harness = try kind.harness()
                let declared = try #require(kind.kind)
                let values =
                    switch harness {
                    case let embedded as EmbeddedHarness: ["path": embedded.directory + "/deep/er/log.db"]
                    case let redis as RedisHarness: ["redisHost": "127.0.0.1:\(redis.server.port)"]
                    default: [String: String]()
                    }
                let browse = try #require(declared.browse)
                let bench = ContractBench(harness, prefix: "")
                let scene = Scene(bench: bench) { request in
                    try browse(
                        try settings(declared, values), context(declared, appID: "other", instance: "tail"), request)
                }
                var failure: (any Error)?
                do { try await body(scene) } catch { failure = error }
                await bench.dispose()
                await harness.dispose()
                return failure
            } catch { return error }
        }
        shard.stop()
        shard.join()
        if let failure { throw failure }
    }

    /// Looks until so many events came.
    private static func bodies(_ browser: any Browser, _ count: Int) async throws -> [String] {
        var bodies: [String] = []
        while bodies.count < count {
            let events = try await browser.next(limit: 2, wait: .milliseconds(200))
            for event in events {
                bodies.append(String(decoding: event.message.body, as: UTF8.self))
                #expect(event.message.topic == "t")
                #expect((event.time ?? 0) > 1_600_000_000_000_000_000)
                #expect(!event.position.isEmpty)
            }
        }
        return bodies
    }

    @Test(.timeLimit(.minutes(1)), arguments: [KindUnderTest.embedded, .redis])
    func `a look shows what is there and what comes, and takes nothing from a group`(_ kind: KindUnderTest) async throws
    {
        try await Self.onShard(kind) { scene in
            let bench = scene.bench
            let component = try await bench.connected()
            try await bench.store(component, "t", ["a", "b", "c"])
            try await bench.store(component, "other", ["x"])
            let oldest = try scene.look(BrowseRequest(topic: "t", start: .oldest))
            #expect(try await Self.bodies(oldest, 3) == ["a", "b", "c"])
            let now = try scene.look(BrowseRequest(topic: "t", start: .now))
            #expect(try await now.next(limit: 10, wait: .milliseconds(1)).isEmpty)
            try await bench.store(component, "t", ["d"])
            #expect(try await Self.bodies(now, 1) == ["d"])
            #expect(try await Self.bodies(oldest, 1) == ["d"])
            let subscriber = try await bench.subscribe(component, "t")
            try await bench.store(component, "t", ["e"])
            try await bench.wait("the event at the group") { subscriber.bodies.last == "e" }
            oldest.close()
            now.close()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [KindUnderTest.embedded, .redis])
    func `a look at a topic that is not there yet shows its first event`(_ kind: KindUnderTest) async throws {
        try await Self.onShard(kind) { scene in
            let browser = try scene.look(BrowseRequest(topic: "t", start: .now))
            if kind == .embedded {
                // There is no file yet.
                await #expect(throws: ComponentError.self) { try await browser.next(limit: 1, wait: .milliseconds(1)) }
            } else {
                #expect(try await browser.next(limit: 1, wait: .milliseconds(1)).isEmpty)
            }
            let component = try await scene.bench.connected()
            try await scene.bench.store(component, "t", ["first"])
            #expect(try await Self.bodies(browser, 1) == ["first"])
            browser.close()
        }
    }

    @Test(.timeLimit(.minutes(1))) func `a look goes on after its broker was away`() async throws {
        try await Self.onShard(.redis) { scene in
            let bench = scene.bench
            let component = try await bench.connected()
            try await bench.store(component, "t", ["a"])
            let browser = try scene.look(BrowseRequest(topic: "t", start: .oldest))
            #expect(try await Self.bodies(browser, 1) == ["a"])
            await bench.harness.stopBroker()
            let error = await #expect(throws: ComponentError.self) {
                try await browser.next(limit: 1, wait: .seconds(1))
            }
            #expect(error?.code == .unavailable)
            await bench.harness.startBroker()
            #expect(
                try await browser.next(limit: 1, wait: .milliseconds(1)).isEmpty, "what was shown does not come again")
            browser.close()
        }
    }

    @Test func `a kind announces the power that it has`() {
        for kind in Brokers.all { #expect(kind.capabilities.contains(.browse) == (kind.browse != nil)) }
    }
}
