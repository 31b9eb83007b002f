package import Messaging

extension PubSubKind {
    /// `pubsub.kafka` (spec 3.5), over librdkafka. brokers/kafka/README.md says what a publish and an acknowledgement promise.
    package static let kafka = PubSubKind(
        "pubsub.kafka",
        summary: "Apache Kafka (0.11 or newer) with consumer groups, or a service that speaks its protocol.",
        fields: KafkaFields.connection + KafkaFields.security + KafkaFields.consuming + KafkaFields.publishing
            + KafkaFields.withoutEffect + KafkaFields.refused,
        capabilities: [.durable, .sharedGroups, .ordered]
    ) { (settings, context, host) throws(ComponentError) in
        KafkaPubSub(try KafkaSettings(settings, context), context, host)
    }
}

/// The declared fields. Bare numbers are seconds, as in daprd, unless a field says otherwise.
enum KafkaFields {
    private static let seconds = FieldType.duration(bareUnit: .seconds(1))
    private static let anyInteger = FieldType.integer(Int.min...Int.max)

    static let connection = [
        Field("brokers", .text, required: true, "Brokers to begin with, `host:port`, separated by commas."),
        Field("clientId", .text, default: "sarama", "The name that brokers log and count quotas by."),
        Field("version", .text, default: "2.0.0.0", "Checked, and without effect: the version is negotiated."),
        Field("dialTimeout", seconds, default: "30s", "How long a connection, TLS and authentication may take."),
        Field("readTimeout", seconds, "How long an answer of a broker may take, from 2s to 5m; by default 10s."),
        Field("metadataTimeout", seconds, default: "0", "How long one attempt to reach a broker may take; 0 is 4 s."),
        Field(
            "clientConnectionTopicMetadataRefreshInterval", .text, default: "8m",
            "A duration, bare numbers are seconds: how often the layout of topics is asked for; consumers ask every 10 s at least."
        ),
        Field(
            "clientConnectionKeepAliveInterval", .text, default: "0",
            "A duration, bare numbers are seconds: after how long without traffic a connection is asked for a sign of life; 0 is the system's value."
        ),
    ]

    static let security = [
        Field(
            "authType", .text,
            "`none`, `password`, `mtls`, `certificate` or `oidc`. Required unless `authRequired` is set."),
        Field(
            "authRequired", .bool,
            "Former spelling: true with a `saslPassword` is `password`, true `mtls`, false `none`."),
        Field("saslUsername", .text, "The user of `password`."),
        Field("saslPassword", .text, secret: true, "The password of `password`."),
        Field("saslMechanism", .text, default: "PLAINTEXT", "`PLAINTEXT`, `SHA-256` or `SHA-512`."),
        Field(
            "disableTls", .bool, default: "false",
            "Whether connections are not encrypted. TLS is on by default, except for authType `none`."),
        Field(
            "skipVerify", .bool, default: "false",
            "Whether any certificate of a broker is taken. It leaves the connection open to whoever sits in between."),
        Field(
            "caCert", .text,
            "Authorities that sign the brokers' certificates: PEM text or the path of a file; the system's by default."),
        Field("clientCert", .text, "The certificate that is shown to brokers: PEM text or the path of a file."),
        Field("clientKey", .text, secret: true, "The key of `clientCert`: PEM text or the path of a file."),
        Field(
            "oidcTokenEndpoint", .text, "Where `oidc` fetches its tokens, by OAuth 2.0 client credentials: an URL."),
        Field("oidcClientID", .text, "The client of `oidc`."),
        Field("oidcClientSecret", .text, secret: true, "The client's secret."),
        Field("oidcScopes", .text, default: "openid", "Scopes that tokens are asked for, separated by commas."),
        Field(
            "oidcExtensions", .text,
            "SASL extensions that go to brokers beside the token: a JSON object of texts."),
    ]

    static let consuming = [
        Field("consumerGroup", .text, "The consumer group; by default `consumerID`."),
        Field("consumerID", .text, "The consumer group where `consumerGroup` is not set; by default the app id."),
        Field(
            "initialOffset", .text, default: "newest",
            "Where a group without a position starts: `newest` or `oldest`. The start is committed at the first assignment."
        ),
        Field(
            "ordering", .choice(["partition", "key"]), default: "partition",
            "`partition`: one event of a partition at a time. `key`: events of different keys, and those without, side by side. An addition of Martlet."
        ),
        Field("heartbeatInterval", seconds, default: "3s", "How often a consumer shows its group that it is there."),
        Field("sessionTimeout", seconds, default: "10s", "After how long without that it is taken for gone."),
        Field(
            "consumerGroupRebalanceStrategy", .text, default: "range",
            "`range`, `roundrobin`, or `sticky` (only partitions that move are given away); the same for all members."),
        Field(
            "consumerFetchMin", .integer(1...100_000_000), default: "1",
            "Bytes that a broker waits for before it answers."),
        Field(
            "consumerFetchDefault", .integer(1...1_000_000_000), default: "1048576",
            "Bytes that one answer brings for a partition, except for a single larger event."),
        Field(
            "consumeRetryInterval", .duration(bareUnit: .milliseconds(1)), default: "100ms",
            "The first wait before a consumer tries a broker again; bare numbers are milliseconds. It grows to 1 s."),
        Field(
            "escapeHeaders", .bool, default: "false",
            "Whether names and values of record headers are URL-escaped where they become metadata."),
    ]

    static let publishing = [
        Field(
            "excludeHeaderMetaRegex", .text,
            "A regular expression (RE2): publish metadata with such a name become no record header."),
        Field(
            "maxMessageBytes", .integer(1_000...1_000_000_000), default: "1000000",
            "The largest event that is published."),
        Field("compression", .text, default: "none", "`none`, `gzip`, `snappy`, `lz4` or `zstd`."),
        Field(
            "producerRequiredAcks", .text, default: "all",
            "Who has an event before it counts as published: `all`, `local` (the leader, which may lose it) or `none` (nobody)."
        ),
    ]

    /// Settings of daprd's client that change nothing here, so that its users' files stay valid.
    static let withoutEffect: [Field] = {
        let retries =
            "Failed deliveries are tried again by the runtime: in place, without end, unless a policy or dead letter topic says otherwise."
        let backOff = [
            ("backOffPolicy", FieldType.text), ("backOffDuration", seconds), ("backOffMaxRetries", anyInteger),
            ("backOffInitialInterval", seconds), ("backOffMaxInterval", seconds), ("backOffMultiplier", .text),
            ("backOffRandomizationFactor", .text), ("backOffMaxElapsedTime", seconds), ("consumeRetryEnabled", .bool),
        ].map { name, type in Field(name, type, "Without effect. \(retries)") }
        return backOff + [
            Field("writeTimeout", seconds, "Without effect: bytes that nobody acknowledges for 10 s end a connection."),
            Field("channelBufferSize", anyInteger, "Without effect: what is read ahead is bounded in bytes."),
            Field("producerRetryMax", anyInteger, "Without effect: an event is tried for 10 s, and stored once."),
            Field("schemaCachingEnabled", .bool, "Without effect: there is no schema registry."),
            Field("schemaLatestVersionCacheTTL", seconds, "Without effect: there is no schema registry."),
        ]
    }()

    static let refused: [Field] = {
        let assertions = "tokens by a signed assertion are not supported; use oidc with a secret, password, or mtls"
        let cloud = "authentication by AWS IAM is not supported; use authType oidc, password, mtls or certificate"
        let schemas = "Avro and schema registries are not supported; publish JSON"
        func fields(_ names: [String], _ refusal: String, secret: Bool = false) -> [Field] {
            names.map { Field($0, .text, secret: secret, refusal: refusal, "Not supported.") }
        }
        return fields(["oidcClientAssertionCert", "oidcResource", "oidcAudience", "oidcKid"], assertions)
            + fields(["oidcClientAssertionKey"], assertions, secret: true)
            + fields(
                [
                    "region", "assumeRoleArn", "trustAnchorArn", "trustProfileArn", "assumeIamRoleArn", "sessionName",
                    "awsRegion", "awsIamRoleArn", "awsStsSessionName",
                ], cloud)
            + fields(
                ["accessKey", "secretKey", "sessionToken", "awsAccessKey", "awsSecretKey", "awsSessionToken"], cloud,
                secret: true)
            + fields(["schemaRegistryURL", "schemaRegistryAPIKey"], schemas)
            + fields(["schemaRegistryAPISecret"], schemas, secret: true)
            + [Field("useAvroJSON", .bool, refusal: schemas, "Not supported.")]
    }()
}
