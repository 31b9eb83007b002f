internal import Bytes
internal import Delivery
internal import Events
internal import HTTP

/// What of a request comes back in the fields of its answer: its trace (spec 4.1), and what CORS adds to it (spec 6.3).
struct RequestTrace {
    /// The request's span; nil where there are no ids at all.
    let span: TraceContext?
    /// What came as `tracestate`, where a valid `traceparent` came with it.
    let state: String
    /// What came as `baggage`; it is sent back.
    private let baggage: String
    private let isUntraced: Bool
    /// What the answer says to pages of other origins.
    var cors = CORSPolicy.Addition.none

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
        switch cors {
        case .none: break
        case .vary: fields.add("Vary", "Origin")
        case .allow(let origin):
            fields.add("Vary", "Origin")
            fields.add("Access-Control-Allow-Origin", origin)
        }
        guard !isUntraced, let span else { return }
        fields.add("Traceparent", span.bytes.rawSpan)
        if !state.isEmpty { fields.add("Tracestate", state) }
        if !baggage.isEmpty { fields.add("Baggage", baggage) }
    }
}
