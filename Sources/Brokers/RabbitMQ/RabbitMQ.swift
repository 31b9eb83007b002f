package import Messaging

extension PubSubKind {
    /// `pubsub.rabbitmq`: AMQP 0-9-1 (spec 3.8). brokers/rabbitmq/README.md says what a publish and an acknowledgement promise.
    package static let rabbitmq = PubSubKind(
        "pubsub.rabbitmq",
        summary:
            "RabbitMQ over AMQP 0-9-1: an exchange for each topic, a classic or quorum queue for each subscription, confirms and returns.",
        fields: RabbitMQFields.connection + RabbitMQFields.topology + RabbitMQFields.events
            + RabbitMQFields.withoutEffect,
        capabilities: [.messageTTL, .durable, .sharedGroups, .ordered, .session]
    ) { (settings, context, host) throws(ComponentError) in
        RabbitMQPubSub(try RabbitMQPubSubSettings(settings, context), context, host)
    }
}

/// The declared fields. Bare numbers are seconds, as in daprd.
enum RabbitMQFields {
    private static let seconds = FieldType.duration(bareUnit: .seconds(1))

    static let connection = [
        Field(
            "connectionString", .text, aliases: ["host"], secret: true,
            "The broker, `amqp://user:password@host:port/vhost`, or `amqps://` for TLS. Or `protocol`, `hostname`, `username` and `password`."
        ),
        Field(
            "protocol", .choice(["amqp", "amqps"]), "`amqp`, or `amqps` for TLS; it must agree with `connectionString`."
        ),
        Field("hostname", .text, "Host and port where there is no `connectionString`; `localhost` by default."),
        Field("username", .text, "The user where there is no `connectionString`; `guest` by default."),
        Field("password", .text, secret: true, "The password where there is no `connectionString`."),
        Field(
            "clientName", .text,
            "How the connections are called in RabbitMQ's lists; app id and component name by default."),
        Field(
            "heartBeat", seconds, default: "10s",
            "After twice this time without a word of the broker a connection is taken for dead; the broker may ask for less."
        ),
        Field(
            "caCert", .text,
            "Authorities that sign the broker's certificate: PEM text or the path of a file; the system's by default."),
        Field("clientCert", .text, "The certificate that is shown to the broker: PEM text or the path of a file."),
        Field("clientKey", .text, secret: true, "The key of `clientCert`: PEM text or the path of a file."),
        Field(
            "saslExternal", .bool, default: "false",
            "Whether the certificate says who comes, instead of user and password. It needs the three certificate fields."
        ),
    ]

    static let topology = [
        Field("consumerID", .text, "The group: its queue of a topic is `<consumerID>-<topic>`; by default the app id."),
        Field("durable", .bool, default: "true", "Whether exchanges and queues outlive a restart of the broker."),
        Field(
            "deletedWhenUnused", .bool, default: "true",
            "Whether a queue goes with its last consumer, and what is in it with the queue; and an exchange with its last queue. Set false to keep events while no instance is connected."
        ),
        Field(
            "exchangeKind", .choice(["fanout", "topic", "direct", "headers"]), default: "fanout",
            "The kind of the topics' exchanges."),
        Field(
            "enableDeadLetter", .bool, default: "false",
            "Whether a queue has a dead letter exchange `dlx-<queue>` with a queue `dlq-<queue>`: failed, expired and overflowing events go there."
        ),
        Field(
            "requeueInFailure", .bool, default: "false",
            "Whether failed events stay in the queue where there is a dead letter exchange. Without one they always do, and are tried again with growing pauses: daprd drops them unless this is true."
        ),
        Field("maxLen", .integer(0...Int.max), default: "0", "How many events a queue keeps; 0 has no bound."),
        Field("maxLenBytes", .integer(0...Int.max), default: "0", "How many bytes a queue keeps; 0 has no bound."),
    ]

    static let events = [
        Field(
            "deliveryMode", .integer(0...2), default: "2",
            "2 has events written to disk by durable queues, 0 and 1 have not. daprd's default is 0."),
        Field(
            "ttlInSeconds", seconds, aliases: ["ttl"],
            "After what time in a queue an event expires, where the publisher says nothing else."),
        Field(
            "prefetchCount", .integer(0...65_535), default: "0",
            "How many unacknowledged events the broker may send to one subscription; 0 lets it send 256."),
        Field(
            "autoAck", .bool, default: "false",
            "Whether the broker takes an event for done when it has sent it: what is not finished when the sidecar ends is lost."
        ),
        Field(
            "concurrencyMode", .choice(["parallel", "single"]), default: "parallel",
            "`single` gives the app one event of a subscription after the other."),
        Field(
            "publishMessagePropertiesToMetadata", .bool, default: "false",
            "Whether the app sees properties and headers of AMQP as `metadata.messageid`, `metadata.correlationid`, `metadata.type`, `metadata.contenttype` and `metadata.<header>`."
        ),
        Field(
            "mandatory", .choice(["auto", "always", "never"]), default: "auto",
            "What becomes of an event that no queue takes: `auto` answers with an error where the topic had a queue before or this sidecar subscribes to it, else it is gone, as with daprd; `always` and `never` decide. An addition of Martlet."
        ),
        Field(
            "holdLimit", seconds, default: "25m",
            "After what time an event that the app has not finished is queued again, before the broker closes the channel for it (its `consumer_timeout`, 30 min). An addition of Martlet."
        ),
    ]

    /// Settings of daprd that change nothing here, so that its users' files stay valid.
    static let withoutEffect = [
        (
            "publisherConfirm", FieldType.bool,
            "Every publish waits for the broker's confirmation, and fails where the broker refuses it."
        ),
        ("reconnectWaitSeconds", seconds, "The runtime decides when to connect again."),
        ("concurrency", .text, "As in daprd; set `concurrencyMode`."),
    ].map { name, type, text in Field(name, type, "Without effect. \(text)") }
}
