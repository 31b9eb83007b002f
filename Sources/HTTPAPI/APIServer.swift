internal import Bytes
package import Delivery
internal import Events
package import HTTP
internal import Messaging
package import Observability

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
    private let observer: RequestObserver?
    private let rules: APIRules
    private let token: [UInt8]?
    var pending = PendingPublishes()
    private var recent = RecentPaths()

    /// - Parameters:
    ///   - token: what callers must send as `dapr-api-token`; nil asks for none.
    ///   - rules: what flags and Configuration say about callers, paths and bodies.
    ///   - observer: is told of every answer; nil where neither metrics nor exporters are.
    package init(
        appID: String, publisher: Publisher, tracer: Tracer, surface: Surface, token: String?, rules: APIRules,
        backend: any APIBackend, observer: RequestObserver? = nil
    ) {
        self.appID = appID
        self.publisher = publisher
        self.tracer = tracer
        self.surface = surface
        self.backend = backend
        self.observer = observer
        self.rules = rules
        self.token = surface == .api ? token.flatMap { $0.isEmpty ? nil : Array($0.utf8) } : nil
    }

    /// The bound on publishes that wait for their broker.
    package static var publishLimit: Int { PendingPublishes.limit }

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

    func answer(
        _ exchange: HTTPExchange, _ error: APIError, _ trace: RequestTrace, _ publish: PublishEnding = .none
    ) {
        observer?.failed(code: error.code)
        answer(exchange, error.status, error.body, "application/json", trace, publish)
    }

    func answerEmpty(_ exchange: HTTPExchange, _ trace: RequestTrace, _ publish: PublishEnding = .none) {
        if let fields = trace.plainFields {
            exchange.respondEmpty(fields)
        } else {
            exchange.respond(204) { fields in trace.append(to: &fields) }
        }
        noteAnswer(exchange, 204, 0, trace, publish)
    }

    /// Answers with a body of a known type.
    func answer(
        _ exchange: HTTPExchange, _ status: Int, _ body: [UInt8], _ type: StaticString, _ trace: RequestTrace,
        _ publish: PublishEnding = .none
    ) {
        exchange.respond(status, body: body) { fields in
            fields.add("Content-Type", type)
            trace.append(to: &fields)
        }
        noteAnswer(exchange, status, body.count, trace, publish)
    }

    private func answerText(_ exchange: HTTPExchange, _ status: Int, _ text: String, _ trace: RequestTrace) {
        let body = Array(text.utf8)
        exchange.respond(status, body: body) { fields in
            fields.add("Content-Type", "text/plain; charset=utf-8")
            if status != 400 { fields.add("X-Content-Type-Options", "nosniff") }
            trace.append(to: &fields)
        }
        noteAnswer(exchange, status, body.count, trace, .none)
    }

    /// As daprd: no trace in the answer.
    private func answerBadBaggage(_ exchange: HTTPExchange, _ text: String, _ trace: RequestTrace) {
        let body = Array(text.utf8)
        exchange.respond(400, body: body) { fields in
            fields.add("Content-Type", "text/plain; charset=utf-8")
            fields.add("X-Content-Type-Options", "nosniff")
        }
        noteAnswer(exchange, 400, body.count, trace, .none)
    }

    /// The hook of metrics and spans: called once for each answer, after it.
    func noteAnswer(
        _ exchange: HTTPExchange, _ status: Int, _ bytes: Int, _ trace: RequestTrace, _ publish: PublishEnding
    ) {
        guard let observer else { return }
        let request = EndedRequest(
            status: status, answerBytes: bytes, began: trace.began, span: trace.exported, parent: trace.parent,
            egress: publish.egress)
        observer.ended(exchange, request) {
            RequestNames(pubsub: publish.pubsub, topic: publish.topic, traceState: trace.state)
        }
    }

    /// The entries of a bulk request have spans of their own, below the request's; they end with it.
    func noteEntries(_ call: BulkPublishCall, _ status: Int) {
        let names = RequestNames(pubsub: call.pubsub, topic: call.topic, traceState: call.trace.state)
        for span in call.spans {
            let entry = EndedRequest(
                status: status, answerBytes: 0, began: call.trace.began, span: span, parent: call.trace.span?.span ?? 0,
                egress: .none)
            observer?.endedEntry(call.exchange, entry, names)
        }
    }
}

extension APIServer: HTTPHandler {
    package func handle(_ exchange: HTTPExchange) {
        let facts = RequestFacts.of(exchange, isTracing: tracer.mode != .off, recent: &recent)
        var trace = RequestTrace(facts, tracer, began: observer?.now ?? Instant(nanoseconds: 0))
        if let complaint = trace.baggageComplaint { return answerBadBaggage(exchange, complaint, trace) }
        guard let route = facts.route else { return answerText(exchange, 400, "400 Bad Request", trace) }
        if let cors = rules.cors {
            if cors.answerPreflight(exchange, trace) { return noteAnswer(exchange, 200, 0, trace, .none) }
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
        let bytes = head.fields.bytes
        return body(bytes.rawSpan.extracting(head.target.path))
    }
}
