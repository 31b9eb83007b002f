import Brokers
import KafkaClient
import Messaging
import Resources
import Testing

/// Settings as properties of librdkafka, and what is refused.
struct KafkaSettingsTests {
    static func read(_ values: [String: String]) throws -> KafkaSettings {
        let kind = PubSubKind.kafka
        let properties = values.map { ResolvedComponent.Property(name: $0.key, value: $0.value) }
        let component = ResolvedComponent(spec: ComponentSpec(name: "bus", type: kind.type), properties: properties)
        let (settings, findings) = SettingsDecoder.settings(for: component, kind: kind.fields)
        if let finding = findings.first(where: { $0.severity == .error }) {
            throw ComponentError(.settings, action: "decoding", reason: "\(finding)")
        }
        return try KafkaSettings(
            settings, ComponentContext(name: "bus", type: kind.type, appID: "app", instanceID: "one"))
    }

    static func complaint(_ values: [String: String]) -> String {
        do {
            _ = try read(values)
            return ""
        } catch { return "\(error)" }
    }

    static let plain = ["brokers": "a:9092, b:9092", "authType": "none"]

    @Test func `the defaults are daprd's, and safe`() throws {
        let settings = try Self.read(Self.plain)
        #expect(settings.group == "app")
        #expect(settings.startsAtNewest && settings.keepsPartitionOrder && !settings.escapesHeaders)
        let producer = settings.producer
        #expect(producer["bootstrap.servers"] == "a:9092,b:9092")
        #expect(producer["client.id"] == "sarama")
        #expect(producer["enable.idempotence"] == "true")
        #expect(producer["security.protocol"] == "plaintext")
        #expect(producer["message.max.bytes"] == "1000000")
        let consumer = settings.consumer
        #expect(consumer["enable.auto.commit"] == "false" && consumer["enable.auto.offset.store"] == "false")
        #expect(consumer["partition.assignment.strategy"] == "range")
        #expect(consumer["heartbeat.interval.ms"] == "3000" && consumer["session.timeout.ms"] == "10000")
    }

    /// One setting, and the property that it becomes, for producer or consumer.
    @Test(arguments: [
        ("clientID", "mine", "client.id", "mine"),
        ("maxMessageBytes", "5000000", "message.max.bytes", "5000000"),
        ("compression", "ZSTD", "compression.codec", "zstd"),
        ("producerRequiredAcks", "local", "acks", "1"),
        ("producerRequiredAcks", "none", "acks", "0"),
        ("readTimeout", "45", "socket.timeout.ms", "45000"),
        ("dialTimeout", "3s", "socket.connection.setup.timeout.ms", "3000"),
        ("clientConnectionTopicMetadataRefreshInterval", "2m", "topic.metadata.refresh.interval.ms", "120000"),
        ("consumerGroup", "other", "group.id", "other"),
        ("consumerID", "third", "group.id", "third"),
        ("consumerFetchMin", "100", "fetch.min.bytes", "100"),
        ("consumerFetchDefault", "2000", "fetch.message.max.bytes", "2000"),
        ("consumeRetryInterval", "250", "reconnect.backoff.ms", "250"),
        ("consumeRetryInterval", "2s", "reconnect.backoff.ms", "2000"),
        ("sessionTimeout", "20", "session.timeout.ms", "20000"),
        ("heartbeatInterval", "1s", "heartbeat.interval.ms", "1000"),
        ("consumerGroupRebalanceStrategy", "roundrobin", "partition.assignment.strategy", "roundrobin"),
        ("consumerGroupRebalanceStrategy", "sticky", "partition.assignment.strategy", "cooperative-sticky"),
    ])
    func `a setting reaches librdkafka`(_ name: String, _ value: String, _ property: String, _ expected: String) throws
    {
        let settings = try Self.read(Self.plain.merging([name: value]) { $1 })
        #expect([settings.producer[property], settings.consumer[property]].contains(expected))
    }

    static let tokens = [
        "brokers": "a:1", "authType": "oidc", "oidcTokenEndpoint": "https://t.example/token", "oidcClientID": "c d",
        "oidcClientSecret": "s&s",
    ]

    static let identities: [([String: String], String, String?)] = [
        (["authType": "password", "saslUsername": "u", "saslPassword": "p"], "sasl_ssl", "PLAIN"),
        (
            [
                "authType": "Password", "saslUsername": "u", "saslPassword": "p", "saslMechanism": "sha-512",
                "disableTls": "true",
            ],
            "sasl_plaintext", "SCRAM-SHA-512"
        ),
        (
            ["authRequired": "true", "saslUsername": "u", "saslPassword": "p", "saslMechanism": "SHA-256"], "sasl_ssl",
            "SCRAM-SHA-256"
        ),
        (["authRequired": "false"], "plaintext", nil),
        (tokens, "sasl_ssl", "OAUTHBEARER"),
        (["authType": "certificate"], "ssl", nil),
        (["authType": "mtls", "clientCert": "/c.pem", "clientKey": "/k.pem"], "ssl", nil),
    ]

    @Test(arguments: identities)
    func `who we are`(_ values: [String: String], _ security: String, _ mechanism: String?) throws {
        let settings = try Self.read(values.merging(["brokers": "a:1"]) { $1 })
        #expect(settings.producer["security.protocol"] == security)
        #expect(settings.consumer["sasl.mechanism"] == mechanism)
        if security.hasSuffix("ssl") {
            #expect(settings.producer["enable.ssl.certificate.verification"] == "true")
            #expect(settings.producer["ssl.endpoint.identification.algorithm"] == "https")
        }
    }

    static let refusals: [([String: String], String)] = [
        (["authType": "none"], "brokers"),
        (["brokers": "a:1"], "'authType' attribute was missing or empty"),
        (["brokers": "a:1", "authType": "magic"], "invalid value for 'authType' attribute"),
        (["brokers": "a:1", "authType": "oidc"], "missing OIDC Token Endpoint for authType 'oidc'"),
        (
            ["brokers": "a:1", "authType": "oidc", "oidcTokenEndpoint": "https://t", "oidcClientID": "c"],
            "missing OIDC Client Secret"
        ),
        (Self.tokens.merging(["oidcTokenEndpoint": "t/token"]) { $1 }, "write it with https://"),
        (Self.tokens.merging(["oidcTokenEndpoint": "https://u:p@t/token"]) { $1 }, "holds spaces, a user"),
        (Self.tokens.merging(["oidcExtensions": "[1]"]) { $1 }, "oidcExtensions"),
        (["brokers": "a:1", "authType": "oidc_private_key_jwt"], "oidc_private_key_jwt is not supported"),
        (["brokers": "a:1", "authType": "awsiam"], "awsiam is not supported"),
        (["brokers": "a:1", "authType": "password"], "missing SASL Username"),
        (["brokers": "a:1", "authType": "mtls", "disableTls": "true"], "mtls needs TLS"),
        (["brokers": "http://a:1", "authType": "none"], "without a scheme"),
        (["brokers": "a:1", "authType": "none", "initialOffset": "middle"], "initialOffset"),
        (["brokers": "a:1", "authType": "none", "consumerGroupRebalanceStrategy": "fair"], "cooperative-sticky"),
        (["brokers": "a:1", "authType": "none", "compression": "rar"], "compression"),
        (["brokers": "a:1", "authType": "none", "version": "new"], "invalid kafka version"),
        (["brokers": "a:1", "authType": "none", "heartbeatInterval": "20s"], "heartbeatInterval"),
        (["brokers": "a:1", "authType": "none", "excludeHeaderMetaRegex": "("], "excludeHeaderMetaRegex"),
        (["brokers": "a:1", "authType": "none", "schemaRegistryURL": "http://r"], "Avro"),
        (["brokers": "a:1", "authType": "none", "oidcKid": "k"], "oidcKid"),
        (["brokers": "a:1", "authType": "none", "awsRegion": "eu"], "awsRegion"),
        (["brokers": "a:1", "authType": "none", "useAvroJSON": "true"], "useAvroJSON"),
    ]

    @Test(arguments: refusals)
    func `what cannot be kept is refused by name`(_ values: [String: String], _ words: String) {
        let complaint = Self.complaint(values)
        #expect(complaint.contains(words), "\(complaint)")
        #expect(!complaint.contains("\n"))
    }

    @Test func `what has no effect is told`() throws {
        let settings = try Self.read(Self.plain.merging(["backOffDuration": "1s", "producerRetryMax": "9"]) { $1 })
        #expect(settings.ineffective == ["backOffDuration", "producerRetryMax"])
    }
}
