internal import MQTTClient
package import Messaging

extension PubSubKind {
    /// `pubsub.mqtt3`: MQTT 3.1.1 (spec 3.7). brokers/mqtt/README.md says what a publish and an acknowledgement promise.
    package static let mqtt3 = PubSubKind(
        "pubsub.mqtt3", aliases: ["pubsub.mqtt"],
        summary:
            "MQTT 3.1.1: QoS 0 to 2, persistent sessions, wildcards and shared subscriptions. Only the body travels.",
        fields: MQTTFields.common, capabilities: [.subscribeWildcards, .durable, .ordered, .session, .bodyOnly]
    ) { (settings, context, host) throws(ComponentError) in
        MQTTPubSub(try MQTTPubSubSettings(settings, context, .v311), context, host)
    }

    /// `pubsub.mqtt5`: the same over MQTT 5, with metadata, content type, expiry and response topic as its properties. An addition of Martlet.
    package static let mqtt5 = PubSubKind(
        "pubsub.mqtt5",
        summary:
            "MQTT 5: as `pubsub.mqtt3`, and metadata, content type, time to live and CloudEvents in binary mode as properties.",
        fields: MQTTFields.common + MQTTFields.version5,
        capabilities: [.subscribeWildcards, .messageTTL, .durable, .ordered, .session]
    ) { (settings, context, host) throws(ComponentError) in
        MQTTPubSub(try MQTTPubSubSettings(settings, context, .v5), context, host)
    }
}

/// The declared fields.
enum MQTTFields {
    static let common = [
        Field(
            "url", .text, required: true, secret: true,
            "The broker: `mqtt://` or `tcp://` in the clear (port 1883), `mqtts://`, `ssl://`, `tls://` or `tcps://` with TLS (port 8883); `user:password@` before the host."
        ),
        Field(
            "consumerID", .text,
            "The client id of the subscribing session, one for each instance at a broker; by default the app id. Publishes go over a second connection, `<consumerID>-producer-<instance>`."
        ),
        Field("qos", .integer(0...2), default: "1", "The quality of service of publishes and subscriptions."),
        Field("retain", .bool, default: "false", "Whether the broker keeps an event as its topic's last value."),
        Field(
            "cleanSession", .bool, default: "false",
            "Whether the session ends with its connection, and with it everything that waits in it."),
        Field(
            "caCert", .text,
            "Authorities that sign the broker's certificate: PEM text or the path of a file; the system's by default."),
        Field("clientCert", .text, "The certificate that is shown to the broker: PEM text or the path of a file."),
        Field("clientKey", .text, secret: true, "The key of `clientCert`: PEM text or the path of a file."),
        Field(
            "keepAlive", .duration(bareUnit: .seconds(1)), default: "30s",
            "After which silence a connection is taken for dead, 5 s to 18 h. An addition of Martlet."),
        Field(
            "maxInFlight", .integer(1...60_000), default: "1000",
            "How many events may be unfinished before no more are read. An addition of Martlet."),
        Field(
            "maxPacketSize", .quantity, default: "64Mi",
            "A larger packet of the broker ends the connection. An addition of Martlet."),
    ]

    static let version5 = [
        Field(
            "sessionExpiry", .duration(bareUnit: .seconds(1)), default: "0",
            "For how long the broker keeps the session without a connection; 0 for ever. Without effect where `cleanSession` is set."
        ),
        Field(
            "cloudEvents", .choice(["structured", "binary"]), default: "structured",
            "How envelopes are published: whole as the payload, or their attributes as user properties and their data as the payload. Both are understood."
        ),
    ]
}
