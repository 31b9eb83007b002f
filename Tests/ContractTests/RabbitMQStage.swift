import AMQPClient
import Brokers
import Foundation
import Loop
import Messaging
import MessagingTesting
import TestServers

/// A shard with RabbitMQ and whatever a test wants of it.
final class RabbitMQStage {
    let bench: ContractBench
    let harness: RabbitMQHarness
    var server: RabbitMQServer { harness.server }

    init(_ bench: ContractBench, _ harness: RabbitMQHarness) {
        self.bench = bench
        self.harness = harness
    }

    /// Runs a body on a shard. Names of topics and groups get a prefix of their own, so that tests can share a server.
    /// - Parameter server: `nil` for the one that tests share.
    static func run(
        server: (@Sendable () throws -> RabbitMQServer)? = nil, values: [String: String] = [:],
        _ body: @escaping @Sendable (RabbitMQStage) async throws -> Void
    ) async throws {
        let shard = Shard(name: "rabbitmq")
        let failure = await shard.run { () -> (any Error)? in
            do {
                guard let kind = Brokers.all.first(where: { $0.type == "pubsub.rabbitmq" }) else {
                    throw ContractViolation("there is no pubsub.rabbitmq")
                }
                let harness = RabbitMQHarness(
                    kind, server: try server?() ?? RabbitMQServer.shared(), isOwn: server != nil)
                harness.values.merge(values) { _, new in new }
                let bench = ContractBench(harness, prefix: "k\(UInt32.random(in: 0 ... .max))-")
                var failure: (any Error)?
                do { try await body(RabbitMQStage(bench, harness)) } catch { failure = error }
                await bench.dispose()
                await harness.dispose()
                return failure
            } catch { return error }
        }
        shard.stop()
        shard.join()
        if let failure { throw failure }
    }

    /// Subscribes with metadata of the subscription.
    func subscribe(
        _ component: ContractComponent, _ topic: String, _ metadata: [(String, String)] = [], credit: Int = 1_000
    ) async throws -> CollectingInlet {
        let inlet = CollectingInlet(credit)
        let request = SubscriptionRequest(topic: bench.prefix + topic, metadata: Metadata(metadata))
        inlet.source = try await component.pubSub.subscribe(request, into: inlet)
        return inlet
    }

    func publish(
        _ component: ContractComponent, _ topic: String, _ body: String, _ metadata: [(String, String)] = []
    ) async throws -> PublishOutcome? {
        try await bench.publish(component, [(topic, Array(body.utf8), Metadata(metadata), [])]).first
    }

    /// The error of a publish that must fail.
    func refused(
        _ component: ContractComponent, _ topic: String, _ body: String, _ metadata: [(String, String)] = []
    ) async throws -> ComponentError {
        guard case .failed(let error)? = try await publish(component, topic, body, metadata) else {
            throw ContractViolation("the publish was taken")
        }
        return error
    }

    /// The error of a connection that must fail.
    func connectError(_ values: [String: String]) async throws -> ComponentError {
        let kept = harness.values
        harness.values.merge(values) { _, new in new }
        defer { harness.values = kept }
        let component = try bench.make()
        do {
            try await component.pubSub.connect()
        } catch {
            return error
        }
        throw ContractViolation("it connected")
    }

    /// Deletes a queue as an operator would.
    func deleteQueue(_ name: String) async throws {
        let owner = NobodysConnection()
        let settings = RabbitMQConnectionSettings(
            endpoint: .tcp(host: "127.0.0.1", port: UInt16(server.port)), name: "operator")
        let connection = try await RabbitMQConnection.open(settings, on: harness.loop, owner: owner)
        let channel = try await connection.openChannel(owner)
        try await channel.call(.deleteQueue(name))
        connection.close()
    }
}

/// An inlet that keeps what comes until the test settles it.
final class CollectingInlet: Inlet {
    private(set) var messages: [Message] = []
    private var held: [ReceivedMessage] = []
    private let limit: Int
    var source: (any TopicSource)?
    /// Whether everything is acknowledged at once.
    var takesAll = false

    init(_ limit: Int) { self.limit = limit }

    var bodies: [String] { messages.map { String(decoding: $0.body, as: UTF8.self) } }
    var heldCount: Int { held.count }
    var credit: Credit { Credit(events: limit - held.count, bytes: 64 << 20) }

    func take(_ messages: [ReceivedMessage]) {
        self.messages += messages.map(\.message)
        held += messages
        if takesAll { acknowledge() }
    }

    func acknowledge() { settle { $0.acknowledge(in: &$1) } }
    func reject() { settle { $0.reject(in: &$1) } }
    func release() { settle { $0.release(in: &$1, attempts: 1) } }

    private func settle(_ body: (ReceivedMessage, inout SettledBatch) -> Void) {
        var batch = SettledBatch()
        for message in held { body(message, &batch) }
        held = []
        source?.settle(batch)
    }

    deinit {
        var batch = SettledBatch()
        for message in held { message.release(in: &batch, attempts: 0) }
    }
}

/// Who has a connection and wants to hear nothing of it.
final class NobodysConnection: RabbitMQConnectionOwner, RabbitMQChannelOwner {
    func blocked(_ reason: String?, _ connection: RabbitMQConnection) {}
    func receivedAll(_ connection: RabbitMQConnection) {}
    func connectionEnded(_ connection: RabbitMQConnection, _ failure: RabbitMQFailure) {}
    func received(_ delivery: RabbitMQDelivery, _ channel: RabbitMQChannel) {}
    func consumerCancelled(_ channel: RabbitMQChannel) {}
    func channelEnded(_ channel: RabbitMQChannel, _ failure: RabbitMQFailure) {}
}
