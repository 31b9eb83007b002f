internal import Bytes
internal import Delivery
internal import Events
internal import HTTP
internal import Messaging

/// What of a request comes back in the fields of its answer: its trace (spec 4.1), and what CORS adds to it (spec 6.3).
struct RequestTrace {
    let facts: RequestFacts
    /// The request's span; nil where there are no ids at all.
    let span: TraceContext?
    /// When the request was there, for metrics and spans.
    let began: Instant
    private var page: Page?

    /// What the answer says to pages of other origins; apart, because few requests have it and every trace is copied.
    private final class Page {
        let addition: CORSPolicy.Addition

        init(_ addition: CORSPolicy.Addition) { self.addition = addition }
    }

    init(_ facts: RequestFacts, _ tracer: Tracer, began: Instant) {
        self.facts = facts
        self.began = began
        span = tracer.requestSpan(caller: facts.caller)
    }

    /// Whether the answer carries no `traceparent`.
    var isUntraced: Bool { facts.isUntraced }

    /// The caller's span; zero where none came.
    var parent: UInt64 { facts.caller?.span ?? 0 }

    /// What came as `tracestate`, where a valid `traceparent` came with it.
    var state: String { facts.state }

    /// What the answer says to pages of other origins.
    var cors: CORSPolicy.Addition {
        get { page?.addition ?? .none }
        set { page = newValue == .none ? nil : Page(newValue) }
    }

    /// What is wrong with the caller's `baggage`, where something is: daprd answers 400 then, whatever was asked for.
    var baggageComplaint: String? {
        if facts.baggage.isEmpty { return nil }
        return Baggage.complaint(about: facts.baggage).map { "invalid baggage header: \($0)\n" }
    }

    /// The span that exporters get; nil for health checks, as in daprd.
    var exported: TraceContext? { isUntraced ? nil : span }

    /// What belongs into the answer, where it is always the same: a request without a trace, where none are made.
    var plainFields: HTTPFieldBlock? {
        guard page == nil, !isUntraced, span == .zero, facts.state.isEmpty, facts.baggage.isEmpty else { return nil }
        return RequestTrace.noTrace
    }

    /// Adds what belongs into the answer.
    func append(to fields: inout HTTPFieldBlock) {
        if let page { RequestTrace.append(page.addition, to: &fields) }
        guard !isUntraced, let span else { return }
        if span == .zero { fields.add(RequestTrace.noTrace) } else { fields.add("Traceparent", span.bytes.rawSpan) }
        if !facts.state.isEmpty { fields.add("Tracestate", facts.state) }
        if !facts.baggage.isEmpty { fields.add("Baggage", facts.baggage) }
    }

    private static func append(_ cors: CORSPolicy.Addition, to fields: inout HTTPFieldBlock) {
        switch cors {
        case .none: break
        case .vary: fields.add("Vary", "Origin")
        case .allow(let origin):
            fields.add("Vary", "Origin")
            fields.add("Access-Control-Allow-Origin", origin)
        }
    }

    /// The field of a request without a trace: made once.
    private static let noTrace: HTTPFieldBlock = {
        var fields = HTTPFieldBlock()
        fields.add("Traceparent", TraceContext.zero.bytes)
        return fields
    }()
}
