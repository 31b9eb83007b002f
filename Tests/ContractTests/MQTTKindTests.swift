import Brokers
import Foundation
import Loop
import Messaging
import MessagingTesting
import Testing

/// What the kinds of MQTT do beyond the contract, against a real mosquitto.
struct MQTTKindTests {
    static let kinds: [KindUnderTest] = [.mqtt3, .mqtt5]

    /// Runs a body on a shard with a bench and its broker.
    private func run(
        _ kind: KindUnderTest, broker options: [String] = [], values: [String: String] = [:], user: String = "",
        _ body: @escaping @Sendable (ContractBench, MQTTHarness) async throws -> Void
    ) async throws {
        let shard = Shard(name: "mqtt")
        let failure = await shard.run { () -> (any Error)? in
            do {
                let harness = MQTTHarness(server: try MosquittoServer(options: options), try #require(kind.kind))
                harness.values = values
                harness.user = user
                let bench = ContractBench(harness, prefix: "")
                var failure: (any Error)?
                do { try await body(bench, harness) } catch { failure = error }
                await bench.dispose()
                await harness.dispose()
                return failure
            } catch { return error }
        }
        shard.stop()
        shard.join()
        if let failure { throw failure }
    }

    private static func error(_ body: () async throws -> Void) async -> ComponentError? {
        do {
            try await body()
            return nil
        } catch { return error as? ComponentError }
    }

    private static func publish(
        _ bench: ContractBench, _ component: ContractComponent, _ topic: String, _ body: String,
        _ metadata: [(String, String)] = []
    ) async throws -> PublishOutcome? {
        try await bench.publish(component, [(topic, Array(body.utf8), Metadata(metadata), [])]).first
    }

    // MARK: Quality of service, retain, sessions

    @Test(.timeLimit(.minutes(1)), arguments: kinds, ["0", "1", "2"])
    func `events of each quality of service arrive once`(_ kind: KindUnderTest, _ qos: String) async throws {
        try await run(kind, values: ["qos": qos]) { bench, _ in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t", limit: Credit(events: 9, bytes: 1 << 20))
            let bodies = (0..<500).map { "\($0)" }
            try await bench.store(component, "t", bodies)
            try await bench.wait("all events") { subscriber.received.count >= 500 }
            await bench.watch()
            #expect(subscriber.bodies == bodies)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: kinds, ["1", "2"])
    func `what the app has when the broker restarts does not come twice`(
        _ kind: KindUnderTest, _ qos: String
    )
        async throws
    {
        try await run(kind, values: ["qos": qos]) { bench, harness in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t") { _ in .hold }
            try await bench.store(component, "t", (0..<20).map { "\($0)" })
            try await bench.wait("all events") { subscriber.received.count == 20 }
            harness.server.kill()
            try await bench.wait("the loss") { component.losses > 0 }
            // Done while there is no connection: acknowledged on the next one.
            subscriber.settle(10)
            try harness.server.start()
            try await bench.wait("the connection") { !component.isLost }
            await bench.watch()
            subscriber.settle()
            // Once the broker has every acknowledgement, and no sooner, it has no reason to send anything again.
            let answer = qos == "1" ? "Received PUBACK" : "Received PUBCOMP"
            try await bench.wait("the broker's receipt of all acknowledgements") {
                harness.server.log.components(separatedBy: answer).count > 20
            }
            #expect(subscriber.received.count == 20)
            harness.server.kill()
            try harness.server.start()
            try await bench.wait("the connection") { component.losses > 1 && !component.isLost }
            try await bench.store(component, "t", ["last"])
            try await bench.wait("the last event") { subscriber.bodies.contains("last") }
            #expect(subscriber.received.count == 21)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: kinds)
    func `a retained event comes to later subscriptions and says so`(_ kind: KindUnderTest) async throws {
        try await run(kind) { bench, _ in
            let component = try await bench.connected()
            let early = try await bench.subscribe(component, "t")
            _ = try await Self.publish(bench, component, "t", "kept", [("retain", "true")])
            try await bench.wait("the event") { early.received.count == 1 }
            #expect(early.received.first?.metadata["retained"] == "false")
            let other = try await bench.connected(consumer: "other")
            let late = try await bench.subscribe(other, "t")
            try await bench.wait("the retained event") { late.received.count == 1 }
            #expect(late.received.first?.metadata["retained"] == "true")
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: kinds)
    func `a clean session forgets, a persistent one keeps`(_ kind: KindUnderTest) async throws {
        for isClean in [true, false] {
            try await run(kind, values: ["cleanSession": "\(isClean)"]) { bench, _ in
                let first = try await bench.connected()
                _ = try await bench.subscribe(first, "t")
                await bench.close(first)
                let publisher = try await bench.connected(consumer: "publisher")
                try await bench.store(publisher, "t", ["away"])
                let second = try await bench.connected()
                let subscriber = try await bench.subscribe(second, "t")
                try await bench.store(publisher, "t", ["back"])
                try await bench.wait("the event") { subscriber.bodies.contains("back") }
                #expect(subscriber.bodies == (isClean ? ["back"] : ["away", "back"]))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: kinds)
    func `a shared subscription gives each event to one`(_ kind: KindUnderTest) async throws {
        try await run(kind) { bench, _ in
            let one = try await bench.subscribe(try await bench.connected(consumer: "one"), "$share/g/a/+")
            let two = try await bench.subscribe(try await bench.connected(consumer: "two"), "$share/g/a/+")
            let publisher = try await bench.connected(consumer: "publisher")
            try await bench.store(publisher, "a/b", (0..<40).map { "\($0)" })
            try await bench.wait("all events") { one.received.count + two.received.count >= 40 }
            await bench.watch()
            #expect(Set(one.bodies + two.bodies).count == 40 && one.received.count + two.received.count == 40)
            #expect(!one.bodies.isEmpty && !two.bodies.isEmpty)
            #expect(one.received.first?.topic == "a/b")
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: kinds)
    func `events of a session whose subscription comes later wait for it`(_ kind: KindUnderTest) async throws {
        try await run(kind) { bench, _ in
            let first = try await bench.connected()
            _ = try await bench.subscribe(first, "one")
            _ = try await bench.subscribe(first, "two")
            await bench.close(first)
            let publisher = try await bench.connected(consumer: "publisher")
            try await bench.store(publisher, "two", ["a", "b"])
            let second = try await bench.connected()
            _ = try await bench.subscribe(second, "one")
            await bench.watch()
            let two = try await bench.subscribe(second, "two")
            try await bench.wait("both events") { two.bodies == ["a", "b"] }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: kinds)
    func `events that no subscription takes are kept up to the bound, and wait for one`(
        _ kind: KindUnderTest
    )
        async throws
    {
        try await run(kind) { bench, harness in
            let first = try await bench.connected()
            _ = try await bench.subscribe(first, "gone")
            await bench.close(first)
            let publisher = try await bench.connected(consumer: "publisher")
            let bodies = (0..<400).map { "\($0) " + String(repeating: "x", count: 1_000) }
            try await bench.store(publisher, "gone", bodies)
            harness.values["maxInFlight"] = "10"
            let second = try await bench.connected()
            // An answer that comes behind events is waited for, whatever is unfinished.
            _ = try await bench.subscribe(second, "other")
            await bench.watch()
            let gone = try await bench.subscribe(second, "gone")
            try await bench.wait("all events") { gone.received.count >= 400 }
            #expect(gone.bodies == bodies)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: kinds)
    func `a subscription is made while another one's events fill what may be unfinished`(
        _ kind: KindUnderTest
    )
        async throws
    {
        try await run(kind, values: ["maxInFlight": "10"]) { bench, _ in
            let component = try await bench.connected()
            let slow = try await bench.subscribe(component, "slow", limit: Credit(events: 5, bytes: 1 << 20)) { _ in
                .hold
            }
            try await bench.store(component, "slow", (0..<200).map { "\($0)" })
            try await bench.wait("five events") { slow.received.count == 5 }
            let other = try await bench.subscribe(component, "other")
            slow.verdict = { _ in .acknowledge }
            slow.settle()
            try await bench.store(component, "other", ["x"])
            try await bench.wait("all events") { slow.received.count == 200 && other.bodies == ["x"] }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `an unsubscription ends what comes, where the subscription asks for it`() async throws {
        try await run(.mqtt3) { bench, harness in
            let component = try await bench.connected()
            let inlet = try await bench.subscribe(component, "kept")
            let request = SubscriptionRequest(topic: "gone", metadata: Metadata([("unsubscribeOnClose", "true")]))
            let source = try await component.pubSub.subscribe(request, into: inlet)
            await source.cancel()
            await bench.cancel(inlet)
            #expect(harness.server.log.contains("UNSUBSCRIBE"))
            #expect(harness.server.log.contains("consumer gone"))
            #expect(!harness.server.log.contains("\tkept\n") || !harness.server.log.contains("UNSUBSCRIBE kept"))
        }
    }

    // MARK: Properties of MQTT 5

    @Test(.timeLimit(.minutes(1)))
    func `an event in binary mode becomes an envelope, and an envelope goes in binary mode`() async throws {
        try await run(.mqtt5) { bench, harness in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t")
            let attributes = [("specversion", "1.0"), ("id", "7"), ("source", "/s"), ("type", "x"), ("Other", "y")]
            _ = try await Self.publish(bench, component, "t", "{\"a\":1}", attributes)
            try await bench.wait("the event") { subscriber.received.count == 1 }
            #expect(
                subscriber.bodies == [
                    "{\"specversion\":\"1.0\",\"id\":\"7\",\"source\":\"/s\",\"type\":\"x\",\"data\":{\"a\":1}}"
                ])
            #expect(subscriber.received[0].contentType == "application/cloudevents+json")
            #expect(subscriber.received[0].metadata["Other"] == "y")
            #expect(subscriber.received[0].metadata["id"] == nil)
            harness.values = ["cloudEvents": "binary"]
            let binary = try await bench.connected(consumer: "binary")
            let envelope =
                "{\"specversion\":\"1.0\",\"id\":\"8\",\"source\":\"/s\",\"type\":\"x\",\"datacontenttype\":\"text/plain\",\"data\":\"hi\"}"
            _ = try await Self.publish(bench, binary, "t", envelope)
            try await bench.wait("the event") { subscriber.received.count == 2 }
            #expect(subscriber.bodies[1] == envelope)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `response topic and correlation data travel, and the broker forgets what is too old`() async throws {
        try await run(.mqtt5) { bench, _ in
            let first = try await bench.connected()
            _ = try await bench.subscribe(first, "t")
            await bench.close(first)
            let publisher = try await bench.connected(consumer: "publisher")
            _ = try await Self.publish(bench, publisher, "t", "old", [("ttlInSeconds", "1")])
            _ = try await Self.publish(
                bench, publisher, "t", "new",
                [("ttl", "1h"), ("responseTopic", "answers/1"), ("correlationData", "c")])
            await bench.harness.sleep(for: .milliseconds(2_200))
            let subscriber = try await bench.subscribe(try await bench.connected(), "t")
            try await bench.wait("the new event") { subscriber.bodies.contains("new") }
            await bench.watch()
            #expect(subscriber.bodies == ["new"])
            #expect(subscriber.received[0].metadata["responseTopic"] == "answers/1")
            #expect(subscriber.received[0].metadata["correlationData"] == "c")
            #expect(subscriber.received[0].metadata["ttl"] == nil)
        }
    }

    // MARK: TLS

    @Test(.timeLimit(.minutes(1)), arguments: kinds)
    func `TLS with certificates on both sides`(_ kind: KindUnderTest) async throws {
        let certificates = try MQTTCertificates()
        let options = [
            "cafile \(certificates.path("ca.pem"))", "certfile \(certificates.path("server.pem"))",
            "keyfile \(certificates.path("server.key"))", "require_certificate true", "use_identity_as_username true",
        ]
        try await run(kind, broker: options) { bench, harness in
            let url = "mqtts://localhost:\(harness.server.port)"
            harness.values = [
                "url": url, "caCert": certificates.path("ca.pem"),
                "clientCert": try certificates.text("client.pem"), "clientKey": certificates.path("client.key"),
            ]
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t")
            try await bench.store(component, "t", [String(repeating: "x", count: 200_000), "y"])
            try await bench.wait("both events") { subscriber.received.count == 2 }
            #expect(harness.server.log.contains("u'client'"))
            harness.values = ["url": url, "caCert": certificates.path("client.pem")]
            let stranger = try bench.make(consumer: "stranger")
            let error = await Self.error { try await stranger.pubSub.connect() }
            #expect(error?.code == .refused)
            #expect(error?.reason.contains("give the certificate of the authority") == true)
            harness.values = ["url": "mqtt://localhost:\(harness.server.port)"]
            let plain = try bench.make(consumer: "plain")
            let other = await Self.error { try await plain.pubSub.connect() }
            #expect(other?.reason.contains("does the port want TLS (mqtts://)?") == true)
            certificates.dispose()
        }
    }

    // MARK: Refusals

    @Test(.timeLimit(.minutes(1)), arguments: kinds)
    func `a broker that takes nobody without a password says so`(_ kind: KindUnderTest) async throws {
        try await run(kind, broker: ["allow_anonymous false"], user: "user:secret@") { bench, _ in
            let component = try bench.make()
            let error = await Self.error { try await component.pubSub.connect() }
            #expect(error?.code == .refused)
            #expect(error?.description.lowercased().contains("not authori") == true)
            #expect(error?.description.contains("secret") == false)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: kinds)
    func `what the broker does not allow is told, and the rest works`(_ kind: KindUnderTest) async throws {
        let rules = NSTemporaryDirectory() + "martlet-acl-" + UUID().uuidString
        try "topic readwrite open/#\ntopic read half\n".write(toFile: rules, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: rules) }
        try await run(kind, broker: ["acl_file \(rules)"]) { bench, _ in
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "open/+")
            // Mosquitto 2.0.11 may end the connection of whom it has denied something.
            let denied = try await bench.connected(consumer: "denied")
            let outcome = try await Self.publish(bench, denied, "half", "x")
            if kind == .mqtt5 {
                guard case .failed(let error)? = outcome else { throw ContractViolation("a publish was taken") }
                #expect(error.code == .refused && error.outcome == .notSent && error.nativeCode == 0x87)
                #expect(error.reason.contains("Not authorized"))
            }
            try await bench.store(component, "open/a", ["y"])
            try await bench.wait("the event") { subscriber.bodies == ["y"] }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: kinds, ["a/+", "", "a#b", "x\0y"])
    func `a topic that cannot be published to is refused before it is sent`(
        _ kind: KindUnderTest, _ topic: String
    )
        async throws
    {
        try await run(kind) { bench, _ in
            let component = try await bench.connected()
            guard case .failed(let error)? = try await Self.publish(bench, component, topic, "x") else {
                throw ContractViolation("the publish was taken")
            }
            #expect(error.code == .refused && error.outcome == .notSent)
            try await bench.store(component, "t", ["y"])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `an event larger than the broker's packets is refused before it is sent`() async throws {
        try await run(.mqtt5, broker: ["max_packet_size 2000"]) { bench, _ in
            let component = try await bench.connected()
            let large = String(repeating: "x", count: 3_000)
            guard case .failed(let error)? = try await Self.publish(bench, component, "t", large) else {
                throw ContractViolation("the publish was taken")
            }
            #expect(error.outcome == .notSent && error.reason.contains("2000"))
            try await bench.store(component, "t", ["y"])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a client that loses its session to another one is told which id`() async throws {
        try await run(.mqtt5) { bench, _ in
            let first = try await bench.connected()
            _ = try await bench.subscribe(first, "t")
            let host = LossNote()
            let other = try bench.harness.make(consumer: "consumer", instance: "two", host: host)
            try await other.connect()
            _ = try await other.subscribe(SubscriptionRequest(topic: "t"), into: try await bench.subscribe(first, "u"))
            try await bench.wait("the loss") { first.losses > 0 }
            try await bench.wait("the fight") { host.reason != nil }
            #expect(host.reason?.contains("client id consumer") == true)
            await other.close()
        }
    }
}

/// Remembers why a connection was lost.
private final class LossNote: PubSubHost {
    var reason: String?
    func connectionLost(_ error: ComponentError) { reason = error.reason }
    func warn(_ message: String) {}
}
