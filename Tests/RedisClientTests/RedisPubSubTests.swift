import Foundation
import Loop
import Messaging
import Testing

@testable import Brokers

@Suite(.serialized) struct RedisPubSubTests {
    @Test func `what is published arrives with its bytes, metadata and key, once`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        try await onShardThrowing {
            let fixture = try Fixture(server)
            try await fixture.pubSub.connect()
            let inlet = TestInlet()
            _ = try await fixture.subscribe("t", inlet)
            let metadata = Metadata([("ttlInSeconds", "60"), ("q\"uote", "line\n\u{1}ü")])
            fixture.publish("t", ["hello"], metadata: metadata, key: "k")
            fixture.publish("t", ["", "\u{0}\r\n"])
            #expect(await eventually { inlet.received.count == 3 })
            #expect(inlet.bodies == ["hello", "", "\u{0}\r\n"])
            #expect(inlet.received[0].metadata == metadata)
            #expect(inlet.received[0].key == Array("k".utf8))
            #expect(inlet.received[0].topic == "t")
            #expect(inlet.received[1].metadata.isEmpty)
            #expect(fixture.publisher.stored == [1, 2, 3])
            await fixture.pubSub.close()
            #expect(fixture.host.losses.isEmpty && fixture.host.warnings.isEmpty)
        }
        #expect(server.cli("XPENDING", "t", "app").hasPrefix("0"))
        #expect(server.cli("XINFO", "CONSUMERS", "t", "app").contains("app-a"))
    }

    @Test func `a large stream is read within the credit, in order, every event once`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        try await onShardThrowing {
            let fixture = try Fixture(server)
            try await fixture.pubSub.connect()
            let bodies = (0..<20_000).map { "\($0)" }
            fixture.publish("t", bodies)
            let inlet = TestInlet(capacity: 7)
            _ = try await fixture.subscribe("t", inlet)
            #expect(await eventually(within: .seconds(30)) { inlet.received.count >= 20_000 })
            #expect(inlet.bodies == bodies)
            #expect(!inlet.overrun)
            await fixture.pubSub.close()
        }
    }

    @Test func `what is released comes again after a pause, with its attempts, while others pass`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        try await onShardThrowing {
            let fixture = try Fixture(server)
            try await fixture.pubSub.connect()
            let inlet = TestInlet { message in
                message.body == Array("bad".utf8) && message.earlierAttempts < 2 ? .release : .acknowledge
            }
            _ = try await fixture.subscribe("t", inlet)
            let start = EventLoop.current.now
            fixture.publish("t", ["bad", "good"])
            #expect(await eventually { inlet.received.count == 4 })
            #expect(inlet.bodies == ["bad", "good", "bad", "bad"])
            #expect(inlet.received.map(\.earlierAttempts) == [0, 0, 1, 2])
            #expect(EventLoop.current.now.elapsed(since: start) >= .milliseconds(1_250))
            await fixture.pubSub.close()
        }
        #expect(server.cli("XPENDING", "t", "app").hasPrefix("0"))
    }

    @Test func `what was not settled before a restart comes first after it`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        try await onShardThrowing {
            let first = try Fixture(server)
            try await first.pubSub.connect()
            let holding = TestInlet(capacity: 250) { _ in .hold }
            _ = try await first.subscribe("t", holding)
            first.publish("t", (0..<300).map { "\($0)" })
            #expect(await eventually { holding.received.count == 250 })
            await first.pubSub.close()
            let second = try Fixture(server)
            try await second.pubSub.connect()
            let inlet = TestInlet(capacity: 30)
            _ = try await second.subscribe("t", inlet)
            #expect(await eventually { inlet.received.count == 300 })
            #expect(inlet.bodies == (0..<300).map { "\($0)" })
            #expect(!inlet.overrun)
            await second.pubSub.close()
            holding.settleHeld()
        }
        #expect(server.cli("XPENDING", "t", "app").hasPrefix("0"))
    }

    @Test func `entries of a consumer that is gone are taken over, those of a living one are not`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        let takeOver: [String: SettingValue] = [
            "processingTimeout": .duration(.milliseconds(300)), "redeliverInterval": .duration(.milliseconds(100)),
        ]
        try await onShardThrowing {
            let gone = try Fixture(server, instance: "gone", takeOver)
            try await gone.pubSub.connect()
            let lost = TestInlet(capacity: 2) { _ in .hold }
            _ = try await gone.subscribe("t", lost)
            gone.publish("t", ["1", "2"])
            #expect(await eventually { lost.received.count == 2 })
            await gone.pubSub.close()
            let slow = try Fixture(server, instance: "slow", takeOver)
            try await slow.pubSub.connect()
            let busy = TestInlet(capacity: 2) { _ in .hold }
            _ = try await slow.subscribe("u", busy)
            slow.publish("u", ["3"])
            #expect(await eventually { busy.received.count == 1 })
            let other = try Fixture(server, instance: "other", takeOver)
            try await other.pubSub.connect()
            let inlet = TestInlet()
            let second = TestInlet()
            _ = try await other.subscribe("t", inlet)
            _ = try await other.subscribe("u", second)
            #expect(await eventually { inlet.received.count == 2 })
            #expect(inlet.bodies == ["1", "2"])
            try await EventLoop.current.sleep(for: .milliseconds(1_500))
            #expect(second.received.isEmpty, "the living consumer's entry was taken")
            busy.settleHeld()
            await slow.pubSub.close()
            await other.pubSub.close()
            lost.settleHeld()
        }
        #expect(server.cli("XPENDING", "u", "app").hasPrefix("0"))
        #expect(server.cli("XPENDING", "t", "app").hasPrefix("0"))
    }

    @Test func `two instances share a group, two groups get everything each`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        try await onShardThrowing {
            let a = try Fixture(server, instance: "a")
            let b = try Fixture(server, instance: "b")
            let c = try Fixture(server, instance: "c", ["consumerID": .text("second")])
            var inlets: [TestInlet] = []
            for fixture in [a, b, c] {
                try await fixture.pubSub.connect()
                let inlet = TestInlet(capacity: 4)
                _ = try await fixture.subscribe("t", inlet)
                inlets.append(inlet)
            }
            let bodies = Set((0..<500).map { "\($0)" })
            for body in bodies { a.publish("t", [body]) }
            #expect(await eventually { inlets[0].received.count + inlets[1].received.count == 500 })
            #expect(await eventually { inlets[2].received.count == 500 })
            #expect(Set(inlets[0].bodies + inlets[1].bodies) == bodies)
            #expect(Set(inlets[2].bodies) == bodies)
            #expect(!inlets[0].received.isEmpty && !inlets[1].received.isEmpty)
            for fixture in [a, b, c] { await fixture.pubSub.close() }
        }
    }

    @Test func `nothing comes while a subscription is paused or after it is cancelled, and nothing is lost`()
        async throws
    {
        let server = try RedisServer()
        defer { server.kill() }
        try await onShardThrowing {
            let fixture = try Fixture(server)
            try await fixture.pubSub.connect()
            let inlet = TestInlet()
            let source = try await fixture.subscribe("t", inlet)
            try await EventLoop.current.sleep(for: .milliseconds(50))
            source.pause()
            fixture.publish("t", ["1"])
            try await EventLoop.current.sleep(for: .milliseconds(300))
            #expect(inlet.received.isEmpty)
            source.resume()
            #expect(await eventually(within: .seconds(1)) { inlet.received.count == 1 })
            let start = EventLoop.current.now
            await source.cancel()
            #expect(EventLoop.current.now.elapsed(since: start) < .milliseconds(500))
            fixture.publish("t", ["2"])
            try await EventLoop.current.sleep(for: .milliseconds(200))
            #expect(inlet.received.count == 1)
            let again = TestInlet()
            _ = try await fixture.subscribe("t", again)
            #expect(await eventually { again.bodies == ["2"] })
            await fixture.pubSub.close()
        }
    }

    @Test func `what an ended subscription has not settled goes to the next one, also to one that is there already`()
        async throws
    {
        let server = try RedisServer()
        defer { server.kill() }
        try await onShardThrowing {
            let fixture = try Fixture(server)
            try await fixture.pubSub.connect()
            let old = TestInlet(capacity: 2) { _ in .hold }
            let source = try await fixture.subscribe("t", old)
            fixture.publish("t", ["1", "2", "3"])
            #expect(await eventually { old.received.count == 2 })
            let new = TestInlet()
            _ = try await fixture.subscribe("t", new)
            #expect(await eventually { new.bodies == ["3"] })
            await source.cancel()
            #expect(await eventually { new.bodies == ["3", "1", "2"] })
            old.settleHeld()
            try await EventLoop.current.sleep(for: .milliseconds(50))
            #expect(new.received.count == 3)
            await fixture.pubSub.close()
        }
        #expect(server.cli("XPENDING", "t", "app").hasPrefix("0"))
    }

    @Test func `what was read and exceeds the credit's bytes waits, also over a pause and a lost connection`()
        async throws
    {
        let server = try RedisServer(arguments: ["--appendonly", "yes", "--appendfsync", "always"])
        defer { server.kill() }
        try await onShardThrowing {
            let fixture = try Fixture(server)
            try await fixture.pubSub.connect()
            fixture.publish("t", (0..<6).map { "\($0)" + String(repeating: "x", count: 1_000) })
            let inlet = TestInlet(capacity: 10, bytes: 2_000) { _ in .hold }
            let source = try await fixture.subscribe("t", inlet)
            #expect(await eventually { inlet.received.count == 2 })
            try await EventLoop.current.sleep(for: .milliseconds(50))
            #expect(inlet.received.count == 2)
            source.pause()
            inlet.settleHeld()
            try await EventLoop.current.sleep(for: .milliseconds(50))
            #expect(inlet.received.count == 2)
            source.resume()
            #expect(await eventually { inlet.received.count == 4 })
            server.kill()
            #expect(await eventually { fixture.host.losses.count == 1 })
            try server.start()
            #expect(await reconnect(fixture.pubSub))
            inlet.settleHeld()
            #expect(await eventually { inlet.received.count == 6 })
            inlet.settleHeld()
            try await EventLoop.current.sleep(for: .milliseconds(50))
            #expect(inlet.bodies.map(\.first) == ["0", "1", "2", "3", "4", "5"])
            await fixture.pubSub.close()
        }
        #expect(server.cli("XPENDING", "t", "app").hasPrefix("0"))
    }

    @Test func `errors of publishing tell their outcome`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        try await onShardThrowing {
            let fixture = try Fixture(server)
            fixture.publish("t", ["early"])
            #expect(fixture.publisher.count == 0, "answered from inside publish")
            #expect(await eventually { fixture.publisher.count == 1 })
            #expect(fixture.publisher.errors[0].0.code == .unavailable)
            #expect(fixture.publisher.errors[0].0.outcome == .notSent)
            try await fixture.pubSub.connect()
            server.cli("SET", "text", "x")
            fixture.publish("text", ["1"])
            #expect(await eventually { fixture.publisher.count == 2 })
            #expect(fixture.publisher.errors[1].0.code == .refused)
            #expect(fixture.publisher.errors[1].0.outcome == .notSent)
            server.cli("CONFIG", "SET", "maxmemory", "1")
            fixture.publish("t", ["2"])
            #expect(await eventually { fixture.publisher.count == 3 })
            #expect(fixture.publisher.errors[2].0.code == .full)
            #expect(fixture.publisher.errors[2].0.description.contains("maxLenApprox"))
            server.cli("CONFIG", "SET", "maxmemory", "0")
            fixture.publish("t", ["3"])
            #expect(await eventually { fixture.publisher.stored == [4] })
            await fixture.pubSub.close()
            fixture.publish("t", ["late"])
            #expect(await eventually { fixture.publisher.count == 5 })
            #expect(fixture.publisher.errors.last?.0.code == .closed)
            await fixture.pubSub.close()
        }
    }

    @Test func `streams are trimmed by length and by age`() async throws {
        let server = try RedisServer(arguments: ["--stream-node-max-entries", "10"])
        defer { server.kill() }
        try await onShardThrowing {
            let byLength = try Fixture(server, ["maxLenApprox": .integer(20)])
            try await byLength.pubSub.connect()
            byLength.publish("length", (0..<200).map { "\($0)" })
            let byAge = try Fixture(server, ["streamTTL": .duration(.milliseconds(100))])
            try await byAge.pubSub.connect()
            byAge.publish("age", (0..<200).map { "\($0)" })
            #expect(await eventually { byLength.publisher.stored.count == 200 && byAge.publisher.stored.count == 200 })
            try await EventLoop.current.sleep(for: .milliseconds(200))
            byAge.publish("age", ["last"])
            #expect(await eventually { byAge.publisher.stored.count == 201 })
            await byLength.pubSub.close()
            await byAge.pubSub.close()
        }
        #expect((Int(server.cli("XLEN", "length")) ?? 0) < 60)
        #expect((Int(server.cli("XLEN", "age")) ?? 0) < 20)
    }

    @Test func `a subscription to a key that is no stream is refused`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        server.cli("SET", "text", "x")
        try await onShardThrowing {
            let fixture = try Fixture(server)
            try await fixture.pubSub.connect()
            let error = await #expect(throws: ComponentError.self) {
                _ = try await fixture.subscribe("text", TestInlet())
            }
            #expect(error?.code == .refused)
            #expect(error?.component == "pubsub.redis \"orders\"")
            await fixture.pubSub.close()
        }
    }
}
