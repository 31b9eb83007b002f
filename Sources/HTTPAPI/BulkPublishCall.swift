internal import Bytes
internal import Delivery
internal import Events
internal import HTTP
internal import Messaging

/// One bulk request that waits until each of its entries has ended.
final class BulkPublishCall {
    let exchange: HTTPExchange
    let trace: RequestTrace
    let pubsub: String
    let topic: String
    /// What the caller calls the entries, in their order.
    let ids: [String]
    /// Bytes of the events.
    let size: Int
    /// The spans of the entries that an exporter wants.
    let spans: [TraceContext]
    /// The entries that are not known to be stored, in the order in which they ended.
    private(set) var failures: [(entry: Int, error: ComponentError)] = []
    private var waiting: Int
    private let api: APIServer

    init(
        _ bulk: PreparedBulk, _ exchange: HTTPExchange, _ trace: RequestTrace, pubsub: String, topic: String,
        api: APIServer
    ) {
        self.exchange = exchange
        self.trace = trace
        self.pubsub = pubsub
        self.topic = topic
        self.api = api
        ids = bulk.ids
        size = bulk.size
        spans = bulk.spans
        waiting = bulk.ids.count
    }
}

extension BulkPublishCall: PublishCompletion {
    func published(_ outcome: PublishOutcome, token: UInt64) {
        if case .failed(let error) = outcome { failures.append((Int(token), error)) }
        waiting -= 1
        if waiting == 0 { api.answer(self) }
    }
}

/// The answer to a bulk request some of whose entries are not stored, as daprd gives it: the same in the body and in header fields.
struct BulkPublishFailure {
    /// The longest body that is repeated in the field `metadata.responseData`: clients refuse long heads.
    static let headerLimit = 4 << 10

    let body: [UInt8]
    let message: String

    init(_ call: BulkPublishCall) {
        let failures = call.failures.sorted { $0.entry < $1.entry }
        var body: [UInt8] = []
        body.append(utf8: #"{"failedEntries":["# as StaticString)
        for (index, failure) in failures.enumerated() {
            if index > 0 { body.append(0x2C) }
            body.append(utf8: #"{"entryId":"# as StaticString)
            JSONWriter.appendString(call.ids[failure.entry], to: &body)
            body.append(utf8: #","error":"# as StaticString)
            JSONWriter.appendString("\(failure.error)", to: &body)
            body.append(0x7D)
        }
        body.append(utf8: #"],"errorCode":"ERR_PUBSUB_PUBLISH_MESSAGE"}"# as StaticString)
        self.body = body
        let reason = failures.first.map { "\($0.error)" } ?? ""
        message =
            "api error: code = Internal desc = error when publishing to topic \(call.topic) in pubsub \(call.pubsub): "
            + reason
    }
}
