internal import Bytes
package import Delivery
internal import Events
package import HTTP
internal import Messaging

/// Answers the requests of the API port: token, trace, route, and one method for each family of paths.
///
/// Confined to a shard. A publish holds its exchange until the broker has answered; everything else is answered at once.
package final class APIServer {
    /// Which paths a port serves.
    package enum Surface: Sendable {
        /// The API port: everything, with the token where one is set.
        case api
        /// The public port: health and metadata, without token (spec 5.11).
        case `public`
    }

    let appID: String
    let publisher: Publisher
    let tracer: Tracer
    let surface: Surface
    weak var backend: (any APIBackend)?
    private let rules: APIRules
    private let token: [UInt8]?
    var pending = PendingPublishes()

    /// - Parameters:
    ///   - token: what callers must send as `dapr-api-token`; nil asks for none.
    ///   - rules: what flags and Configuration say about callers, paths and bodies.
    package init(
        appID: String, publisher: Publisher, tracer: Tracer, surface: Surface, token: String?, rules: APIRules,
        backend: any APIBackend
    ) {
        self.appID = appID
        self.publisher = publisher
        self.tracer = tracer
        self.surface = surface
        self.backend = backend
        self.rules = rules
        self.token = surface == .api ? token.flatMap { $0.isEmpty ? nil : Array($0.utf8) } : nil
    }

    /// Publishes that wait for their broker.
    package var publishesInFlight: Int { pending.count + pending.bulkCount }

    // MARK: Token

    /// Health checks need no token; of two headers the first counts; spaces around the value do not matter (spec 6.3).
    private func isAuthorised(_ exchange: HTTPExchange, _ route: APIRoute) -> Bool {
        guard let token, route != .health, route != .outboundHealth else { return true }
        guard let index = exchange.fields.index(of: "dapr-api-token") else { return false }
        return ConstantTime.equal(exchange.fields.value(at: index), token.rawSpan)
    }

    // MARK: Answers

    func answer(_ exchange: HTTPExchange, _ error: APIError, _ trace: RequestTrace) {
        exchange.respond(error.status, body: error.body) { fields in
            fields.add("Content-Type", "application/json")
            trace.append(to: &fields)
        }
    }

    func answerEmpty(_ exchange: HTTPExchange, _ trace: RequestTrace) {
        exchange.respond(204) { fields in trace.append(to: &fields) }
    }

    private func answerText(_ exchange: HTTPExchange, _ status: Int, _ text: String, _ trace: RequestTrace) {
        exchange.respond(status, body: Array(text.utf8)) { fields in
            fields.add("Content-Type", "text/plain; charset=utf-8")
            if status != 400 { fields.add("X-Content-Type-Options", "nosniff") }
            trace.append(to: &fields)
        }
    }
}

extension APIServer: HTTPHandler {
    package func handle(_ exchange: HTTPExchange) {
        var trace = RequestTrace(exchange, tracer)
        guard let route = exchange.withPath({ APIRoute.of(method: exchange.method, path: $0) }) else {
            return answerText(exchange, 400, "400 Bad Request", trace)
        }
        if let cors = rules.cors {
            if cors.answerPreflight(exchange, trace) { return }
            trace.cors = cors.addition(to: exchange)
        }
        guard isAuthorised(exchange, route) else { return answerText(exchange, 401, "invalid api token\n", trace) }
        guard surface == .api || route.isPublic else {
            return answerText(exchange, 404, "404 page not found\n", trace)
        }
        if let strictness = rules.strictness, let refusal = strictness.refusal(of: exchange) {
            return answer(exchange, refusal, trace)
        }
        if let access = rules.access, !exchange.withPath({ access.allows(route, path: $0) }) {
            if access.allowsInvocation { return fallback(exchange, trace) }
            return answerText(exchange, 404, "404 page not found\n", trace)
        }
        serve(exchange, route, trace)
    }

    private func serve(_ exchange: HTTPExchange, _ route: APIRoute, _ trace: RequestTrace) {
        switch route {
        case .publish(let pubsub, let topic): publish(exchange, pubsub: pubsub, topic: topic, trace)
        case .bulkPublish(let pubsub, let topic): bulkPublish(exchange, pubsub: pubsub, topic: topic, trace)
        case .health: health(exchange, trace)
        case .outboundHealth: outboundHealth(exchange, trace)
        case .metadata: metadata(exchange, trace)
        case .setMetadata(let key): setMetadata(exchange, key: key, trace)
        case .shutdown: shutdown(exchange, trace)
        case .block(let block): self.block(exchange, block, trace)
        case .unknown: fallback(exchange, trace)
        }
    }
}

extension HTTPExchange {
    /// Reads the path in place.
    func withPath<R>(_ body: (RawSpan) -> R) -> R {
        body(fields.bytes.rawSpan.extracting(head.target.path))
    }
}
