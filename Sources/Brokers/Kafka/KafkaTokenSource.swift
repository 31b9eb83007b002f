internal import Bytes
internal import HTTP
internal import KafkaClient
internal import Loop
internal import Messaging

/// Fetches tokens, one at a time, and keeps the latest while it is valid. Confined to its shard.
final class KafkaTokenSource {
    /// How long an answer of the endpoint may take.
    static let limit: Duration = .seconds(10)
    /// Bytes of an answer.
    static let answerMaximum = 256 << 10

    private let settings: KafkaTokenSettings
    private let loop: EventLoop
    private var client: HTTPClient?
    /// Whether the endpoint reads the client from the form; the `Authorization` field is tried first.
    private var showsClient = false
    private var latest: (token: KafkaToken, renewal: Instant)?

    init(_ settings: KafkaTokenSettings, on loop: EventLoop) {
        self.settings = settings
        self.loop = loop
    }

    /// A token that is valid for at least another tenth of its time.
    func token() async throws(ComponentError) -> KafkaToken {
        if let latest, loop.now < latest.renewal { return latest.token }
        var response = try await ask()
        if !showsClient, response.status == 400 || response.status == 401 {
            showsClient = true
            response = try await ask()
            if response.status >= 400 { showsClient = false }
        }
        guard response.status == 200 else { throw refusal(response) }
        guard let (text, seconds) = KafkaTokenSettings.token(in: response.body) else {
            throw error(.refused, "the answer holds no access_token; is oidcTokenEndpoint right?")
        }
        let token = KafkaToken(
            text, principal: settings.clientID, expiry: loop.wallClock / 1_000_000 + Int64(seconds) * 1_000,
            extensions: settings.extensions)
        latest = (token, loop.now + .milliseconds(seconds * 700))
        return token
    }

    private func ask() async throws(ComponentError) -> HTTPClientResponse {
        var fields = HTTPFieldBlock()
        fields.add("Content-Type", "application/x-www-form-urlencoded")
        fields.add("Accept", "application/json")
        if !showsClient { fields.add("Authorization", settings.authorization) }
        let request = HTTPClientRequest(
            method: "POST", target: Array(settings.address.target.utf8), fields: fields,
            body: settings.form(showsClient: showsClient))
        do throws(HTTPClientError) {
            return try await madeClient().response(to: request, deadline: loop.now + Self.limit)
        } catch {
            throw self.error(.unavailable, "\(error)")
        }
    }

    private func madeClient() -> HTTPClient {
        if let client { return client }
        let address = settings.address
        var bounds = HTTPClientSettings()
        bounds.connections = 1
        bounds.waiting = 4
        bounds.message.bodyBytes = Self.answerMaximum
        let origin = Endpoint.tcp(host: address.host, port: address.port)
        let made =
            address.isSecure
            ? HTTPClient(
                origin: origin, host: address.authority,
                security: HTTPClientSecurity(
                    serverName: address.host, authorities: settings.authorities, verifiesPeer: settings.verifiesPeer),
                on: loop, settings: bounds)
            : HTTPClient(origin: origin, host: address.authority, on: loop, settings: bounds)
        client = made
        return made
    }

    private func refusal(_ response: HTTPClientResponse) -> ComponentError {
        let words = KafkaTokenSettings.complaint(in: response.body)
        let isTheirs = response.status >= 500 || response.status == 429
        return error(
            isTheirs ? .unavailable : .refused,
            "it answered \(response.status)\(words.isEmpty ? "" : " (\(words))")"
                + (isTheirs ? "" : "; check oidcClientID, oidcClientSecret, oidcScopes and oidcTokenEndpoint"))
    }

    private func error(_ code: ComponentError.Code, _ reason: String) -> ComponentError {
        let scheme = settings.address.isSecure ? "https" : "http"
        return ComponentError(
            code, action: "fetching a token from \(scheme)://\(settings.address.authority)", reason: reason)
    }

    func close() {
        client?.close()
        client = nil
    }
}
