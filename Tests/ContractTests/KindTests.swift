import Brokers
import Foundation
import Loop
import Messaging
import MessagingTesting
import Store
import Testing

/// What single kinds do beyond the contract.
struct KindTests {
    /// Runs a body on a shard with a bench for a kind.
    static func bench(
        _ kind: KindUnderTest, _ body: @escaping @Sendable (ContractBench) async throws -> Void
    ) async throws {
        let shard = Shard(name: "kind")
        let failure = await shard.run { () -> (any Error)? in
            do {
                let harness = try kind.harness()
                let bench = ContractBench(harness, prefix: "")
                defer { _ = harness }
                do {
                    try await body(bench)
                } catch {
                    await bench.dispose()
                    await harness.dispose()
                    return error
                }
                await bench.dispose()
                await harness.dispose()
                return nil
            } catch { return error }
        }
        shard.stop()
        shard.join()
        if let failure { throw failure }
    }

    @Test func `in memory, a pattern's events show the pattern as their topic`() async throws {
        try await Self.bench(.inMemory) { bench in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "abc*")
            try await bench.store(component, "abcd", ["x"])
            try await bench.wait("the event") { !subscriber.received.isEmpty }
            #expect(subscriber.received.first?.topic == "abc*")
        }
    }

    /// As daprd's dead-letter topic that is the topic itself: the second event waits for the first, which waits for the second's answer.
    @Test func `in memory, an event that is published while another is handled is answered when its turn comes`()
        async throws
    {
        try await Self.bench(.inMemory) { bench in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t") { _ in .hold }
            try await bench.store(component, "t", ["first"])
            let tokens = bench.start(component, [("t", Array("second".utf8), Metadata(), [])])
            await bench.watch()
            #expect(bench.outcome(tokens[0]) == nil)
            #expect(subscriber.bodies == ["first"])
            subscriber.settle(1, .release(attempts: 1))
            try await bench.wait("the answer") { bench.outcome(tokens[0]) != nil }
            #expect(subscriber.bodies == ["first", "second"])
        }
    }

    @Test func `in memory, one slow subscription does not keep events from another`() async throws {
        try await Self.bench(.inMemory) { bench in
            let component = try await bench.connected()
            let slow = try await bench.subscribe(component, "t") { _ in .hold }
            let fast = try await bench.subscribe(component, "t")
            _ = bench.start(component, (0..<5).map { ("t", Array("\($0)".utf8), Metadata(), []) })
            try await bench.wait("five events at the fast one") { fast.received.count == 5 }
            #expect(slow.received.count == 1)
        }
    }

    @Test func `in memory, more than may wait for a subscription is refused`() async throws {
        try await Self.bench(.inMemory) { bench in
            let component = try await bench.connected()
            _ = try await bench.subscribe(component, "t") { _ in .hold }
            let tokens = bench.start(component, (0..<1_100).map { ("t", Array("\($0)".utf8), Metadata(), []) })
            await bench.watch()
            let refused = tokens.filter { token in
                if case .failed(let error)? = bench.outcome(token) { return error.code == .full }
                return false
            }
            #expect(refused.count == 1_100 - 1_024)
        }
    }

    @Test(arguments: [["maxBytes": "1000"], ["retention": "0s"]])
    func `embedded refuses settings that make no sense`(_ values: [String: String]) async throws {
        let kind = try #require(KindUnderTest.embedded.kind)
        let shard = Shard(name: "kind")
        let code = await shard.run { () -> ComponentError.Code? in
            do {
                _ = try kind.make(
                    try settings(kind, values), context(kind, appID: "app", instance: "one"), SilentHost())
                return nil
            } catch { return (error as? ComponentError)?.code }
        }
        shard.stop()
        shard.join()
        #expect(code == .settings)
    }

    @Test func `embedded keeps its file below the user's state directory`() {
        let path = StateFile.defaultPath(appID: "../orders", component: "bus/1")
        #expect(path.hasSuffix("/martlet/_.._orders/bus_1.db"))
        #expect(path.hasPrefix("/"))
    }
}

final class SilentHost: PubSubHost {
    func connectionLost(_ error: ComponentError) {}
    func warn(_ message: String) {}
}
