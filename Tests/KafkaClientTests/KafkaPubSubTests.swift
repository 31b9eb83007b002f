import CRDKafka
import Foundation
import Loop
import Messaging
import MessagingTesting
import Testing

/// What `pubsub.kafka` does beyond the contract, on librdkafka's mock cluster.
///
/// Not under ThreadSanitizer: librdkafka starts its threads with C11's `thrd_create`, which the sanitizer does not see, and the first of them that
/// locks something ends the process.
@Suite(
    .enabled(
        if: ProcessInfo.processInfo.environment["MARTLET_SANITIZER"] != "thread",
        "ThreadSanitizer does not know librdkafka's threads"))
struct KafkaPubSubTests {
    static let oldest = ["initialOffset": "oldest", "heartbeatInterval": "200ms", "sessionTimeout": "3s"]

    @Test(.timeLimit(.minutes(1)))
    func `one event of a partition at a time, in order, also when one fails`() async throws {
        try await MockHarness.run(Self.oldest) { bench, cluster in
            cluster.makeTopic("t", partitions: 1)
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t")
            subscriber.verdict = { [unowned subscriber] message in
                let count = subscriber.received.count { $0.body == message.body }
                return message.body == Array("1".utf8) && count < 3 ? .release(attempts: count) : .acknowledge
            }
            try await bench.store(component, "t", (0..<5).map { "\($0)" })
            try await bench.wait("seven deliveries") { subscriber.received.count == 7 }
            #expect(subscriber.bodies == ["0", "1", "1", "1", "2", "3", "4"])
            #expect(subscriber.mostInFlight == 1)
            #expect(subscriber.received[3].earlierAttempts == 2)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a group starts at the newest event, and a restart skips nothing that came afterwards`() async throws {
        try await MockHarness.run(["heartbeatInterval": "200ms", "sessionTimeout": "3s"]) { bench, cluster in
            cluster.makeTopic("t", partitions: 2)
            let first = try await bench.connected()
            try await bench.store(first, "t", ["before"])
            let subscriber = try await bench.subscribe(first, "t") { _ in .hold }
            try await bench.store(first, "t", ["after", "later"])
            try await bench.wait("both") { subscriber.received.count == 2 }
            // Nothing was finished: only the start can have been committed.
            await bench.close(first)
            let second = try await bench.connected()
            let again = try await bench.subscribe(second, "t")
            try await bench.wait("both again") { again.received.count == 2 }
            await bench.watch()
            #expect(Set(again.bodies) == ["after", "later"])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `events of a key stay in one partition, those without are spread`() async throws {
        try await MockHarness.run(Self.oldest) { bench, cluster in
            cluster.makeTopic("t", partitions: 4)
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t")
            try await bench.publish(
                component, (0..<20).map { ("t", Array("\($0)".utf8), Metadata([("partitionKey", "k")]), []) })
            try await bench.publish(component, (0..<20).map { _ in ("t", Array("x".utf8), Metadata(), []) })
            try await bench.wait("all") { subscriber.received.count == 40 }
            let keyed = subscriber.received.filter { !$0.key.isEmpty }
            // Sarama's hash partitioner: FNV-1a, and its sign taken away.
            let hash = "k".utf8.reduce(0x811C_9DC5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
            let partition = abs(Int(Int32(bitPattern: hash)) % 4)
            #expect(keyed.allSatisfy { $0.metadata["__partition"] == "\(partition)" })
            #expect(keyed.map { String(decoding: $0.body, as: UTF8.self) } == (0..<20).map { "\($0)" })
            let others = subscriber.received.filter { $0.key.isEmpty }
            for partition in 0..<4 { #expect(others.count { $0.metadata["__partition"] == "\(partition)" } == 5) }
        }
    }

    /// The test vectors of FNV-1a with 32 bits. Sarama's hash partitioner, which daprd uses, takes the sign away from the remainder.
    static let hashes: [(key: String, hash: UInt32)] = [
        ("a", 0xE40C_292C), ("b", 0xE70C_2DE5), ("c", 0xE60C_2C52), ("foo", 0xA9F3_7ED7), ("foobar", 0xBF9C_F968),
        ("fo", 0x6222_E842), ("foob", 0x3F50_76EF),
    ]

    @Test(.timeLimit(.minutes(1)))
    func `keys go to the partitions that Sarama's hash partitioner gives them`() async throws {
        try await MockHarness.run(Self.oldest) { bench, cluster in
            cluster.makeTopic("t", partitions: 7)
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t")
            try await bench.publish(
                component,
                Self.hashes.map { ("t", Array($0.key.utf8), Metadata([("partitionKey", $0.key)]), []) })
            try await bench.wait("all") { subscriber.received.count == Self.hashes.count }
            for (key, hash) in Self.hashes {
                let message = try #require(subscriber.received.first { $0.body == Array(key.utf8) })
                let expected = abs(Int32(bitPattern: hash) % 7)
                #expect(message.metadata["__partition"] == "\(expected)", "\(key)")
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a named partition is used, one that is not there is refused`() async throws {
        try await MockHarness.run(Self.oldest) { bench, cluster in
            cluster.makeTopic("t", partitions: 3)
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t")
            let outcomes = try await bench.publish(
                component,
                [
                    ("t", [1], Metadata([("partitionNumber", "2")]), []),
                    ("t", [2], Metadata([("partitionNumber", "3")]), []),
                ])
            guard case .stored = outcomes[0], case .failed(let error) = outcomes[1] else {
                throw ContractViolation("got \(outcomes)")
            }
            #expect(error.code == .refused && error.outcome == .notSent && error.reason.contains("partitionNumber"))
            try await bench.wait("the event") { subscriber.received.count == 1 }
            #expect(subscriber.received[0].metadata["__partition"] == "2")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `what the broker refuses for good is not sent, what it refuses for now is stored once`() async throws {
        try await MockHarness.run(Self.oldest) { bench, cluster in
            cluster.makeTopic("t", partitions: 1)
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t")
            cluster.answer(0, [RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED])
            guard case .failed(let error)? = try await bench.publish(component, "t", ["refused"]).first else {
                throw ContractViolation("it was taken")
            }
            #expect(error.code == .refused && !error.description.contains("\n"))
            cluster.answer(0, [RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION])
            let other = try await bench.subscribe(component, "u")
            try await bench.store(component, "u", ["stored"])
            try await bench.wait("the event") { !other.received.isEmpty }
            await bench.watch()
            #expect(other.bodies == ["stored"] && subscriber.bodies.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `an event that is too large is refused with what to do`() async throws {
        try await MockHarness.run(Self.oldest.merging(["maxMessageBytes": "1000"]) { $1 }) { bench, _ in
            let component = try await bench.connected()
            guard
                case .failed(let error)? = try await bench.publish(
                    component, "t", [String(repeating: "x", count: 2_000)]
                ).first
            else { throw ContractViolation("it was taken") }
            #expect(error.code == .refused && error.outcome == .notSent)
            #expect(error.reason.contains("maxMessageBytes"))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `brokers that go and come are told of, and every publish ends`() async throws {
        try await MockHarness.run(brokers: 3, Self.oldest) { bench, cluster in
            cluster.makeTopic("t", partitions: 3)
            let component = try await bench.connected()
            let subscriber = try await bench.subscribe(component, "t")
            try await bench.store(component, "t", ["a", "b", "c"])
            cluster.goDown()
            let tokens = bench.start(component, (0..<30).map { ("t", Array("\($0)".utf8), Metadata(), []) })
            try await bench.wait("an answer to each") { tokens.allSatisfy { bench.outcome($0) != nil } }
            try await bench.wait("the loss") { component.isLost }
            cluster.comeUp()
            try await bench.wait("a connection") { !component.isLost }
            try await bench.store(component, "t", ["d"])
            try await bench.wait("the last event") { subscriber.bodies.contains("d") }
            let stored = tokens.enumerated().filter { _, token in
                if case .stored? = bench.outcome(token) { return true }
                return false
            }.map { "\($0.offset)" }
            try await bench.wait("what was stored") { Set(stored).isSubset(of: subscriber.bodies) }
        }
    }

    /// librdkafka 2.0 ends the process where such a member is destroyed between its joining and its first assignment.
    @Test(.timeLimit(.minutes(1)))
    func `a member that leaves after it joined, and before it was given anything, takes nobody along`() async throws {
        let values = Self.oldest.merging(["consumerGroupRebalanceStrategy": "sticky"]) { $1 }
        try await MockHarness.run(values) { bench, cluster in
            cluster.makeTopic("t", partitions: 4)
            // The group has the member, and gives it no partitions: SyncGroup (14) is refused each time. The first JoinGroup takes 3 s.
            cluster.answer(14, Array(repeating: RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, count: 1_000))
            let member = try await bench.connected()
            _ = try await bench.subscribe(member, "t")
            await bench.close(member)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["range", "roundrobin", "sticky"])
    func `members come and go, and no event is lost`(_ strategy: String) async throws {
        let values = Self.oldest.merging(["consumerGroupRebalanceStrategy": strategy, "ordering": "key"]) { $1 }
        try await MockHarness.run(values) { bench, cluster in
            cluster.makeTopic("t", partitions: 4)
            let first = try await bench.connected()
            let one = try await bench.subscribe(first, "t", limit: Credit(events: 20, bytes: 1 << 20))
            var stored: Set<String> = []
            var others: [ContractSubscriber] = []
            for round in 0..<2 {
                let bodies = (0..<100).map { "\(round)-\($0)" }
                try await bench.store(first, "t", bodies)
                stored.formUnion(bodies)
                let second = try await bench.connected(instance: "other\(round)")
                others.append(try await bench.subscribe(second, "t", limit: Credit(events: 20, bytes: 1 << 20)))
                let more = (100..<200).map { "\(round)-\($0)" }
                try await bench.store(first, "t", more)
                stored.formUnion(more)
                await bench.close(second)
            }
            let expected = stored
            try await bench.wait("every event") { expected.isSubset(of: one.bodies + others.flatMap(\.bodies)) }
        }
    }
}
