import Foundation
import Messaging
import MessagingTesting
import TestServers
import Testing

/// What only a server of its own can do: die, stand still, run short of memory, ask for certificates.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["MARTLET_SKIP_LONG"] == nil))
struct RabbitMQFaultTests {
    @Test(.timeLimit(.minutes(4)))
    func `what the app has when the broker dies joins its copy, and topology comes back`() async throws {
        try await RabbitMQStage.run(server: { try RabbitMQServer() }) { stage in
            let component = try await stage.bench.connected()
            let subscriber = try await stage.subscribe(component, "t")
            let bodies = (0..<20).map { "\($0)" }
            try await stage.bench.store(component, "t", bodies)
            try await stage.bench.wait("all events") { subscriber.messages.count == 20 }
            stage.server.kill()
            try await stage.bench.wait("the loss") { component.losses > 0 }
            let error = try await stage.refused(component, "t", "away")
            #expect(error.code == .unavailable && error.outcome == .notSent)
            try stage.server.start()
            try await stage.bench.wait("the connection") { !component.isLost }
            try await stage.bench.store(component, "t", ["last"])
            try await stage.bench.wait("the last event") { subscriber.bodies.contains("last") }
            await stage.bench.watch()
            #expect(subscriber.bodies == bodies + ["last"])
            subscriber.acknowledge()
            await stage.bench.close(component)
            // Acknowledged under their new numbers: nothing is left.
            let next = try await stage.bench.connected()
            let rest = try await stage.subscribe(next, "t")
            await stage.bench.watch()
            #expect(rest.messages.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `a broker that is short of memory is told at once, and takes acknowledgements`() async throws {
        try await RabbitMQStage.run(server: { try RabbitMQServer() }) { stage in
            let component = try await stage.bench.connected()
            let subscriber = try await stage.subscribe(component, "t")
            try await stage.bench.store(component, "t", ["a", "b"])
            try await stage.bench.wait("both events") { subscriber.messages.count == 2 }
            try stage.server.control("set_vm_memory_high_watermark", "absolute", "1MB")
            // The broker speaks of it at the first publish.
            let first = stage.bench.start(component, [("t", Array("c".utf8), Metadata(), [])])
            try await stage.bench.wait("the alarm") { component.warnings.contains { $0.contains("low on memory") } }
            let error = try await stage.refused(component, "t", "d")
            #expect(error.code == .full && error.outcome == .notSent)
            #expect(stage.bench.outcome(first[0]) == nil)
            subscriber.acknowledge()
            try stage.server.control("set_vm_memory_high_watermark", "0.8")
            try await stage.bench.wait("the end of it") {
                component.warnings.contains { $0.contains("takes events again") }
            }
            try await stage.bench.wait("the first answer") { stage.bench.outcome(first[0]) != nil }
            try await stage.bench.store(component, "t", ["e"])
            try await stage.bench.wait("the rest") { subscriber.bodies == ["a", "b", "c", "e"] }
            #expect(component.losses == 0)
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `a broker that stands still is given up within twice the heartbeat`() async throws {
        try await RabbitMQStage.run(server: { try RabbitMQServer() }, values: ["heartBeat": "2s"]) { stage in
            let component = try await stage.bench.connected()
            let subscriber = try await stage.subscribe(component, "t")
            subscriber.takesAll = true
            try await stage.bench.store(component, "t", ["a"])
            // Idle for longer than the heartbeat: each side hears the other.
            await stage.harness.sleep(for: .seconds(5))
            #expect(component.losses == 0)
            stage.server.signal(SIGSTOP)
            let begin = stage.harness.loop.now
            let token = stage.bench.start(component, [("t", Array("b".utf8), Metadata(), [])])[0]
            // Not by the bench, which connects again on the way.
            while component.losses == 0 { await stage.harness.sleep(for: .milliseconds(10)) }
            let took = stage.harness.loop.now.elapsed(since: begin)
            #expect(took > .seconds(2) && took < .seconds(7), "\(took)")
            guard case .failed(let error)? = stage.bench.outcome(token) else {
                throw ContractViolation("the publish was not answered")
            }
            #expect(error.code == .timeout && error.outcome == .unknown)
            stage.server.signal(SIGCONT)
            try await stage.bench.wait("the connection") { !component.isLost }
            try await stage.bench.store(component, "t", ["c"])
            try await stage.bench.wait("the event") { subscriber.bodies.contains("c") }
        }
    }

    @Test(.timeLimit(.minutes(4)))
    func `TLS with certificates on both sides, which say who comes`() async throws {
        let certificates = try MQTTCertificates()
        defer { certificates.dispose() }
        let lines = [
            "listeners.tcp = none", "listeners.ssl.1 = 127.0.0.1:PORT",
            "ssl_options.cacertfile = \(certificates.path("ca.pem"))",
            "ssl_options.certfile = \(certificates.path("server.pem"))",
            "ssl_options.keyfile = \(certificates.path("server.key"))",
            "ssl_options.verify = verify_peer", "ssl_options.fail_if_no_peer_cert = true",
            "ssl_cert_login_from = common_name",
            "auth_mechanisms.1 = EXTERNAL", "auth_mechanisms.2 = PLAIN",
        ]
        let server: @Sendable () throws -> RabbitMQServer = {
            try RabbitMQServer(configuration: lines, plugins: ["rabbitmq_auth_mechanism_ssl"])
        }
        try await RabbitMQStage.run(server: server) { stage in
            let uri = "amqps://guest:guest@localhost:\(stage.server.port)"
            let identity = [
                "caCert": certificates.path("ca.pem"), "clientCert": try certificates.text("client.pem"),
                "clientKey": certificates.path("client.key"), "connectionString": uri,
            ]
            let unknown = try await stage.connectError(identity.merging(["saslExternal": "true"]) { $1 })
            #expect(unknown.code == .refused && unknown.reason.contains("clientCert"))
            try stage.server.control("add_user", "client", "unused")
            try stage.server.control("set_permissions", "client", ".*", ".*", ".*")
            for external in ["true", "false"] {
                stage.harness.values.merge(identity.merging(["saslExternal": external]) { $1 }) { $1 }
                let component = try await stage.bench.connected(consumer: external)
                let subscriber = try await stage.subscribe(component, external)
                try await stage.bench.store(component, external, [String(repeating: "x", count: 300_000), "y"])
                try await stage.bench.wait("both events") { subscriber.messages.count == 2 }
                #expect(subscriber.messages[0].body.count == 300_000)
            }
            // The node writes its log a moment later.
            try await stage.bench.wait("a line that names the user") {
                stage.server.log.contains("user 'client' authenticated")
            }
            let stranger = try await stage.connectError(["caCert": certificates.path("client.pem")])
            #expect(stranger.code == .refused && stranger.reason.contains("give the certificate of the authority"))
            let plain = try await stage.connectError(["connectionString": "amqp://localhost:\(stage.server.port)"])
            #expect(plain.reason.contains("does the port want TLS (amqps://)?"), "\(plain)")
        }
    }
}
