internal import Bytes
internal import Loop
internal import MQTTClient
internal import Messaging
internal import TLS

/// The settings of one component, checked against each other. Pure.
struct MQTTPubSubSettings {
    var version: MQTTVersion
    var endpoint: Endpoint
    var username: String?
    var password: String?
    var tls: TLSSettings?
    /// A certificate is set that a broker without TLS will never see.
    var hasUnusedCertificates: Bool
    var consumerID: String
    var producerID: String
    var qos: UInt8
    var retains: Bool
    var isClean: Bool
    var keepAlive: UInt16
    var inFlightMaximum: Int
    var packetSizeMaximum: Int
    var sessionExpiry: UInt32
    var publishesBinary: Bool

    init(_ settings: Settings, _ context: ComponentContext, _ version: MQTTVersion) throws(ComponentError) {
        self.version = version
        let url = try MQTTBrokerURL(settings.text("url") ?? "")
        endpoint = url.endpoint
        username = url.username
        password = url.password
        let certificates = TLSSettings(
            authorities: Self.filled(settings.text("caCert")), certificate: Self.filled(settings.text("clientCert")),
            key: Self.filled(settings.text("clientKey")))
        tls = url.usesTLS ? certificates : nil
        hasUnusedCertificates = !url.usesTLS && certificates != TLSSettings()
        consumerID = Self.filled(settings.text("consumerID")) ?? context.appID
        producerID = "\(consumerID)-producer-\(context.instanceID)"
        guard !consumerID.utf8.contains(0), consumerID.utf8.count <= 32_000 else {
            throw Self.error("consumerID has a NUL or more than 32000 bytes; MQTT takes no such client id")
        }
        qos = UInt8(clamping: settings.integer("qos") ?? 1)
        retains = settings.bool("retain")
        isClean = settings.bool("cleanSession")
        let seconds = (settings.duration("keepAlive") ?? .seconds(30)) / .seconds(1)
        guard seconds >= 5, seconds <= 65_535 else { throw Self.error("keepAlive is 5 s to 65535 s") }
        keepAlive = UInt16(seconds)
        inFlightMaximum = settings.integer("maxInFlight") ?? 1_000
        packetSizeMaximum = min(max(settings.integer("maxPacketSize") ?? 64 << 20, 1_024), 268_435_460)
        let expiry = version == .v5 ? settings.duration("sessionExpiry") ?? .zero : .zero
        sessionExpiry = expiry > .zero ? UInt32(clamping: Int((expiry / .seconds(1)).rounded(.up))) : .max
        publishesBinary = version == .v5 && settings.text("cloudEvents") == "binary"
    }

    private static func filled(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }

    static func error(_ reason: String) -> ComponentError {
        ComponentError(.settings, action: "reading the settings", reason: reason)
    }

    /// The connection that subscriptions use, or the one that publishes use.
    func connection(isConsumer: Bool, tls: TLSContext?) -> MQTTConnectionSettings {
        let keepsSession = isConsumer && !isClean
        return MQTTConnectionSettings(
            endpoint: endpoint, version: version, clientID: isConsumer ? consumerID : producerID, username: username,
            password: password, isClean: !keepsSession, sessionExpiry: keepsSession ? sessionExpiry : 0,
            receiveMaximum: isConsumer ? UInt16(clamping: inFlightMaximum) : 0, packetSizeMaximum: packetSizeMaximum,
            keepAlive: keepAlive, tls: tls)
    }
}

/// The parts of the setting `url` (spec 3.7). An error never repeats it: it may hold a password.
struct MQTTBrokerURL: Equatable {
    var endpoint: Endpoint
    var usesTLS: Bool
    var username: String?
    var password: String?

    init(_ text: String) throws(ComponentError) {
        guard let end = text.firstRange(ofText: "://") else {
            throw MQTTPubSubSettings.error("url has no scheme; set mqtt://host:port, or mqtts://host:port for TLS")
        }
        let scheme = text[..<end.lowerBound].lowercased()
        switch scheme {
        case "mqtt", "tcp": usesTLS = false
        case "mqtts", "tcps", "tls", "ssl": usesTLS = true
        default:
            throw MQTTPubSubSettings.error(
                "url has the scheme \(scheme), which is not supported; use mqtt:// or tcp://, with TLS mqtts://, ssl://, tls:// or tcps://"
            )
        }
        var rest = text[end.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if let at = rest.lastIndex(of: "@") {
            let user = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            username = try Self.decoded(user[0])
            password = user.count > 1 ? try Self.decoded(user[1]) : nil
            rest = rest[rest.index(after: at)...]
        }
        endpoint = try Self.endpoint(rest, usesTLS: usesTLS)
    }

    private static func decoded(_ text: Substring) throws(ComponentError) -> String {
        // A plus is a plus before the host.
        let kept = text.split(separator: "+", omittingEmptySubsequences: false).joined(separator: "%2B")
        guard let decoded = kept.withRawSpan({ URLText.queryUnescapedText($0) }), !decoded.utf8.contains(0) else {
            throw MQTTPubSubSettings.error(
                "url has a bad escape in its user or password; write special characters as %XX")
        }
        return decoded
    }

    private static func endpoint(_ text: Substring, usesTLS: Bool) throws(ComponentError) -> Endpoint {
        var host = text
        var port = usesTLS ? UInt16(8883) : 1883
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
                throw MQTTPubSubSettings.error("url has no valid port; set mqtt://host:port")
            }
            port = number
        }
        guard !host.isEmpty, !host.contains(":") || text.hasPrefix("[") else {
            throw MQTTPubSubSettings.error("url has no valid host; set mqtt://host:port, IPv6 in brackets")
        }
        return .tcp(host: String(host), port: port)
    }
}

extension String {
    fileprivate func firstRange(ofText text: StaticString) -> Range<String.Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix("\(text)") {
                return index..<self.index(index, offsetBy: text.utf8CodeUnitCount)
            }
            index = self.index(after: index)
        }
        return nil
    }
}
