internal import Bytes
internal import HTTP

/// `/v1.0/healthz`, `/v1.0/metadata` and `/v1.0/shutdown` (spec 5.11-5.13).
extension APIServer {
    func health(_ exchange: HTTPExchange, _ trace: RequestTrace) {
        let targets = backend?.readinessTargets ?? []
        guard targets.isEmpty else { return answer(exchange, .notReady(targets), trace) }
        if let asked = APIServer.query("appid", of: exchange), asked != appID {
            return answer(exchange, .otherAppID, trace)
        }
        answerEmpty(exchange, trace)
    }

    func outboundHealth(_ exchange: HTTPExchange, _ trace: RequestTrace) {
        guard backend?.isOutboundReady == true else { return answer(exchange, .outboundNotReady, trace) }
        answerEmpty(exchange, trace)
    }

    func metadata(_ exchange: HTTPExchange, _ trace: RequestTrace) {
        answer(exchange, 200, backend?.metadata.body ?? [], "application/json", trace)
    }

    func setMetadata(_ exchange: HTTPExchange, key: String, _ trace: RequestTrace) {
        guard !exchange.isBodyTooLarge else { return answer(exchange, .unreadableBody, trace) }
        let body = exchange.body
        let value = String(utf8Repaired: body.rawSpan)
        backend?.setMetadata(key: key, value: value)
        answerEmpty(exchange, trace)
    }

    func shutdown(_ exchange: HTTPExchange, _ trace: RequestTrace) {
        let isForced = exchange.fields.text("dapr-force-shutdown").map(GoBool.isTruthy) ?? false
        answerEmpty(exchange, trace)
        backend?.shutDown(isForced: isForced)
    }

    /// The first value of a query parameter; nil where it does not occur.
    private static func query(_ name: String, of exchange: HTTPExchange) -> String? {
        guard let query = exchange.head.target.query else { return nil }
        var found: String?
        URLText.forEachQueryPair(exchange.fields.bytes.rawSpan.extracting(query)) { key, value, _ in
            if found == nil, key == name { found = value }
        }
        return found
    }
}
