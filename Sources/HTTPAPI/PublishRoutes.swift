internal import Bytes
internal import Delivery
internal import Events
internal import HTTP
package import Messaging
internal import Observability

/// `POST /v1.0/publish/{pubsub}/{topic}` (spec 1.1).
extension APIServer {
    func publish(_ exchange: HTTPExchange, pubsub: String, topic: String, _ trace: RequestTrace) {
        let request = PublishRequest(
            pubsub: pubsub, topic: topic, contentType: trace.facts.contentType, body: exchange.body,
            metadata: trace.facts.metadata, trace: trace.span, traceState: trace.state)
        if exchange.isBodyTooLarge {
            return refuseTooLarge(exchange, request, trace)
        }
        guard !pending.isFull else { return refuseOverload(exchange, request, trace) }
        let token = pending.add(.init(exchange: exchange, trace: trace, pubsub: pubsub, topic: topic))
        do {
            try publisher.publish(request, completion: self, token: token)
        } catch {
            _ = pending.take(token)
            refuse(exchange, error, pubsub: pubsub, topic: topic, trace)
        }
    }

    /// Answers a refusal. The JSON text `null` as a CloudEvent gets none, as in daprd: the connection ends.
    func refuse(
        _ exchange: HTTPExchange, _ refusal: PublishRefusal, pubsub: String, topic: String, _ trace: RequestTrace,
        forbidden: EndedRequest.Egress = .failed
    ) {
        if case .notACloudEvent(.null, _) = refusal { return exchange.drop() }
        let isForbidden = if case .forbidden = refusal { true } else { false }
        answer(
            exchange, .publish(refusal, pubsub: pubsub, topic: topic, appID: appID), trace,
            // As in daprd: scopes are asked when it is published, everything else before.
            PublishEnding(pubsub: pubsub, topic: topic, egress: isForbidden ? forbidden : .none))
    }

    /// daprd finds an over-long body when it reads it: after component and flags, as a failed publish.
    private func refuseTooLarge(_ exchange: HTTPExchange, _ request: PublishRequest, _ trace: RequestTrace) {
        do {
            try publisher.check(request)
        } catch {
            let refusal = APIError.publish(error, pubsub: request.pubsub, topic: request.topic, appID: appID)
            return answer(exchange, refusal, trace)
        }
        answer(exchange, .publishFailed("stream too large", pubsub: request.pubsub, topic: request.topic), trace)
    }

    private func refuseOverload(_ exchange: HTTPExchange, _ request: PublishRequest, _ trace: RequestTrace) {
        refuseOverload(exchange, pubsub: request.pubsub, topic: request.topic, trace)
    }

    func refuseOverload(_ exchange: HTTPExchange, pubsub: String, topic: String, _ trace: RequestTrace) {
        let reason = "too many events wait for their brokers already; not stored, try again later"
        var error = APIError.publishFailed(reason, pubsub: pubsub, topic: topic)
        error.status = 503
        answer(exchange, error, trace)
    }

    /// The content type as it came; the one that nearly all events have is not made anew.
    static func contentType(of exchange: HTTPExchange) -> String {
        let fields = exchange.fields
        guard let index = fields.index(of: "content-type") else { return "" }
        return fields.value(at: index).equals("application/json") ? "application/json" : fields.valueText(at: index)
    }

    /// `metadata.<key>=<value>` pairs of the query; of several with one key the first counts.
    static func metadata(of exchange: HTTPExchange) -> Metadata {
        guard let query = exchange.head.target.query else { return Metadata() }
        var metadata = Metadata()
        let prefix = "metadata."
        URLText.forEachQueryPair(exchange.fields.bytes.rawSpan.extracting(query)) { name, value, bytes in
            guard name.hasPrefix(prefix) else { return }
            let key = String(name.dropFirst(prefix.count))
            if metadata[key] == nil { metadata.append(Metadata.Pair(key: key, value: value, bytes: bytes)) }
        }
        return metadata
    }
}

extension APIServer: PublishCompletion {
    package func published(_ outcome: PublishOutcome, token: UInt64) {
        guard let entry = pending.take(token) else { return }
        switch outcome {
        case .stored:
            answerEmpty(
                entry.exchange, entry.trace,
                PublishEnding(pubsub: entry.pubsub, topic: entry.topic, egress: .stored))
        case .failed(let error):
            let refusal = PublishRefusal.broker(error)
            answer(
                entry.exchange, .publish(refusal, pubsub: entry.pubsub, topic: entry.topic, appID: appID), entry.trace,
                PublishEnding(pubsub: entry.pubsub, topic: entry.topic, egress: .failed))
        }
    }
}
