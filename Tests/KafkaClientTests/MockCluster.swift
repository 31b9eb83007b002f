import CRDKafka
import Loop
import Messaging
import MessagingTesting
import Resources
import Testing

@testable import Brokers

/// librdkafka's own brokers, in this process: real sockets, no Java, faults on command.
final class MockCluster: @unchecked Sendable {
    private let handle: OpaquePointer
    private let cluster: OpaquePointer
    let bootstrap: String
    let brokers: Int32

    init(brokers: Int32 = 1) throws {
        var text = [CChar](repeating: 0, count: 256)
        let conf = rd_kafka_conf_new()
        rd_kafka_conf_set_log_cb(conf, nil)
        handle = try #require(rd_kafka_new(RD_KAFKA_PRODUCER, conf, &text, text.count))
        cluster = try #require(rd_kafka_mock_cluster_new(handle, brokers))
        bootstrap = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
        self.brokers = brokers
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(handle)
    }

    func makeTopic(_ name: String, partitions: Int32) { rd_kafka_mock_topic_create(cluster, name, partitions, 1) }

    func goDown() { for id in 1...brokers { rd_kafka_mock_broker_set_down(cluster, id) } }

    func comeUp() { for id in 1...brokers { rd_kafka_mock_broker_set_up(cluster, id) } }

    /// The next requests of a kind (0 is Produce) are answered so.
    func answer(_ request: Int16, _ errors: [rd_kafka_resp_err_t]) {
        rd_kafka_mock_push_request_errors_array(cluster, request, errors.count, errors)
    }
}

/// Everything of one test, on a shard: the bench of the contract, with instances that talk to a mock cluster.
final class MockHarness: PubSubHarness {
    let kind = PubSubKind.kafka
    let loop = EventLoop.current
    let cluster: MockCluster
    let values: [String: String]
    let sharesTopics = true
    let canStopBroker = true
    var scheduler: any Scheduler { loop }

    init(_ cluster: MockCluster, _ values: [String: String]) {
        self.cluster = cluster
        self.values = values
    }

    func make(consumer: String, instance: String, host: any PubSubHost) throws(ComponentError) -> any PubSub {
        var values = values
        values["brokers"] = cluster.bootstrap
        values["authType"] = "none"
        values["consumerID"] = consumer
        let properties = values.map { ResolvedComponent.Property(name: $0.key, value: $0.value) }
        let component = ResolvedComponent(spec: ComponentSpec(name: "bus", type: kind.type), properties: properties)
        let (settings, _) = SettingsDecoder.settings(for: component, kind: kind.fields)
        let context = ComponentContext(name: "bus", type: kind.type, appID: "app", instanceID: instance)
        return try kind.make(settings, context, host)
    }

    func sleep(for duration: Duration) async { try? await loop.sleep(for: duration) }
    func stopBroker() async { cluster.goDown() }
    func startBroker() async { cluster.comeUp() }
    func dispose() async {}

    /// Runs a test on a shard of its own.
    static func run(
        brokers: Int32 = 1, _ values: [String: String] = [:],
        _ body: @escaping @Sendable (ContractBench, MockCluster) async throws -> Void
    ) async throws {
        let cluster = try MockCluster(brokers: brokers)
        let shard = Shard(name: "kafka")
        let failure = await shard.run { () -> (any Error)? in
            let bench = ContractBench(MockHarness(cluster, values), prefix: "")
            var failure: (any Error)?
            do { try await body(bench, cluster) } catch { failure = error }
            await bench.dispose()
            return failure
        }
        shard.stop()
        shard.join()
        if let failure { throw failure }
    }
}
