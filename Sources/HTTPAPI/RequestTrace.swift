internal import Bytes
internal import Delivery
internal import Events
internal import HTTP
internal import Messaging

/// What of a request comes back in the fields of its answer: its trace (spec 4.1), and what CORS adds to it (spec 6.3).
struct RequestTrace {
    /// The request's span; nil where there are no ids at all.
    let span: TraceContext?
    /// Whether the answer carries no `traceparent`.
    let isUntraced: Bool
    /// The caller's span; zero where none came.
    let parent: UInt64
    /// When the request was there, for metrics and spans.
    let began: Instant
    private var rarities: Rarities?

    /// What few requests have; apart, so that a trace is copied for the price of one reference.
    private final class Rarities {
        var state = ""
        var baggage = ""
        var cors = CORSPolicy.Addition.none
    }

    /// What came as `tracestate`, where a valid `traceparent` came with it.
    var state: String { rarities?.state ?? "" }

    /// What came as `baggage`; it is sent back.
    private var baggage: String { rarities?.baggage ?? "" }

    /// What the answer says to pages of other origins. Set before the trace is copied.
    var cors: CORSPolicy.Addition {
        get { rarities?.cors ?? .none }
        set {
            let rarities = rarities ?? Rarities()
            rarities.cors = newValue
            self.rarities = rarities
        }
    }

    init(_ exchange: HTTPExchange, _ tracer: Tracer, began: Instant, isUntraced: Bool) {
        self.began = began
        self.isUntraced = isUntraced
        guard tracer.mode != .off else {
            span = nil
            parent = 0
            return
        }
        let fields = exchange.fields
        let found = RequestTrace.find(in: fields)
        let caller = found.parent.flatMap { TraceContext(fields.value(at: $0)) }
        span = tracer.requestSpan(caller: caller)
        parent = caller?.span ?? 0
        if found.state != nil && caller != nil || found.baggage != nil && !isUntraced {
            let rarities = Rarities()
            if caller != nil {
                rarities.state = found.state.map { TraceState.normalized(fields.valueText(at: $0)) } ?? ""
            }
            rarities.baggage = found.baggage == nil || isUntraced ? "" : RequestTrace.baggage(in: fields)
            self.rarities = rarities
        }
    }

    /// Where the first field of each name is: one look over all of them, most of which have other lengths.
    private static func find(in fields: HTTPFields) -> (parent: Int?, state: Int?, baggage: Int?) {
        var found: (parent: Int?, state: Int?, baggage: Int?) = (nil, nil, nil)
        for index in 0..<fields.count {
            let name = fields.name(at: index)
            switch name.byteCount {
            case 11 where found.parent == nil && ASCII.equalIgnoringCase(name, "traceparent"): found.parent = index
            case 10 where found.state == nil && ASCII.equalIgnoringCase(name, "tracestate"): found.state = index
            case 7 where found.baggage == nil && ASCII.equalIgnoringCase(name, "baggage"): found.baggage = index
            default: break
            }
        }
        return found
    }

    /// What is wrong with the caller's `baggage`, where something is: daprd answers 400 then, whatever was asked for.
    var baggageComplaint: String? {
        guard let rarities, !rarities.baggage.isEmpty else { return nil }
        return Baggage.complaint(about: rarities.baggage).map { "invalid baggage header: \($0)\n" }
    }

    /// Of several fields, one list.
    private static func baggage(in fields: HTTPFields) -> String {
        fields.all("baggage").map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",")
    }

    /// The span that exporters get; nil for health checks, as in daprd.
    var exported: TraceContext? { isUntraced ? nil : span }

    /// Adds what belongs into the answer.
    func append(to fields: inout HTTPFieldBlock) {
        if let rarities { RequestTrace.append(rarities.cors, to: &fields) }
        guard !isUntraced, let span else { return }
        if span == .zero { fields.add(RequestTrace.noTrace) } else { fields.add("Traceparent", span.bytes.rawSpan) }
        guard let rarities else { return }
        if !rarities.state.isEmpty { fields.add("Tracestate", rarities.state) }
        if !rarities.baggage.isEmpty { fields.add("Baggage", rarities.baggage) }
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

    /// The field of a request without a trace, where none are made: always the same, so it is made once.
    private static let noTrace: HTTPFieldBlock = {
        var fields = HTTPFieldBlock()
        fields.add("Traceparent", TraceContext.zero.bytes)
        return fields
    }()
}
