internal import AMQPClient
internal import Bytes
internal import Loop
internal import Messaging
internal import TLS

/// What becomes of an event that no queue takes.
enum RabbitMQMandatory: String {
    /// An error where the topic had a queue before or this sidecar subscribes to it; else it is gone, as with daprd, and counted.
    case auto
    /// An error.
    case always
    /// It is gone.
    case never
}

/// The settings of one component, checked against each other. Pure.
struct RabbitMQPubSubSettings {
    var address: RabbitMQAddress
    var tls: TLSSettings?
    /// A certificate is set that a broker without TLS will never see.
    var hasUnusedCertificates: Bool
    var usesExternal: Bool
    var consumerID: String
    var connectionName: String
    var isDurable: Bool
    var deletesUnused: Bool
    /// Whether the user said so.
    var isDeletionGiven: Bool
    var acknowledgesAtOnce: Bool
    var deliveryMode: UInt8
    /// 0 where the subscription's own bound holds.
    var prefetch: Int
    var maximumLength: Int
    var maximumBytes: Int
    var exchangeKind: String
    var hasDeadLetters: Bool
    /// Whether what failed goes to the dead letter exchange.
    var keepsFailed: Bool
    var timeToLive: Duration?
    var heartbeat: UInt16
    var showsProperties: Bool
    var mandatory: RabbitMQMandatory
    var holdLimit: Duration

    init(_ settings: Settings, _ context: ComponentContext) throws(ComponentError) {
        address = try RabbitMQAddress(settings)
        let certificates = TLSSettings(
            authorities: Self.filled(settings.text("caCert")), certificate: Self.filled(settings.text("clientCert")),
            key: Self.filled(settings.text("clientKey")))
        tls = address.usesTLS ? certificates : nil
        hasUnusedCertificates = !address.usesTLS && certificates != TLSSettings()
        usesExternal = settings.bool("saslExternal")
        if usesExternal {
            guard address.usesTLS, certificates.authorities != nil, certificates.certificate != nil else {
                throw Self.error("saslExternal needs amqps:// and caCert, clientCert and clientKey")
            }
        }
        consumerID = Self.filled(settings.text("consumerID")) ?? context.appID
        connectionName = Self.filled(settings.text("clientName")) ?? "\(context.appID)/\(context.name)"
        isDurable = settings.bool("durable")
        deletesUnused = settings.bool("deletedWhenUnused")
        isDeletionGiven = settings.isGiven("deletedWhenUnused")
        acknowledgesAtOnce = settings.bool("autoAck")
        deliveryMode = UInt8(clamping: settings.integer("deliveryMode") ?? 2)
        prefetch = settings.integer("prefetchCount") ?? 0
        maximumLength = settings.integer("maxLen") ?? 0
        maximumBytes = settings.integer("maxLenBytes") ?? 0
        exchangeKind = settings.text("exchangeKind") ?? "fanout"
        hasDeadLetters = settings.bool("enableDeadLetter")
        keepsFailed = hasDeadLetters && !settings.bool("requeueInFailure") && !acknowledgesAtOnce
        timeToLive = settings.duration("ttlInSeconds").flatMap { $0 > .zero ? $0 : nil }
        let seconds = address.heartbeat ?? (settings.duration("heartBeat") ?? .seconds(10)) / .seconds(1)
        guard seconds >= 0, seconds <= 65_535 else { throw Self.error("heartBeat is 0 s to 65535 s") }
        heartbeat = UInt16(seconds.rounded(.up))
        showsProperties = settings.bool("publishMessagePropertiesToMetadata")
        mandatory = settings.text("mandatory").flatMap { RabbitMQMandatory(rawValue: $0) } ?? .auto
        holdLimit = settings.duration("holdLimit") ?? .seconds(25 * 60)
        guard holdLimit >= .seconds(1) else { throw Self.error("holdLimit is 1 s at least") }
    }

    private static func filled(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }

    static func error(_ reason: String) -> ComponentError {
        ComponentError(.settings, action: "reading the settings", reason: reason)
    }

    /// The exchange of a topic.
    func exchange(of topic: String) -> RabbitMQExchange {
        RabbitMQExchange(topic, kind: exchangeKind, isDurable: isDurable, isAutoDeleted: deletesUnused)
    }

    /// The settings of each connection.
    func connection(tls: TLSContext?) -> RabbitMQConnectionSettings {
        RabbitMQConnectionSettings(
            endpoint: address.endpoint, virtualHost: address.virtualHost, username: address.username,
            password: address.password, usesExternal: usesExternal, name: connectionName, heartbeat: heartbeat,
            tls: tls, connectTimeout: address.connectTimeout)
    }
}
