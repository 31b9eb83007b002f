internal import Bytes
internal import Delivery
internal import Events
internal import HTTP

/// The trace of one request: taken from its headers, and sent back with the answer as daprd does (spec 4.1).
struct RequestTrace {
    /// The request's span; nil where there are no ids at all.
    let span: TraceContext?
    /// What came as `tracestate`, where a valid `traceparent` came with it.
    let state: String
    /// What came as `baggage`; it is sent back.
    private let baggage: String
    private let isUntraced: Bool

    init(_ exchange: HTTPExchange, _ tracer: Tracer) {
        isUntraced = exchange.withPath(APIRoute.isUntraced)
        var caller: TraceContext?
        if tracer.mode != .off, let index = exchange.fields.index(of: "traceparent") {
            caller = TraceContext(exchange.fields.value(at: index))
        }
        span = tracer.requestSpan(caller: caller)
        state = caller == nil ? "" : exchange.fields.text("tracestate") ?? ""
        baggage = tracer.mode == .off ? "" : exchange.fields.text("baggage") ?? ""
    }

    /// Adds what belongs into the answer.
    func append(to fields: inout HTTPFieldBlock) {
        guard !isUntraced, let span else { return }
        fields.add("Traceparent", span.bytes.rawSpan)
        if !state.isEmpty { fields.add("Tracestate", state) }
        if !baggage.isEmpty { fields.add("Baggage", baggage) }
    }
}
