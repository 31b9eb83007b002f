import Brokers
import Foundation
import Loop
import Messaging
import MessagingTesting

/// A real mosquitto, killed and started again.
final class MQTTHarness: LinkHarness, PubSubHarness {
    let sharesTopics = true
    let canStopBroker = true
    let server: MosquittoServer
    /// Further settings of every instance.
    var values: [String: String] = [:]
    /// What comes before the host in `url`.
    var user = ""

    init(server: MosquittoServer, _ kind: PubSubKind) {
        self.server = server
        super.init(kind, serverPort: server.port)
    }

    var pattern: ContractPattern {
        ContractPattern(
            "ab/+/c", matching: ["ab/x/c", "ab//c"], others: ["ab/c", "ab/x/c/d", "ab/x/d", "ab/x", "x/ab/y/c"])
    }

    func make(consumer: String, instance: String, host: any PubSubHost) throws(ComponentError) -> any PubSub {
        do {
            var values = values
            values["url"] = values["url"] ?? "mqtt://\(user)127.0.0.1:\(port)"
            values["consumerID"] = consumer
            values["keepAlive"] = values["keepAlive"] ?? "5s"
            return try kind.make(try settings(kind, values), context(kind, appID: "app", instance: instance), host)
        } catch let error as ComponentError {
            throw error
        } catch {
            throw ComponentError(.settings, action: "making an instance", reason: "\(error)")
        }
    }

    func stopBroker() async { server.kill() }
    func startBroker() async { try? server.start() }
    var idleLimit: Duration { .seconds(5) }

    func dispose() async {
        link?.close()
        server.dispose()
    }
}
