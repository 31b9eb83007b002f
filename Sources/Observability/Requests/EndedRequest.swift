package import Events
package import HTTP
package import Messaging

/// One request to the API that was answered, as metrics and spans see it.
package struct EndedRequest {
    /// What a publish came to.
    package enum Egress: UInt8, Sendable {
        /// The request was no publish, or was refused before the component was asked.
        case none
        case stored
        case failed
    }

    package var exchange: HTTPExchange
    package var status: Int
    package var answerBytes: Int
    package var began: Instant
    /// The request's span and the one above it; nil and zero where there is none, or where the path is not traced.
    package var span: TraceContext?
    package var parent: UInt64
    package var traceState: String
    /// The component and the topic of a publish; empty for other requests.
    package var pubsub: String
    package var topic: String
    package var egress: Egress

    package init(
        exchange: HTTPExchange, status: Int, answerBytes: Int, began: Instant, span: TraceContext?, parent: UInt64,
        traceState: String, pubsub: String, topic: String, egress: Egress
    ) {
        self.exchange = exchange
        self.status = status
        self.answerBytes = answerBytes
        self.began = began
        self.span = span
        self.parent = parent
        self.traceState = traceState
        self.pubsub = pubsub
        self.topic = topic
        self.egress = egress
    }

    /// The method as it came.
    var method: String {
        String(decoding: exchange.fields.bytes[exchange.head.methodRange], as: UTF8.self)
    }
}
