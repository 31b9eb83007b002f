internal import Bytes
internal import Events
package import Messaging

/// Where tokens come from (authType `oidc`): OAuth 2.0 client credentials. Pure.
package struct KafkaTokenSettings: Sendable {
    /// What is needed of the endpoint's URL.
    package struct Address: Sendable, Equatable {
        package var isSecure: Bool
        /// Without brackets.
        package var host: String
        package var port: UInt16
        /// Path and query.
        package var target: String
        /// The value of the `Host` field.
        package var authority: String
    }

    package let address: Address
    package let clientID: String
    package let clientSecret: String
    package let scopes: [String]
    package let extensions: [(name: String, value: String)]
    /// Authorities that sign the endpoint's certificate; the brokers' own, as daprd has it.
    package let authorities: String?
    package let verifiesPeer: Bool

    package init(_ settings: Settings) throws(ComponentError) {
        address = try Self.address(try Self.needed(settings, "oidcTokenEndpoint", "OIDC Token Endpoint"))
        clientID = try Self.needed(settings, "oidcClientID", "OIDC Client ID")
        clientSecret = try Self.needed(settings, "oidcClientSecret", "OIDC Client Secret")
        let scopes = (settings.text("oidcScopes") ?? "").split(separator: ",").map { $0.filter { $0 != " " } }
        self.scopes = scopes.isEmpty ? ["openid"] : scopes
        extensions = try Self.extensions(settings.text("oidcExtensions") ?? "")
        authorities = KafkaSettings.filled(settings.text("caCert"))
        verifiesPeer = !settings.bool("skipVerify")
    }

    private static func needed(
        _ settings: Settings, _ name: String, _ words: String
    ) throws(ComponentError) -> String {
        if let text = KafkaSettings.filled(settings.text(name)) { return text }
        throw KafkaSettings.error("kafka error: missing \(words) for authType 'oidc'; set \(name)")
    }

    private static func extensions(_ text: String) throws(ComponentError) -> [(name: String, value: String)] {
        guard !text.isEmpty else { return [] }
        guard case .object(let members)? = try? JSONValue.parse(Array(text.utf8)), members.count <= 32,
            members.allSatisfy({ $0.value.text != nil && !$0.name.utf8.contains(0) })
        else {
            throw KafkaSettings.error(
                "oidcExtensions is no JSON object of at most 32 texts; write {\"name\": \"value\"}")
        }
        return members.map { ($0.name, $0.value.text ?? "") }
    }

    /// Reads the endpoint's URL, and says what is wrong without showing it.
    package static func address(_ text: String) throws(ComponentError) -> Address {
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://") else {
            throw KafkaSettings.error("oidcTokenEndpoint is no URL; write it with https://")
        }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        let slash = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let target = slash < rest.endIndex && rest[slash] == "?" ? "/" + rest[slash...] : String(rest[slash...])
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !rest[..<slash].contains("@") else {
            throw KafkaSettings.error("oidcTokenEndpoint holds spaces, a user, or characters that must be escaped")
        }
        var host = rest[..<slash]
        var port: UInt16 = isSecure ? 443 : 80
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            guard let given = UInt16(host[host.index(after: colon)...]), given > 0 else {
                throw KafkaSettings.error("the port of oidcTokenEndpoint is no number from 1 to 65535")
            }
            port = given
            host = host[..<colon]
        }
        if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw KafkaSettings.error("oidcTokenEndpoint names no host") }
        return Address(
            isSecure: isSecure, host: String(host), port: port, target: target.isEmpty ? "/" : target,
            authority: String(rest[..<slash]))
    }

    /// The form that asks for a token.
    /// - Parameter showsClient: whether it names the client, for servers that do not read it from the `Authorization` field.
    package func form(showsClient: Bool) -> [UInt8] {
        var pairs = [("grant_type", "client_credentials"), ("scope", scopes.joined(separator: " "))]
        if showsClient { pairs += [("client_id", clientID), ("client_secret", clientSecret)] }
        return Array(pairs.map { "\($0.0)=\(KafkaMapping.escaped($0.1))" }.joined(separator: "&").utf8)
    }

    /// The value of the `Authorization` field.
    package var authorization: String {
        var bytes = Array("Basic ".utf8)
        let pair = Array("\(KafkaMapping.escaped(clientID)):\(KafkaMapping.escaped(clientSecret))".utf8)
        bytes.append(base64: pair.rawSpan)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The token in an answer of the endpoint, and for how many seconds it is valid; nil where there is none.
    package static func token(in body: [UInt8]) -> (text: String, seconds: Int)? {
        guard let answer = try? JSONValue.parse(body), let text = answer["access_token"]?.text, !text.isEmpty else {
            return nil
        }
        let seconds: Int? =
            switch answer["expires_in"] {
            case .number(let number)?: Int(number)
            case .string(let text)?: Int(text)
            default: nil
            }
        return (text, min(max(seconds ?? lifetime, 1), 31_536_000))
    }

    /// Seconds that a token counts as valid where its server does not say.
    static let lifetime = 300

    /// What a server says about a refusal: `error` and `error_description` of its answer, on one line; empty where it says nothing.
    package static func complaint(in body: [UInt8]) -> String {
        guard let answer = try? JSONValue.parse(body) else { return "" }
        let words = [answer["error"]?.text, answer["error_description"]?.text].compactMap { $0 }
        let line = words.joined(separator: ": ").unicodeScalars.map { $0.value < 0x20 ? " " : Character($0) }
        return String(line.prefix(200))
    }
}
