internal import Bytes
internal import Loop
internal import Messaging
internal import TLS

/// The settings of one component, checked against each other. Pure.
struct RedisPubSubSettings {
    /// How long a read waits where `readTimeout` does not say.
    static let defaultBlock: Duration = .seconds(2)
    /// How long other replies may take where `readTimeout` does not say.
    static let defaultReplyTimeout: Duration = .seconds(3)
    /// Beyond the wait of a read, its reply may take so long.
    static let blockGrace: Duration = .seconds(2)

    var endpoint: Endpoint
    var username: String
    var password: String
    var database: Int
    var tls: TLSSettings?
    var connectTimeout: Duration
    var block: Duration
    var replyTimeout: Duration
    var group: String
    var consumer: String
    /// `nil` where nothing is taken over from other consumers.
    var takeOver: TakeOver?
    var queueDepth: Int
    var maximumLength: Int
    var maximumAge: Duration

    /// When and how often entries are taken over from consumers that are gone.
    struct TakeOver: Equatable {
        /// After how long without a sign of life.
        var idle: Duration
        /// How often to look for such entries.
        var interval: Duration
    }

    init(_ settings: Settings, _ context: ComponentContext) throws(ComponentError) {
        guard settings.text("redisType") != "cluster" else {
            throw Self.error("redisType cluster is not supported; use a single node (redisType: node)")
        }
        endpoint = try Self.endpoint(
            settings.text("redisHost") ?? "", port: settings.integer("redisPort"),
            isHostGiven: settings.isGiven("redisHost"))
        username = settings.text("redisUsername") ?? ""
        password = settings.text("redisPassword") ?? ""
        if !username.isEmpty, password.isEmpty { throw Self.error("redisUsername needs redisPassword") }
        database = settings.integer("redisDB") ?? 0
        tls = settings.bool("enableTLS") ? Self.tls(settings) : nil
        connectTimeout = Self.positive(settings.duration("dialTimeout")) ?? .seconds(5)
        let read = Self.positive(settings.duration("readTimeout"))
        let write = Self.positive(settings.duration("writeTimeout"))
        block = read ?? Self.defaultBlock
        replyTimeout = max(read ?? Self.defaultReplyTimeout, write ?? .zero)
        group = Self.filled(settings.text("consumerID")) ?? context.appID
        consumer = "\(group)-\(Self.filled(settings.text("instanceID")) ?? context.instanceID)"
        takeOver = Self.takeOver(settings.duration("processingTimeout"), settings.duration("redeliverInterval"))
        queueDepth = max(1, settings.integer("queueDepth") ?? 100)
        maximumLength = settings.integer("maxLenApprox") ?? 0
        maximumAge = Self.positive(settings.duration("streamTTL")) ?? .zero
    }

    private static func takeOver(_ idle: Duration?, _ interval: Duration?) -> TakeOver? {
        guard let idle = positive(idle), let interval = positive(interval) else { return nil }
        return TakeOver(idle: max(idle, .milliseconds(30)), interval: max(interval, .milliseconds(10)))
    }

    private static func tls(_ settings: Settings) -> TLSSettings {
        TLSSettings(
            authorities: filled(settings.text("caCert")), certificate: filled(settings.text("clientCert")),
            key: filled(settings.text("clientKey")), verifiesPeer: !settings.bool("insecureSkipTLSVerify"))
    }

    private static func positive(_ duration: Duration?) -> Duration? { duration.flatMap { $0 > .zero ? $0 : nil } }

    private static func filled(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }

    private static func error(_ reason: String) -> ComponentError {
        ComponentError(.settings, action: "reading the settings", reason: reason)
    }

    /// `host`, `host:port`, `[ipv6]`, `[ipv6]:port`, a bare IPv6 address, or the path of a socket.
    static func endpoint(_ text: String, port given: Int?, isHostGiven: Bool = true) throws(ComponentError) -> Endpoint
    {
        if text.hasPrefix("/") { return .unix(path: text) }
        guard !text.isEmpty else { throw error("redisHost is empty; set host:port") }
        guard !text.contains(",") else {
            throw error("redisHost holds several hosts, which only clusters and sentinels have; set one")
        }
        guard !text.contains(text: "://") else { throw error("redisHost is host:port, without a scheme") }
        var host = text
        var port: Int?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw error("redisHost \(text) has no closing bracket") }
            host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            if !rest.isEmpty { port = try number(rest.dropFirst(rest.hasPrefix(":") ? 1 : 0), in: text) }
        } else if let colon = text.firstIndex(of: ":"), text.lastIndex(of: ":") == colon {
            host = String(text[..<colon])
            port = try number(text[text.index(after: colon)...], in: text)
        }
        if let inHost = port, let given, inHost != given {
            guard !isHostGiven else { throw error("redisHost names port \(inHost) and redisPort \(given); keep one") }
            port = given
        }
        guard !host.isEmpty else { throw error("redisHost \(text) has no host; set host:port") }
        return .tcp(host: host, port: UInt16(clamping: port ?? given ?? 6379))
    }

    private static func number(_ digits: Substring, in text: String) throws(ComponentError) -> Int {
        guard let number = UInt16(digits), number > 0 else {
            throw error("redisHost \(text) has no valid port; set host:port")
        }
        return Int(number)
    }
}
