import AMQPClient
import Loop
import Messaging
import Testing

@testable import Brokers

struct RabbitMQSettingsTests {
    static func settings(_ values: [String: SettingValue] = [:]) throws -> RabbitMQPubSubSettings {
        var all: [String: SettingValue] = ["durable": .bool(true), "deletedWhenUnused": .bool(true)]
        all.merge(values) { _, new in new }
        let context = ComponentContext(name: "bus", type: "pubsub.rabbitmq", appID: "app", instanceID: "host-3500")
        return try RabbitMQPubSubSettings(Settings(values: all, given: Set(values.keys)), context)
    }

    // MARK: Addresses

    struct Address: Sendable {
        var uri: String
        var endpoint: Endpoint
        var tls = false
        var user = "guest"
        var password = "guest"
        var host = "/"
    }

    @Test(arguments: [
        Address(uri: "amqp://", endpoint: .tcp(host: "localhost", port: 5672)),
        Address(uri: "amqp://h", endpoint: .tcp(host: "h", port: 5672)),
        Address(uri: "AMQPS://h", endpoint: .tcp(host: "h", port: 5671), tls: true),
        Address(uri: "amqp://h:1234/", endpoint: .tcp(host: "h", port: 1234)),
        Address(uri: "amqp://h/vh", endpoint: .tcp(host: "h", port: 5672), host: "vh"),
        Address(uri: "amqp://h/%2Fa%2fb", endpoint: .tcp(host: "h", port: 5672), host: "/a/b"),
        Address(
            uri: "amqp://u:p%40+%2F@[::1]:99/v", endpoint: .tcp(host: "::1", port: 99), user: "u", password: "p@+/",
            host: "v"),
        Address(
            uri: "amqp://u@h?heartbeat=5&connection_timeout=100", endpoint: .tcp(host: "h", port: 5672), user: "u",
            password: ""),
    ])
    func `a connection string is taken apart as RabbitMQ writes it`(_ row: Address) throws {
        let address = try RabbitMQAddress(uri: row.uri)
        #expect(address.endpoint == row.endpoint && address.usesTLS == row.tls)
        #expect(address.username == row.user && address.password == row.password && address.virtualHost == row.host)
    }

    @Test(arguments: [
        ("http://h", "amqp://"), ("amqp:h", "amqp://"), ("h:5672", "amqp://"), ("amqp://h:0", "port"),
        ("amqp://h:x", "port"),
        ("amqp://a:b:c", "host"), ("amqp://u:secret%zz@h", "escape"), ("amqp://h?verify=none", "verify"),
        ("amqp://h?heartbeat=soon", "heartbeat"),
    ])
    func `a connection string that means nothing is told without its password`(_ uri: String, _ word: String) {
        #expect {
            _ = try RabbitMQAddress(uri: uri)
        } throws: { error in
            (error as? ComponentError)?.code == .settings && "\(error)".contains(word) && !"\(error)".contains("secret")
        }
    }

    @Test func `without a connection string the parts are used, and both must agree`() throws {
        let parts = try Self.settings([
            "protocol": .text("amqps"), "hostname": .text("h:99"), "username": .text("u"), "password": .text("p"),
        ])
        #expect(parts.address.endpoint == .tcp(host: "h", port: 99) && parts.tls != nil)
        #expect(parts.address.username == "u" && parts.address.password == "p")
        #expect(try Self.settings().address.endpoint == .tcp(host: "localhost", port: 5672))
        #expect(throws: ComponentError.self) {
            try Self.settings(["protocol": .text("amqps"), "connectionString": .text("amqp://h")])
        }
    }

    @Test func `SASL EXTERNAL needs TLS and certificates`() {
        #expect(throws: ComponentError.self) {
            try Self.settings(["saslExternal": .bool(true), "connectionString": .text("amqps://h")])
        }
    }

    // MARK: Topology

    private static func topology(
        _ metadata: [(String, String)] = [], _ values: [String: SettingValue] = [:]
    ) throws -> RabbitMQTopology {
        try RabbitMQTopology(topic: "orders", Metadata(metadata), try settings(values))
    }

    @Test func `names and arguments are daprd's`() throws {
        let plain = try Self.topology()
        #expect(plain.exchange == RabbitMQExchange("orders", kind: "fanout", isDurable: true, isAutoDeleted: true))
        #expect(plain.queue.name == "app-orders" && plain.queue.isDurable && plain.queue.isAutoDeleted)
        #expect(plain.queue.arguments == AMQPTable([("x-queue-type", .text("classic"))]))
        #expect(plain.routingKeys == [""] && plain.deadLetter == nil)
    }

    @Test func `every argument of a queue can be set`() throws {
        let full = try Self.topology(
            [
                ("queueName", "q"), ("queueType", "quorum"), ("maxPriority", "300"), ("maxLenBytes", "5"),
                ("singleActiveConsumer", "true"), ("routingKey", "a,b.*"),
            ], ["maxLen": .integer(9), "enableDeadLetter": .bool(true), "deletedWhenUnused": .bool(false)])
        #expect(
            full.queue.arguments
                == AMQPTable([
                    ("x-dead-letter-exchange", .text("dlx-q")), ("x-max-length", .integer(9)),
                    ("x-max-length-bytes", .integer(5)), ("x-queue-type", .text("quorum")),
                    ("x-max-priority", .integer(255)), ("x-single-active-consumer", .bool(true)),
                ]))
        #expect(full.routingKeys == ["a", "b.*"])
        let dead = try #require(full.deadLetter)
        #expect(dead.exchange == RabbitMQExchange("dlx-q", kind: "fanout", isDurable: true, isAutoDeleted: false))
        #expect(dead.queue.name == "dlq-q" && dead.queue.isDurable && !dead.queue.isAutoDeleted)
        #expect(dead.queue.arguments == AMQPTable([("x-max-length", .integer(9)), ("x-queue-mode", .text("lazy"))]))
    }

    // MARK: Events

    private static func properties(
        _ metadata: [(String, String)], key: String = "", _ values: [String: SettingValue] = [:]
    ) throws -> AMQPProperties {
        try RabbitMQEventMapping.properties(Metadata(metadata), key: Array(key.utf8), try settings(values))
    }

    @Test func `an event is persistent text where nobody says otherwise`() throws {
        let properties = try Self.properties([])
        #expect(properties.contentType == "text/plain" && properties.deliveryMode == 2)
        #expect(properties.expiration == nil && properties.headers.isEmpty)
        #expect(try Self.properties([], key: "", ["deliveryMode": .integer(0)]).deliveryMode == 0)
    }

    @Test(
        arguments: [
            ([("ttlInSeconds", "60")], "60000"), ([("TTL", "1500ms")], "1500"), ([("ttl", "1us")], "1"),
            ([("ttl", "99999h")], "4294967295"), ([("other", "x")], "7000"),
        ] as [([(String, String)], String)])
    func `the publisher's time to live goes before the component's`(
        _ metadata: [(String, String)], _ expected: String
    ) throws {
        #expect(try Self.properties(metadata, key: "", ["ttlInSeconds": .duration(.seconds(7))]).expiration == expected)
    }

    @Test func `metadata becomes properties where there is one, else headers`() throws {
        let properties = try Self.properties(
            [
                ("messageID", "m"), ("correlationID", "c"), ("type", "t"), ("contentType", "a/b"), ("priority", "3"),
                ("routingKey", "r"), ("partitionKey", "k"), ("rawPayload", "true"), ("traceparent", "00-x"),
            ], key: "k")
        #expect(properties.messageID == "m" && properties.correlationID == "c" && properties.type == "t")
        #expect(properties.contentType == "a/b" && properties.priority == 3)
        #expect(properties.headers == AMQPTable([("traceparent", .text("00-x")), ("partitionkey", .text("k"))]))
    }

    @Test func `headers become metadata, but for those that RabbitMQ sets`() {
        var properties = AMQPProperties()
        properties.contentType = "text/plain"
        properties.messageID = "m"
        properties.headers = AMQPTable([
            ("partitionkey", .text("k")), ("x-delivery-count", .integer(4)), ("x-death", .other), ("n", .integer(1)),
            ("x-first-death-queue", .text("q")), ("own", .text("o")),
        ])
        let delivery = RabbitMQDelivery(tag: 1, isRedelivered: false, properties: properties, body: [1])
        let plain = RabbitMQEventMapping.message(delivery, topic: "t", showsProperties: false)
        #expect(plain.key == Array("k".utf8) && plain.earlierAttempts == 4 && plain.topic == "t")
        #expect(plain.metadata == Metadata([("own", "o")]))
        let shown = RabbitMQEventMapping.message(delivery, topic: "t", showsProperties: true)
        #expect(shown.metadata["metadata.messageid"] == "m" && shown.metadata["metadata.n"] == "1")
        #expect(shown.metadata["metadata.own"] == "o" && shown.metadata["metadata.x-death"] == nil)
    }
}
