import Brokers
import Foundation
import Loop
import Messaging
import MessagingTesting
import Resources
import TestServers
import Testing

/// Settings as a resource would give them.
func settings(_ kind: PubSubKind, _ values: [String: String]) throws -> Settings {
    let properties = values.map { ResolvedComponent.Property(name: $0.key, value: $0.value) }
    let component = ResolvedComponent(spec: ComponentSpec(name: "bus", type: kind.type), properties: properties)
    let (settings, findings) = SettingsDecoder.settings(for: component, kind: kind.fields)
    let errors = findings.filter { $0.severity == .error }
    guard errors.isEmpty else { throw ContractViolation("\(errors)") }
    return settings
}

func context(_ kind: PubSubKind, appID: String, instance: String) -> ComponentContext {
    ComponentContext(name: "bus", type: kind.type, appID: appID, instanceID: instance)
}

/// What harnesses on a loop have in common.
class LoopHarness {
    let kind: PubSubKind
    let loop = EventLoop.current
    var scheduler: any Scheduler { loop }

    init(_ kind: PubSubKind) { self.kind = kind }

    func sleep(for duration: Duration) async { try? await loop.sleep(for: duration) }
}

/// A harness whose server can be put behind a link.
class LinkHarness: LoopHarness {
    private let serverPort: Int
    private(set) var link: Link?

    init(_ kind: PubSubKind, serverPort: Int) {
        self.serverPort = serverPort
        super.init(kind)
    }

    /// Where instances connect.
    var port: Int { link?.port ?? serverPort }
    var hasLink: Bool { true }
    var swallowedBytes: Int { link?.swallowedBytes ?? 0 }

    func useLink() { link = try? Link(to: serverPort) }
    func silenceLink() async { link?.silence() }
    func answers() async -> Bool { FreePort.accepts(serverPort) }
}

final class InMemoryHarness: LoopHarness, PubSubHarness {
    let sharesTopics = false
    let canStopBroker = false

    func make(consumer: String, instance: String, host: any PubSubHost) throws(ComponentError) -> any PubSub {
        try kind.make(Settings(values: [:], given: []), context(kind, appID: consumer, instance: instance), host)
    }

    func stopBroker() async {}
    func startBroker() async {}
    func dispose() async {}
}

/// One file in a directory of its own; instances come one after the other.
final class EmbeddedHarness: LoopHarness, PubSubHarness {
    let sharesTopics = false
    let canStopBroker = false
    let directory: String

    override init(_ kind: PubSubKind) {
        directory = NSTemporaryDirectory() + "martlet-contract-" + UUID().uuidString
        super.init(kind)
    }

    func make(consumer: String, instance: String, host: any PubSubHost) throws(ComponentError) -> any PubSub {
        do {
            return try kind.make(
                try settings(kind, ["path": directory + "/deep/er/log.db", "consumerID": consumer]),
                context(kind, appID: "app", instance: instance), host)
        } catch let error as ComponentError {
            throw error
        } catch {
            throw ComponentError(.settings, action: "making an instance", reason: "\(error)")
        }
    }

    func stopBroker() async {}
    func startBroker() async {}
    func dispose() async { try? FileManager.default.removeItem(atPath: directory) }
}

/// A real server with a file that it synchronises at every write, killed and started again.
final class RedisHarness: LinkHarness, PubSubHarness {
    let sharesTopics = true
    let canStopBroker = true
    let server: RedisServer

    init(server: RedisServer, _ kind: PubSubKind) {
        self.server = server
        super.init(kind, serverPort: server.port)
    }

    func make(consumer: String, instance: String, host: any PubSubHost) throws(ComponentError) -> any PubSub {
        do {
            // Redelivery fast enough for a test: what was not acknowledged is taken again after a second.
            let values = [
                "redisHost": "127.0.0.1:\(port)", "consumerID": consumer, "processingTimeout": "1s",
                "redeliverInterval": "200",
            ]
            return try kind.make(try settings(kind, values), context(kind, appID: "app", instance: instance), host)
        } catch let error as ComponentError {
            throw error
        } catch {
            throw ComponentError(.settings, action: "making an instance", reason: "\(error)")
        }
    }

    var idleLimit: Duration { .seconds(1) }
    func stopBroker() async { server.kill() }
    func startBroker() async { try? server.start() }

    func dispose() async {
        link?.close()
        server.dispose()
    }
}

/// A real server, killed and started again.
final class KafkaHarness: LoopHarness, PubSubHarness {
    let sharesTopics = true
    let canStopBroker = true
    let server: KafkaServer
    private var port: Int
    private var swallowedBefore = 0
    /// How the members of its groups share partitions.
    var strategy = "range"
    private var consumers: Set<String> = []

    init(server: KafkaServer, _ kind: PubSubKind) {
        self.server = server
        port = server.port
        super.init(kind)
    }

    func make(consumer: String, instance: String, host: any PubSubHost) throws(ComponentError) -> any PubSub {
        do {
            if !consumers.insert(consumer).inserted, instance == "two" {
                // Members of a group share partitions, so that two of them need a topic with two.
                try server.makeTopic(String(consumer.dropLast("consumer".count)) + "t", partitions: 2)
            }
            let values = [
                "brokers": "127.0.0.1:\(port)", "authType": "none", "consumerID": consumer,
                "initialOffset": "oldest", "ordering": "key", "maxMessageBytes": "8000000",
                "heartbeatInterval": "200ms", "sessionTimeout": "3s", "consumerGroupRebalanceStrategy": strategy,
            ]
            return try kind.make(try settings(kind, values), context(kind, appID: "app", instance: instance), host)
        } catch let error as ComponentError {
            throw error
        } catch {
            throw ComponentError(.settings, action: "making an instance", reason: "\(error)")
        }
    }

    func stopBroker() async { server.kill() }
    func startBroker() async { try? server.start() }
    func answers() async -> Bool { server.answers() }
    let hasLink = true
    func useLink() {
        port = server.link.port
        swallowedBefore = server.link.swallowedBytes
    }
    func silenceLink() async { server.link.silence() }
    var swallowedBytes: Int { server.link.swallowedBytes - swallowedBefore }
    /// The session's.
    let idleLimit = Duration.seconds(3)
    func dispose() async { try? server.start() }
}

/// The broker that stands in for others in tests.
final class FaultyHarness: LoopHarness, PubSubHarness {
    let sharesTopics = true
    let canStopBroker = true
    private let broker = FaultyBroker()
    private var components: [FaultyPubSub] = []
    private var isDown = false
    private let wrap: (FaultyPubSub) -> any PubSub

    init(wrap: @escaping (FaultyPubSub) -> any PubSub = { $0 }) {
        self.wrap = wrap
        super.init(
            PubSubKind(
                "pubsub.faulty", summary: "misbehaves on command", fields: [],
                capabilities: [.durable, .ordered, .sharedGroups]
            ) { (_, _, _) throws(ComponentError) in
                throw ComponentError(.settings, action: "making an instance", reason: "the harness makes it")
            })
    }

    func make(consumer: String, instance: String, host: any PubSubHost) throws(ComponentError) -> any PubSub {
        let component = FaultyPubSub(broker, scheduler: loop, host: host, group: consumer)
        if isDown { component.connectFaults = [down] }
        components.append(component)
        return wrap(component)
    }

    private var down: ComponentError {
        ComponentError(.unavailable, action: "connecting", reason: "connection refused")
    }

    func stopBroker() async {
        isDown = true
        for component in components {
            component.connectFaults = Array(repeating: down, count: 1_000)
            component.loseConnection()
        }
    }

    func answers() async -> Bool { !isDown }

    func startBroker() async {
        isDown = false
        for component in components { component.connectFaults = [] }
    }

    func dispose() async {}
}
