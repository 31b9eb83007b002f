import Bytes
import Loop
import MQTTClient
import Messaging
import Testing

@testable import Brokers

struct MQTTMappingTests {
    final class Nobody: PublishCompletion {
        func published(_ outcome: PublishOutcome, token: UInt64) {}
    }

    static func settings(
        _ values: [String: SettingValue] = [:], _ version: MQTTVersion = .v5
    ) throws(ComponentError) -> MQTTPubSubSettings {
        var all: [String: SettingValue] = ["url": .text("mqtt://localhost"), "qos": .integer(1)]
        all.merge(values) { _, new in new }
        let context = ComponentContext(name: "bus", type: "pubsub.mqtt5", appID: "app", instanceID: "host-3500")
        return try MQTTPubSubSettings(Settings(values: all, given: Set(values.keys)), context, version)
    }

    static func publish(
        _ body: String, _ metadata: [(String, String)] = [], key: String = "",
        _ settings: MQTTPubSubSettings
    ) -> MQTTPublish {
        MQTTEventMapping.publish(
            PublishEntry(
                topic: "t", body: Array(body.utf8), metadata: Metadata(metadata), key: Array(key.utf8),
                completion: Nobody(), token: 0), settings)
    }

    @Test(arguments: [
        ("mqtt://h", "h:1883", false), ("tcp://h:1", "h:1", false), ("mqtts://h", "h:8883", true),
        ("ssl://h:1", "h:1", true), ("TLS://h", "h:8883", true), ("tcps://[::1]:9", "[::1]:9", true),
        ("mqtt://u:p@h:2/path", "h:2", false), ("mqtt://[fe80::1]", "[fe80::1]:1883", false),
    ])
    func `a url names a broker`(_ url: String, _ endpoint: String, _ usesTLS: Bool) throws {
        let parsed = try MQTTBrokerURL(url)
        #expect("\(parsed.endpoint)" == endpoint)
        #expect(parsed.usesTLS == usesTLS)
    }

    @Test func `user and password of a url are unescaped, a plus stays`() throws {
        let url = try MQTTBrokerURL("mqtt://a%40b+c:p%3Aw%25+d@h")
        #expect(url.username == "a@b+c")
        #expect(url.password == "p:w%+d")
        #expect(try MQTTBrokerURL("mqtt://only@h").password == nil)
    }

    @Test(arguments: [
        "", "h:1883", "ws://h", "http://h", "mqtt://", "mqtt://h:0", "mqtt://h:x", "mqtt://secret%@h", "mqtt://::1",
    ])
    func `a url that names none is refused without being told`(_ url: String) {
        do {
            _ = try MQTTBrokerURL(url)
            Issue.record("\(url) was taken")
        } catch {
            #expect(error.code == .settings)
            #expect(!error.description.contains("secret"))
        }
    }

    @Test func `client ids are daprd's for the session, and apart for publishes`() throws {
        let settings = try Self.settings()
        let consumer = settings.connection(isConsumer: true, tls: nil)
        let producer = settings.connection(isConsumer: false, tls: nil)
        #expect(consumer.clientID == "app" && !consumer.isClean && consumer.sessionExpiry == .max)
        #expect(producer.clientID == "app-producer-host-3500" && producer.isClean && producer.sessionExpiry == 0)
        let clean = try Self.settings(["cleanSession": .bool(true)]).connection(isConsumer: true, tls: nil)
        #expect(clean.isClean && clean.sessionExpiry == 0)
        let limited = try Self.settings(["sessionExpiry": .duration(.milliseconds(1_500))])
        #expect(limited.connection(isConsumer: true, tls: nil).sessionExpiry == 2)
    }

    @Test func `MQTT 3 carries nothing but the body`() throws {
        let publish = Self.publish("x", [("a", "b"), ("retain", "true")], key: "k", try Self.settings([:], .v311))
        #expect(publish.properties.isEmpty)
        #expect(publish.isRetained)
    }

    @Test(
        arguments: [
            ([("ttlInSeconds", "5")], 5), ([("ttl", "1500ms")], 2), ([("TTL", "0s")], 1), ([("ttl", "x")], nil),
            ([], nil),
            ([("ttlInSeconds", "99999999999")], UInt32.max),
        ] as [([(String, String)], UInt32?)])
    func `a time to live becomes the expiry`(_ metadata: [(String, String)], _ expiry: UInt32?) throws {
        let publish = Self.publish("x", metadata, try Self.settings())
        #expect(publish.properties.expiry == expiry)
        #expect(publish.properties.user.isEmpty)
    }

    @Test func `what is for this runtime stays here, the rest are user properties`() throws {
        let publish = Self.publish(
            "x", [("rawPayload", "true"), ("cloudevent.id", "1"), ("partitionKey", "k"), ("a", "b")], key: "k",
            try Self.settings())
        #expect(publish.properties.user == [.init("a", "b"), .init("partitionkey", "k")])
        #expect(publish.properties.contentType == nil)
        let message = MQTTEventMapping.message(publish)
        #expect(message.key == Array("k".utf8))
        #expect(message.metadata["a"] == "b" && message.metadata["retained"] == "false")
    }

    @Test(arguments: [
        "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"datacontenttype\":\"application/json\",\"data\":{\"a\":[1, 2]}}",
        "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"datacontenttype\":\"text/plain\",\"data\":\"x\\ny\"}",
        "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"datacontenttype\":\"application/octet-stream\",\"data_base64\":\"AP8=\"}",
        "{\"specversion\":\"1.0\",\"id\":\"ü\\\"\",\"source\":\"s\",\"type\":\"t\",\"traceid\":\"x\"}",
        "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"data\":\"json string\"}",
    ])
    func `an envelope that goes in binary mode comes back as it was`(_ envelope: String) throws {
        let publish = Self.publish(envelope, [], try Self.settings(["cloudEvents": .text("binary")]))
        #expect(publish.payload != Array(envelope.utf8))
        let message = MQTTEventMapping.message(publish)
        #expect(String(decoding: message.body, as: UTF8.self) == envelope)
    }

    @Test(arguments: [
        "", "[]", "{}", "{\"a\":1}", "{\"specversion\":\"1.0\"}",
        "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"x\":{}}",
        "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"data_base64\":\"?\"}",
        "{\"specversion\":\"1.0\"",
    ])
    func `what cannot go in binary mode goes as it is`(_ body: String) throws {
        let publish = Self.publish(body, [], try Self.settings(["cloudEvents": .text("binary")]))
        #expect(publish.payload == Array(body.utf8))
    }

    @Test func `routes prefer the exact filter, then patterns in their order`() {
        var routes = MQTTRoutes()
        let queues = ["a/#", "+/b", "a/b", "$share/g/c/+"].map { MQTTTopicQueue($0) }
        for queue in queues { routes.add(queue) }
        func queue(_ topic: String) -> MQTTTopicQueue? { routes.queue(ofTopic: topic) }
        #expect(queue("a/b") === queues[2])
        #expect(queue("a/c") === queues[0])
        #expect(queue("x/b") === queues[1])
        #expect(queue("c/1") === queues[3])
        #expect(queue("x") == nil)
        routes.remove(queues[2])
        #expect(queue("a/b") === queues[0])
    }
}
