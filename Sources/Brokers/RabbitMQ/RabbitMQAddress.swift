internal import Bytes
internal import Loop
internal import Messaging

/// Where the broker is and as whom we come: `connectionString`, or `protocol`, `hostname`, `username` and `password` (spec 3.8).
///
/// The URI is RabbitMQ's (uri-spec): the path is the virtual host. An error never repeats it: it may hold a password.
struct RabbitMQAddress: Equatable {
    var endpoint: Endpoint
    var usesTLS: Bool
    var username = "guest"
    var password = "guest"
    var virtualHost = "/"
    /// Seconds, where the URI says so.
    var heartbeat: Double?
    var connectTimeout: Duration = .seconds(20)

    init(_ settings: Settings) throws(ComponentError) {
        let scheme = settings.text("protocol").flatMap { $0.isEmpty ? nil : $0 }
        let uri = settings.text("connectionString") ?? ""
        guard uri.isEmpty else {
            self = try RabbitMQAddress(uri: uri)
            if let scheme, (scheme == "amqps") != usesTLS {
                throw Self.error(
                    "protocol is \(scheme), and connectionString begins with another one; keep one of both")
            }
            return
        }
        usesTLS = scheme == "amqps"
        let host = settings.text("hostname").flatMap { $0.isEmpty ? nil : $0 } ?? "localhost"
        endpoint = try Self.endpoint(host[...], usesTLS: usesTLS, field: "hostname")
        if let name = settings.text("username"), !name.isEmpty { username = name }
        if let word = settings.text("password"), !word.isEmpty { password = word }
    }

    /// `amqp://user:password@host:port/vhost?heartbeat=10`
    init(uri: String) throws(ComponentError) {
        let scheme = uri.prefix { $0 != ":" }.lowercased()
        guard scheme == "amqp" || scheme == "amqps", uri.dropFirst(scheme.utf8.count).hasPrefix("://") else {
            throw Self.error("connectionString begins with amqp://, or amqps:// for TLS")
        }
        usesTLS = scheme == "amqps"
        let whole = uri.dropFirst(scheme.utf8.count + 3)
        var rest = whole.prefix { $0 != "?" && $0 != "#" }
        let query = whole.dropFirst(rest.count).prefix { $0 != "#" }.dropFirst()
        if let slash = rest.firstIndex(of: "/") {
            let path = rest[rest.index(after: slash)...]
            if !path.isEmpty { virtualHost = try Self.decoded(path) }
            rest = rest[..<slash]
        }
        if let at = rest.lastIndex(of: "@") {
            let user = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            username = try Self.decoded(user[0])
            password = user.count > 1 ? try Self.decoded(user[1]) : ""
            rest = rest[rest.index(after: at)...]
        }
        endpoint = try Self.endpoint(
            rest.isEmpty ? "localhost" : rest, usesTLS: usesTLS, field: "connectionString")
        try take(query)
    }

    private mutating func take(_ query: Substring) throws(ComponentError) {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let number = parts.count > 1 ? UInt32(parts[1]) : nil
            switch (parts[0].lowercased(), number) {
            case ("heartbeat", .some(let seconds)): heartbeat = Double(seconds)
            case ("connection_timeout", .some(let milliseconds)) where milliseconds > 0:
                connectTimeout = .milliseconds(Int(milliseconds))
            case ("heartbeat", nil), ("connection_timeout", _):
                throw Self.error("connectionString has a parameter \(parts[0]) that is not a whole number")
            default:
                throw Self.error(
                    "connectionString has the parameter \(parts[0]), which is not supported; certificates are set by caCert, clientCert and clientKey"
                )
            }
        }
    }

    private static func error(_ reason: String) -> ComponentError { RabbitMQPubSubSettings.error(reason) }

    private static func decoded(_ text: Substring) throws(ComponentError) -> String {
        // A plus is a plus outside of a query.
        let kept = text.split(separator: "+", omittingEmptySubsequences: false).joined(separator: "%2B")
        guard let decoded = kept.withRawSpan({ URLText.queryUnescapedText($0) }), !decoded.utf8.contains(0) else {
            throw error(
                "connectionString has a bad escape in its user, password or virtual host; write special characters as %XX"
            )
        }
        return decoded
    }

    private static func endpoint(
        _ text: Substring, usesTLS: Bool, field: String
    ) throws(ComponentError) -> Endpoint {
        var host = text
        var port = usesTLS ? UInt16(5671) : 5672
        var digits: Substring?
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            if !rest.isEmpty { digits = rest.hasPrefix(":") ? rest.dropFirst() : rest }
        } else if let colon = text.lastIndex(of: ":") {
            host = text[..<colon]
            digits = text[text.index(after: colon)...]
        }
        if let digits {
            guard let number = UInt16(digits), number > 0 else {
                throw error("\(field) has no valid port; set host:port")
            }
            port = number
        }
        guard !host.isEmpty, !host.contains(":") || text.hasPrefix("["), !host.contains("/") else {
            throw error("\(field) has no valid host; set host:port, IPv6 in brackets")
        }
        return .tcp(host: String(host), port: port)
    }
}
