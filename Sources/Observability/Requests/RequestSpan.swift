internal import Bytes
internal import Delivery
internal import HTTP
internal import Messaging

/// The span of one request to the API, named and described as daprd does (spec 4.1).
enum RequestSpan {
    /// Never shown, whatever they hold: daprd shows the token of a caller whose token is wrong.
    private static let secret = "dapr-api-token"
    /// `dapr-` fields that become attributes.
    private static let longestList = 32

    static func record(
        _ exchange: HTTPExchange, _ request: EndedRequest, _ names: RequestNames, kind: FinishedSpan.Kind,
        wallClock: Int64, now: Instant, with recorder: any SpanRecorder
    ) {
        guard let span = request.span else { return }
        let elapsed = Int64(clamping: now.elapsed(since: request.began).wholeNanoseconds)
        let path = String(decoding: exchange.path, as: UTF8.self)
        recorder.record(
            FinishedSpan(
                kind: kind, context: span, parent: request.parent, traceState: names.traceState,
                name: URLText.queryUnescapedText(plusSafe(exchange.path).rawSpan) ?? path,
                start: wallClock - elapsed, end: wallClock,
                attributes: attributes(exchange, request, names, path: path),
                status: request.status))
    }

    /// `url.full` is the path alone: a query carries metadata, which may hold what nobody wants in a trace. daprd shows it.
    private static func attributes(
        _ exchange: HTTPExchange, _ request: EndedRequest, _ names: RequestNames, path: String
    ) -> [FinishedSpan.Attribute] {
        let method = exchange.methodText
        var attributes = userFields(exchange)
        if !names.pubsub.isEmpty {
            attributes.append(.init("messaging.system", "pubsub"))
            attributes.append(.init("messaging.destination.name", names.topic))
        }
        attributes.append(.init("dapr.protocol", "http"))
        attributes.append(.init("dapr.api", "\(method) \(path)"))
        attributes.append(.init("dapr.status_code", "\(request.status)"))
        attributes.append(.init("http.request.method", method))
        attributes.append(.init("url.full", path))
        return attributes
    }

    /// Fields of the caller that begin with `dapr-`, as daprd shows them.
    private static func userFields(_ exchange: HTTPExchange) -> [FinishedSpan.Attribute] {
        var attributes: [FinishedSpan.Attribute] = []
        for index in 0..<exchange.fields.count where attributes.count < longestList {
            let name = exchange.fields.nameText(at: index).lowercased()
            guard name.hasPrefix("dapr-"), name != secret else { continue }
            attributes.removeAll { $0.name == name }
            attributes.append(.init(name, exchange.fields.valueText(at: index)))
        }
        return attributes
    }

    /// A plus stands for itself in a path.
    private static func plusSafe(_ path: ArraySlice<UInt8>) -> [UInt8] {
        path.flatMap { $0 == 0x2B ? [0x25, 0x32, 0x42] : [$0] }
    }
}
