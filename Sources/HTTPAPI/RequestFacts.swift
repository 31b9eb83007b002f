internal import Bytes
internal import Delivery
internal import Events
internal import HTTP
internal import Messaging

/// What the head of a request says to the API. It is read once for all requests of a connection that come with the same head.
final class RequestFacts {
    /// What is asked for; nil where the path has a bad escape.
    let route: APIRoute?
    /// Whether the answer carries no `traceparent`.
    let isUntraced: Bool
    /// What came as `traceparent`, where it is valid.
    let caller: TraceContext?
    /// What came as `tracestate`, where a valid `traceparent` came with it.
    let state: String
    /// What came as `baggage`; it is sent back.
    let baggage: String
    /// Of a publish: the content type as it came.
    let contentType: String
    /// Of a publish: the pairs in the query.
    let metadata: Metadata

    /// The facts of a request, from its head or from the request before it.
    static func of(_ exchange: HTTPExchange, isTracing: Bool, recent: inout RecentPaths) -> RequestFacts {
        if let facts = exchange.head.note as? RequestFacts { return facts }
        let known = recent.entry(of: exchange)
        let facts = RequestFacts(
            exchange,
            known?.route ?? exchange.withPath { APIRoute.of(method: exchange.method, path: $0) },
            isUntraced: known?.isUntraced ?? exchange.withPath(APIRoute.isUntraced), isTracing: isTracing)
        if known == nil, let route = facts.route { recent.note(exchange, route, isUntraced: facts.isUntraced) }
        exchange.head.note = facts
        return facts
    }

    private init(_ exchange: HTTPExchange, _ route: APIRoute?, isUntraced: Bool, isTracing: Bool) {
        self.route = route
        self.isUntraced = isUntraced
        let fields = exchange.fields
        let found = isTracing ? RequestFacts.find(in: fields) : (parent: nil, state: nil, baggage: nil)
        let caller = found.parent.flatMap { TraceContext(fields.value(at: $0)) }
        self.caller = caller
        state = caller == nil ? "" : found.state.map { TraceState.normalized(fields.valueText(at: $0)) } ?? ""
        baggage = found.baggage == nil || isUntraced ? "" : RequestFacts.baggage(in: fields)
        if case .publish = route {
            contentType = APIServer.contentType(of: exchange)
            metadata = APIServer.metadata(of: exchange)
        } else {
            contentType = ""
            metadata = Metadata()
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

    /// Of several fields, one list.
    private static func baggage(in fields: HTTPFields) -> String {
        fields.all("baggage").map { String(decoding: $0, as: UTF8.self) }.joined(separator: ",")
    }
}
