import Brokers
import Foundation
import Loop
import Messaging
import MessagingTesting
import TestServers
import Testing

/// The kinds of this build, each with the harness that it is checked on.
enum KindUnderTest: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case inMemory = "pubsub.in-memory"
    case embedded = "pubsub.embedded"
    case kafka = "pubsub.kafka"
    case redis = "pubsub.redis"
    case mqtt3 = "pubsub.mqtt3"
    case mqtt5 = "pubsub.mqtt5"
    case rabbitmq = "pubsub.rabbitmq"
    /// The broker of `MessagingTesting`, without a command to misbehave: what stands in for a broker must keep the contract too.
    case faulty = "pubsub.faulty"

    var testDescription: String { rawValue }

    /// Kafka has a suite of its own: its server is heavy, and there may be none.
    static let present = allCases.filter { $0 == .faulty || ($0 != .kafka && $0.kind != nil) }

    var kind: PubSubKind? { Brokers.all.first { $0.type == rawValue } }

    /// Made on the shard.
    /// - Parameter stopsBroker: whether the broker is stopped on the way, so that it cannot be shared with other tests.
    func harness(stopsBroker: Bool = true) throws -> any PubSubHarness {
        if self == .faulty { return FaultyHarness() }
        let kind = try #require(kind)
        switch self {
        case .inMemory: return InMemoryHarness(kind)
        case .embedded: return EmbeddedHarness(kind)
        case .kafka: return KafkaHarness(server: try KafkaServer.shared.get(), kind)
        case .redis: return RedisHarness(server: try RedisServer(), kind)
        case .mqtt3, .mqtt5: return MQTTHarness(server: try MosquittoServer(), kind)
        case .rabbitmq:
            let server = try stopsBroker ? RabbitMQServer() : RabbitMQServer.shared()
            return RabbitMQHarness(kind, server: server, isOwn: stopsBroker)
        case .faulty: return FaultyHarness()
        }
    }
}

struct ContractTests {
    /// `MARTLET_SKIP_LONG` leaves out what takes long whatever the machine: the sanitizers run one test after the other.
    static let rules = PubSubContract.rules.filter {
        !$0.takesLong || ProcessInfo.processInfo.environment["MARTLET_SKIP_LONG"] == nil
    }

    @Test(.timeLimit(.minutes(4)), arguments: KindUnderTest.present, rules)
    func `the kind keeps the rule, or behaves as declared without it`(
        _ kind: KindUnderTest, _ rule: PubSubRule
    ) async throws {
        await Self.check(kind, rule)
    }

    static func check(_ kind: KindUnderTest, _ rule: PubSubRule) async {
        let shard = Shard(name: "contract")
        let violation = await shard.run { () -> String? in
            do {
                let harness = try kind.harness(stopsBroker: rule.needsBroker)
                do {
                    _ = try await rule.check(harness)
                } catch {
                    await harness.dispose()
                    throw error
                }
                await harness.dispose()
                return nil
            } catch { return "\(error)" }
        }
        shard.stop()
        shard.join()
        if let violation { Issue.record("\(kind.rawValue), \(rule.name): \(violation)") }
    }

    @Test func `every kind of this build is under test`() {
        #expect(Brokers.all.allSatisfy { KindUnderTest(rawValue: $0.type) != nil })
    }
}

/// The same rules on a real Kafka, one after the other: they share the server, and some stop it.
@Suite(.serialized, .enabled(if: KafkaServer.absence == nil, "a Kafka in KAFKA_HOME (brokers/kafka/README.md)"))
struct KafkaContractTests {
    @Test(.timeLimit(.minutes(4)), arguments: ContractTests.rules)
    func `Kafka keeps the rule, or behaves as declared without it`(_ rule: PubSubRule) async {
        await ContractTests.check(.kafka, rule)
    }
}
