internal import Bytes
internal import Delivery
internal import Events
internal import HTTP
internal import Messaging

/// The trace of one request: taken from its headers, and sent back with the answer as daprd does (spec 4.1).
struct RequestTrace {
    /// The request's span; nil where there are no ids at all.
    let span: TraceContext?
    /// What came as `tracestate`, where a valid `traceparent` came with it.
    let state: String
    /// What came as `baggage`; it is sent back.
    private let baggage: String
    private let isUntraced: Bool
    /// The caller's span; zero where none came.
    let parent: UInt64
    /// When the request was there, for metrics and spans.
    let began: Instant

    init(_ exchange: HTTPExchange, _ tracer: Tracer, began: Instant) {
        self.began = began
        isUntraced = exchange.withPath(APIRoute.isUntraced)
        var caller: TraceContext?
        if tracer.mode != .off, let index = exchange.fields.index(of: "traceparent") {
            caller = TraceContext(exchange.fields.value(at: index))
        }
        span = tracer.requestSpan(caller: caller)
        parent = caller?.span ?? 0
        state = caller == nil ? "" : exchange.fields.text("tracestate") ?? ""
        baggage = tracer.mode == .off ? "" : exchange.fields.text("baggage") ?? ""
    }

    /// The span that exporters get; nil for health checks, as in daprd.
    var exported: TraceContext? { isUntraced ? nil : span }

    /// Adds what belongs into the answer.
    func append(to fields: inout HTTPFieldBlock) {
        guard !isUntraced, let span else { return }
        fields.add("Traceparent", span.bytes.rawSpan)
        if !state.isEmpty { fields.add("Tracestate", state) }
        if !baggage.isEmpty { fields.add("Baggage", baggage) }
    }
}
