package import Messaging

extension PubSubKind {
    /// `pubsub.redis`: Redis Streams (spec 3.6). brokers/redis/README.md says what a publish and an acknowledgement promise.
    package static let redis = PubSubKind(
        "pubsub.redis",
        summary:
            "Redis Streams with consumer groups, over one Redis (5 or newer) or a service that speaks its protocol.",
        fields: RedisFields.connection + RedisFields.streams + RedisFields.withoutEffect + RedisFields.refused,
        capabilities: [.durable, .sharedGroups, .ordered, .lag],
        browse: { (settings, context, request) throws(ComponentError) in
            RedisBrowser(try RedisPubSubSettings(settings, context), context, request)
        }
    ) { (settings, context, host) throws(ComponentError) in
        RedisPubSub(try RedisPubSubSettings(settings, context), context, host)
    }
}

/// The declared fields. Bare numbers are milliseconds, as in daprd.
enum RedisFields {
    private static let milliseconds = FieldType.duration(bareUnit: .milliseconds(1))

    static let connection = [
        Field(
            "redisHost", .text, default: "localhost:6379",
            "Host and port of the server, `host:port`, `[ipv6]:port`, or the path of a Unix-domain socket."),
        Field("redisPort", .integer(1...65_535), "The port, where `redisHost` holds none; 6379 by default."),
        Field("redisUsername", .text, "The user of Redis' access lists; the default user where it is empty."),
        Field("redisPassword", .text, secret: true, "The password."),
        Field("redisDB", .integer(0...1_000_000), default: "0", "The number of the database."),
        Field("redisType", .choice(["node", "cluster"]), default: "node", "`node`; `cluster` is not supported."),
        Field("enableTLS", .bool, default: "false", "Whether the connection uses TLS (1.2 at least)."),
        Field(
            "insecureSkipTLSVerify", .bool, default: "false",
            "Whether any certificate of the server is taken. It leaves the connection open to whoever sits in between."),
        Field("clientCert", .text, "The certificate that is shown to the server: PEM text or the path of a file."),
        Field("clientKey", .text, secret: true, "The key of `clientCert`: PEM text or the path of a file."),
        Field(
            "caCert", .text,
            "Authorities that sign the server's certificate: PEM text or the path of a file; the system's by default. An addition of Martlet."
        ),
        Field("dialTimeout", milliseconds, default: "5s", "How long connecting, TLS and authentication may take."),
        Field(
            "readTimeout", milliseconds,
            "How long a read waits for new events before it is asked again (2 s by default), and how long any other reply may take (3 s)."
        ),
        Field(
            "writeTimeout", milliseconds,
            "How long the reply to a command may take where it is longer than `readTimeout`."),
    ]

    static let streams = [
        Field("consumerID", .text, "The consumer group of all subscriptions; by default the app id."),
        Field(
            "instanceID", .text,
            "Tells the instances of an app apart: the consumer is called `<consumerID>-<instanceID>`. Host name and HTTP port by default. An addition of Martlet."
        ),
        Field(
            "processingTimeout", milliseconds, default: "60s",
            "After how long without a sign of life an event is taken over from another instance; 0 switches that off."),
        Field(
            "redeliverInterval", milliseconds, default: "15s",
            "How often events of instances that are gone are looked for; 0 switches that off."),
        Field("queueDepth", .integer(1...100_000), default: "100", "How many events one read may bring."),
        Field(
            "concurrency", .integer(1...100_000), default: "10",
            "How many events of a subscription the app gets at once."),
        Field(
            "maxLenApprox", .integer(0...Int.max), default: "0",
            "About how many entries a stream keeps; older ones go, also those that nobody has read. 0 keeps all."),
        Field(
            "streamTTL", milliseconds, default: "0",
            "About how long a stream keeps entries, also those that nobody has read. Ignored where `maxLenApprox` is set; 0 keeps all."
        ),
    ]

    /// Settings of daprd's client that change nothing here, so that its users' files stay valid.
    static let withoutEffect = [
        (
            "redisMaxRetries", FieldType.integer(-1...Int.max),
            "Commands are not repeated: a publish tells its outcome instead."
        ),
        ("redisMinRetryInterval", milliseconds, "The runtime decides when to connect again."),
        ("redisMaxRetryInterval", milliseconds, "The runtime decides when to connect again."),
        ("poolSize", .integer(0...Int.max), "One connection carries all commands, one each subscription's reads."),
        ("minIdleConns", .integer(0...Int.max), "There is no pool."),
        ("poolTimeout", milliseconds, "There is no pool."),
        ("maxConnAge", milliseconds, "Connections are kept."),
        ("idleTimeout", milliseconds, "Connections are kept; a silent one is asked for a sign of life."),
        ("idleCheckFrequency", milliseconds, "There is no pool."),
    ].map { name, type, text in Field(name, type, "Without effect. \(text)") }

    static let refused: [Field] = {
        let sentinel = "Redis Sentinel is not supported; set redisHost to the primary, or to a name that follows it"
        let tokens = "authentication by token is not supported; use redisUsername and redisPassword"
        let sentinelTexts = ["sentinelMasterName", "sentinelUsername"].map { name in
            Field(name, .text, refusal: sentinel, "Not supported.")
        }
        let tokenTexts = [
            "oidcTokenEndpoint", "oidcClientID", "oidcClientAssertionCert", "oidcResource", "oidcAudience", "oidcKid",
            "oidcScopes", "oidcCACert",
        ].map { name in Field(name, .text, refusal: tokens, "Not supported.") }
        return sentinelTexts + tokenTexts + [
            Field("failover", .bool, refusal: sentinel, "Not supported."),
            Field("sentinelPassword", .text, secret: true, refusal: sentinel, "Not supported."),
            Field("useEntraID", .bool, aliases: ["useAzureAD"], refusal: tokens, "Not supported."),
            Field("useOIDC", .bool, refusal: tokens, "Not supported."),
            Field("oidcClientAssertionKey", .text, secret: true, refusal: tokens, "Not supported."),
        ]
    }()
}
