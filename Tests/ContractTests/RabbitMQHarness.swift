import Brokers
import Foundation
import Loop
import Messaging
import MessagingTesting
import TestServers

/// A real RabbitMQ, killed and started again where a rule wants that.
final class RabbitMQHarness: LinkHarness, PubSubHarness {
    let sharesTopics = true
    let canStopBroker = true
    let server: RabbitMQServer
    /// Whether this test alone has the server.
    private let isOwn: Bool
    /// Settings of every instance: queues that stay when nobody consumes, and dead links noticed soon.
    var values: [String: String] = ["deletedWhenUnused": "false", "heartBeat": "2s"]
    /// What comes before the host.
    var scheme = "amqp://"

    init(_ kind: PubSubKind, server: RabbitMQServer, isOwn: Bool) {
        self.server = server
        self.isOwn = isOwn
        super.init(kind, serverPort: server.port)
    }

    func make(consumer: String, instance: String, host: any PubSubHost) throws(ComponentError) -> any PubSub {
        do {
            var values = values
            values["connectionString"] = values["connectionString"] ?? "\(scheme)127.0.0.1:\(port)"
            values["consumerID"] = consumer
            return try kind.make(try settings(kind, values), context(kind, appID: "app", instance: instance), host)
        } catch let error as ComponentError {
            throw error
        } catch {
            throw ComponentError(.settings, action: "making an instance", reason: "\(error)")
        }
    }

    func stopBroker() async { server.kill() }
    func startBroker() async { try? server.start() }
    var idleLimit: Duration { .seconds(4) }

    func dispose() async {
        link?.close()
        if isOwn { server.dispose() }
    }
}
