import Foundation
import Loop
import Messaging
import TestServers
import Testing

@testable import Brokers

@Suite(.serialized) struct RedisFaultTests {
    static let aof = ["--appendonly", "yes", "--appendfsync", "always"]

    @Test func `killed and started again under load, with its log on disk, nothing that was stored is lost`()
        async throws
    {
        let server = try RedisServer(arguments: Self.aof)
        defer { server.kill() }
        try await onShardThrowing {
            let loop = EventLoop.current
            let fixture = try Fixture(server)
            try await fixture.pubSub.connect()
            let inlet = TestInlet()
            _ = try await fixture.subscribe("t", inlet)
            var number = 0
            for round in 0..<4 {
                for _ in 0..<50 {
                    fixture.publish(
                        "t",
                        (0..<10).map { _ in
                            number += 1
                            return "\(number)"
                        })
                    try await loop.sleep(for: .milliseconds(2))
                }
                guard round < 3 else { break }
                server.kill()
                #expect(await eventually { fixture.host.losses.count == round + 1 })
                fixture.publish("t", ["offline\(round)"])
                number += 1
                try server.start()
                #expect(await reconnect(fixture.pubSub))
            }
            #expect(await eventually { fixture.publisher.count == number })
            // The n-th publish has the token n and, where it is a number, the body n.
            let seen = Set(inlet.bodies)
            #expect(
                await eventually { Set(inlet.bodies).isSuperset(of: fixture.publisher.stored.map { "\($0)" }) },
                "\(seen.count)")
            #expect(!seen.contains { $0.hasPrefix("offline") })
            #expect(fixture.publisher.stored.count > 1_000)
            let notSent = fixture.publisher.errors.filter { $0.0.outcome == .notSent }.map { "\($0.1)" }
            #expect(Set(inlet.bodies).isDisjoint(with: notSent))
            await fixture.pubSub.close()
        }
        #expect(server.cli("XPENDING", "t", "app").hasPrefix("0"))
    }

    @Test func `what was settled while the connection was lost is acknowledged after it, not delivered again`()
        async throws
    {
        let server = try RedisServer(arguments: Self.aof)
        defer { server.kill() }
        try await onShardThrowing {
            let fixture = try Fixture(server)
            try await fixture.pubSub.connect()
            let inlet = TestInlet { _ in .hold }
            _ = try await fixture.subscribe("t", inlet)
            fixture.publish("t", ["1", "2", "3"])
            #expect(await eventually { inlet.received.count == 3 })
            server.kill()
            #expect(await eventually { fixture.host.losses.count == 1 })
            inlet.settleHeld()
            try server.start()
            #expect(await reconnect(fixture.pubSub))
            inlet.answer = { _ in .acknowledge }
            fixture.publish("t", ["4"])
            #expect(await eventually { inlet.received.count == 4 })
            try await EventLoop.current.sleep(for: .milliseconds(200))
            #expect(inlet.bodies == ["1", "2", "3", "4"])
            await fixture.pubSub.close()
        }
        #expect(server.cli("XPENDING", "t", "app").hasPrefix("0"))
    }

    @Test func `what the app still has after a reconnect is not delivered a second time, what it gave back is`()
        async throws
    {
        let server = try RedisServer(arguments: Self.aof)
        defer { server.kill() }
        try await onShardThrowing {
            let fixture = try Fixture(server)
            try await fixture.pubSub.connect()
            let inlet = TestInlet { $0.body == [0x31] && $0.earlierAttempts == 0 ? .release : .hold }
            _ = try await fixture.subscribe("t", inlet)
            fixture.publish("t", ["1", "2"])
            #expect(await eventually { inlet.received.count == 2 })
            server.kill()
            #expect(await eventually { fixture.host.losses.count == 1 })
            try server.start()
            #expect(await reconnect(fixture.pubSub))
            #expect(await eventually { inlet.received.count == 3 })
            try await EventLoop.current.sleep(for: .milliseconds(300))
            #expect(inlet.bodies == ["1", "2", "1"])
            inlet.settleHeld()
            await fixture.pubSub.close()
        }
        #expect(server.cli("XPENDING", "t", "app").hasPrefix("0"))
    }

    @Test func `a stopped server is noticed by the deadlines, its publishes are unknown, and everything goes on`()
        async throws
    {
        let server = try RedisServer()
        defer { server.kill() }
        try await onShardThrowing {
            let fixture = try Fixture(server, ["readTimeout": .duration(.milliseconds(300))])
            try await fixture.pubSub.connect()
            let inlet = TestInlet()
            _ = try await fixture.subscribe("t", inlet)
            fixture.publish("t", ["before"])
            #expect(await eventually { inlet.received.count == 1 })
            server.setStopped(true)
            let start = EventLoop.current.now
            fixture.publish("t", ["during"])
            #expect(await eventually { fixture.host.losses.count == 1 })
            #expect(EventLoop.current.now.elapsed(since: start) < .seconds(3))
            #expect(fixture.host.losses.first?.code == .timeout)
            #expect(fixture.publisher.errors.first?.0.outcome == .unknown)
            server.setStopped(false)
            #expect(await reconnect(fixture.pubSub))
            fixture.publish("t", ["after"])
            #expect(await eventually { inlet.bodies.contains("after") })
            #expect(fixture.host.losses.count == 1)
            await fixture.pubSub.close()
        }
    }

    @Test func `a half-open link is noticed without traffic of ours, and the subscription goes on`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        try await onShardThrowing {
            let proxy = try FaultProxy(to: server.port)
            let fixture = try Fixture(
                port: proxy.port,
                ["readTimeout": .duration(.milliseconds(400)), "dialTimeout": .duration(.milliseconds(400))])
            try await fixture.pubSub.connect()
            let inlet = TestInlet()
            _ = try await fixture.subscribe("t", inlet)
            fixture.publish("t", ["1"])
            #expect(await eventually { inlet.received.count == 1 })
            proxy.isBlackHole = true
            #expect(await eventually(within: .seconds(5)) { fixture.host.losses.count == 1 })
            #expect(proxy.swallowed > 0)
            let error = await #expect(throws: ComponentError.self) { try await fixture.pubSub.connect() }
            #expect(error?.code == .timeout)
            server.cli("XADD", "t", "*", "data", "2")
            proxy.isBlackHole = false
            proxy.reset()
            #expect(await reconnect(fixture.pubSub))
            #expect(await eventually { inlet.bodies == ["1", "2"] })
            await fixture.pubSub.close()
            proxy.close()
        }
    }

    @Test(arguments: [["FLUSHALL"], ["DEL", "t"], ["XGROUP", "DESTROY", "t", "app"]])
    func `a group that is deleted is made anew, and what is published then arrives once`(command: [String]) async throws
    {
        let server = try RedisServer()
        defer { server.kill() }
        try await onShardThrowing {
            let fixture = try Fixture(server)
            try await fixture.pubSub.connect()
            let inlet = TestInlet { $0.body == Array("held".utf8) ? .hold : .acknowledge }
            _ = try await fixture.subscribe("t", inlet)
            fixture.publish("t", ["1", "held", "2"])
            #expect(await eventually { inlet.received.count == 3 })
            try await EventLoop.current.sleep(for: .milliseconds(100))
            switch command.count {
            case 1: server.cli(command[0])
            case 2: server.cli(command[0], command[1])
            default: server.cli(command[0], command[1], command[2], command[3])
            }
            fixture.publish("t", ["3"])
            #expect(await eventually(within: .seconds(5)) { inlet.bodies.contains("3") })
            fixture.publish("t", ["4"])
            #expect(await eventually { inlet.bodies.contains("4") })
            #expect(inlet.bodies.count { $0 == "held" } == 1)
            #expect(inlet.bodies.count { $0 == "1" } == 1)
            #expect(fixture.host.warnings.count <= 3 && fixture.host.warnings.contains { $0.contains("made anew") })
            #expect(fixture.host.losses.isEmpty)
            inlet.settleHeld()
            await fixture.pubSub.close()
        }
        #expect(server.cli("XPENDING", "t", "app").hasPrefix("0"))
    }

    @Test func `a server that comes back empty is worked with`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        try await onShardThrowing {
            let fixture = try Fixture(server)
            try await fixture.pubSub.connect()
            let inlet = TestInlet()
            _ = try await fixture.subscribe("t", inlet)
            fixture.publish("t", ["1"])
            #expect(await eventually { inlet.received.count == 1 })
            server.kill()
            #expect(await eventually { fixture.host.losses.count == 1 })
            try server.start()
            server.cli("XADD", "t", "5-1", "data", "older id")
            #expect(await reconnect(fixture.pubSub))
            fixture.publish("t", ["2"])
            #expect(await eventually { inlet.bodies == ["1", "older id", "2"] })
            await fixture.pubSub.close()
        }
    }

    @Test func `events that are removed while they wait are told as lost and do not stay pending`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        try await onShardThrowing {
            let fixture = try Fixture(server)
            try await fixture.pubSub.connect()
            let inlet = TestInlet { $0.earlierAttempts == 0 ? .release : .acknowledge }
            _ = try await fixture.subscribe("t", inlet)
            fixture.publish("t", ["1", "2", "3"])
            #expect(await eventually { inlet.received.count == 3 })
            server.cli("XTRIM", "t", "MAXLEN", "1")
            #expect(await eventually { inlet.bodies == ["1", "2", "3", "3"] })
            #expect(await eventually { fixture.host.warnings.contains { $0.contains("2 events were removed") } })
            await fixture.pubSub.close()
        }
        #expect(server.cli("XPENDING", "t", "app").hasPrefix("0"))
    }

    @Test func `entries without data are acknowledged with a warning, entries of others without metadata arrive`()
        async throws
    {
        let server = try RedisServer()
        defer { server.kill() }
        server.cli("XADD", "t", "*", "other", "x")
        server.cli("XADD", "t", "*", "data", "1", "metadata", "no json")
        server.cli("XADD", "t", "*", "metadata", "{\"a\":\"b\\u00fc\"}", "data", "2")
        try await onShardThrowing {
            let fixture = try Fixture(server)
            try await fixture.pubSub.connect()
            let inlet = TestInlet()
            _ = try await fixture.subscribe("t", inlet)
            #expect(await eventually { inlet.bodies == ["1", "2"] })
            #expect(inlet.received[0].metadata.isEmpty)
            #expect(inlet.received[1].metadata["a"] == "bü")
            #expect(fixture.host.warnings.count == 2)
            await fixture.pubSub.close()
        }
        #expect(server.cli("XPENDING", "t", "app").hasPrefix("0"))
    }

    @Test func `connecting tells what is tried again from what is not`() async throws {
        let server = try RedisServer(arguments: ["--requirepass", "secret"])
        defer { server.kill() }
        try await onShardThrowing {
            let noPassword = try Fixture(server)
            var error = await #expect(throws: ComponentError.self) { try await noPassword.pubSub.connect() }
            #expect(error?.code == .refused)
            #expect(error?.description.contains("redisPassword") == true)
            let wrong = try Fixture(server, ["redisPassword": .text("topsecret")])
            error = await #expect(throws: ComponentError.self) { try await wrong.pubSub.connect() }
            #expect(error?.code == .refused)
            #expect(error?.description.contains("topsecret") == false)
            let nobody = try Fixture(port: UInt16(try FreePort.take()))
            error = await #expect(throws: ComponentError.self) { try await nobody.pubSub.connect() }
            #expect(error?.code == .unavailable)
            let loading = try CannedServer("-LOADING Redis is loading the dataset in memory\r\n")
            let early = try Fixture(port: loading.port)
            error = await #expect(throws: ComponentError.self) { try await early.pubSub.connect() }
            #expect(error?.code == .unavailable)
            let web = try CannedServer("HTTP/1.1 400 Bad Request\r\n\r\n")
            let mistaken = try Fixture(port: web.port)
            error = await #expect(throws: ComponentError.self) { try await mistaken.pubSub.connect() }
            #expect(error?.code == .protocolViolation)
            #expect(error?.description.contains("is it Redis?") == true)
            loading.close()
            web.close()
            let good = try Fixture(server, ["redisPassword": .text("secret")])
            try await good.pubSub.connect()
            await good.pubSub.close()
        }
    }

    @Test func `rights that are taken away are told, and work goes on when they are given back`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        server.cli("ACL", "SETUSER", "me", "on", ">secret", "~*", "+@all")
        try await onShardThrowing {
            let fixture = try Fixture(server, ["redisUsername": .text("me"), "redisPassword": .text("secret")])
            try await fixture.pubSub.connect()
            let inlet = TestInlet()
            _ = try await fixture.subscribe("t", inlet)
            server.cli("ACL", "SETUSER", "me", "-xreadgroup", "-xadd")
            fixture.publish("t", ["refused"])
            #expect(await eventually { fixture.publisher.errors.count == 1 })
            #expect(fixture.publisher.errors.first?.0.code == .refused)
            #expect(fixture.publisher.errors.first?.0.outcome == .notSent)
            #expect(await eventually { fixture.host.warnings.contains { $0.contains("NOPERM") } })
            server.cli("ACL", "SETUSER", "me", "+@all")
            fixture.publish("t", ["1"])
            #expect(await eventually { inlet.bodies == ["1"] })
            #expect(fixture.host.warnings.count <= 6)
            await fixture.pubSub.close()
        }
    }

    @Test func `the rights that brokers/redis/README names are enough`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        server.cli(
            "ACL", "SETUSER", "me", "on", ">secret", "~t", "+xadd", "+xreadgroup", "+xack", "+xclaim", "+xpending",
            "+xrange", "+xgroup|create", "+xinfo|stream", "+ping", "+select", "+client|setname", "+client|id",
            "+client|unblock")
        try await onShardThrowing {
            let settings: [String: SettingValue] = [
                "redisUsername": .text("me"), "redisPassword": .text("secret"), "redisDB": .integer(2),
                "processingTimeout": .duration(.milliseconds(200)), "redeliverInterval": .duration(.milliseconds(100)),
            ]
            let fixture = try Fixture(server, settings)
            try await fixture.pubSub.connect()
            let inlet = TestInlet { $0.earlierAttempts == 0 ? .release : .hold }
            let source = try await fixture.subscribe("t", inlet)
            fixture.publish("t", ["1"])
            #expect(await eventually { inlet.received.count == 2 })
            try await EventLoop.current.sleep(for: .milliseconds(400))
            inlet.settleHeld()
            server.cli("-n", "2", "XGROUP", "DESTROY", "t", "app")
            fixture.publish("t", ["2"])
            #expect(await eventually { inlet.bodies.contains("2") })
            await source.cancel()
            await fixture.pubSub.close()
            inlet.settleHeld(.release)
            #expect(!fixture.host.warnings.contains { $0.contains("NOPERM") }, "\(fixture.host.warnings)")
            let stranger = try Fixture(server, settings)
            try await stranger.pubSub.connect()
            let error = await #expect(throws: ComponentError.self) {
                _ = try await stranger.subscribe("u", TestInlet())
            }
            #expect(error?.code == .refused && error?.description.contains("NOPERM") == true)
            await stranger.pubSub.close()
        }
    }

    @Test func `the adapter speaks TLS, and an unknown authority is a refusal`() async throws {
        let certificates = try Shared.certificates.get()
        let server = try RedisServer(tls: certificates)
        defer { server.kill() }
        try await onShardThrowing {
            let fixture = try Fixture(
                server, ["enableTLS": .bool(true), "caCert": .text(try certificates.text("ca.pem"))])
            try await fixture.pubSub.connect()
            let inlet = TestInlet()
            _ = try await fixture.subscribe("t", inlet)
            fixture.publish("t", (0..<2_000).map { "\($0)" + String(repeating: "x", count: 500) })
            #expect(await eventually { inlet.received.count == 2_000 })
            await fixture.pubSub.close()
            let careful = try Fixture(
                server, ["enableTLS": .bool(true), "caCert": .text(certificates.path("stranger.pem"))])
            let error = await #expect(throws: ComponentError.self) { try await careful.pubSub.connect() }
            #expect(error?.code == .refused)
            #expect(error?.description.contains("authority") == true)
        }
    }

    @Test func `twenty restarts leave no descriptor and no subscription behind`() async throws {
        let server = try RedisServer()
        defer { server.kill() }
        try await onShardThrowing {
            let fixture = try Fixture(server)
            try await fixture.pubSub.connect()
            let inlet = TestInlet()
            _ = try await fixture.subscribe("t", inlet)
            try await EventLoop.current.sleep(for: .milliseconds(50))
            let before = try openSockets(to: server.port)
            for round in 1...20 {
                server.kill()
                #expect(await eventually { fixture.host.losses.count == round })
                try server.start()
                #expect(await reconnect(fixture.pubSub))
            }
            fixture.publish("t", ["1"])
            #expect(await eventually { inlet.bodies == ["1"] })
            let after = try openSockets(to: server.port)
            #expect(before > 0 && after <= before)
            await fixture.pubSub.close()
        }
    }
}

/// How many descriptors of this process are TCP sockets to a port of this machine, those included that the other side has closed. Other
/// descriptors come and go with the tests beside this one.
private func openSockets(to port: UInt16) throws -> Int {
    let own = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").map { name in
        var link = [UInt8](repeating: 0, count: 64)
        let length = readlink("/proc/self/fd/" + name, &link, link.count)
        return String(decoding: link.prefix(max(0, length)), as: UTF8.self)
    }
    let table = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/net/tcp")).readToEnd() ?? Data()
    let rows = String(decoding: table, as: UTF8.self).split(separator: "\n").dropFirst()
    return rows.count { row in
        let fields = row.split(separator: " ")
        guard fields.count > 9, let peer = fields[2].split(separator: ":").last, UInt16(peer, radix: 16) == port else {
            return false
        }
        return own.contains("socket:[\(fields[9])]")
    }
}
