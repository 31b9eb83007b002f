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
        state = caller == nil ? "" : exchange.fields.text("tracestate").map(TraceState.normalized) ?? ""
        baggage = tracer.mode == .off || isUntraced ? "" : RequestTrace.baggage(of: exchange)
    }

    /// What is wrong with the caller's `baggage`, where something is: daprd answers 400 then, whatever was asked for.
    var baggageComplaint: String? {
        baggage.isEmpty ? nil : Baggage.complaint(about: baggage).map { "invalid baggage header: \($0)\n" }
    }

    /// Of several fields, one list.
    private static func baggage(of exchange: HTTPExchange) -> String {
        guard exchange.fields.index(of: "baggage") != nil else { return "" }
        return exchange.fields.all("baggage").map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",")
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
