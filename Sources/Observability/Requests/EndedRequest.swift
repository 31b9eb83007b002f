package import Events
internal import HTTP
package import Messaging

/// How one request to the API ended: numbers only, so that passing it on costs nothing.
package struct EndedRequest {
    /// What a publish came to.
    package enum Egress: UInt8, Sendable {
        /// The request was no publish, or was refused before the component was asked.
        case none
        case stored
        case failed
        case bulkStored
        /// At least one entry is not stored.
        case bulkFailed

        var isBulk: Bool { self == .bulkStored || self == .bulkFailed }
        var isStored: Bool { self == .stored || self == .bulkStored }
    }

    package var status: Int
    package var answerBytes: Int
    package var began: Instant
    /// The request's span and the one above it; nil and zero where there is none, or where the path is not traced.
    package var span: TraceContext?
    package var parent: UInt64
    package var egress: Egress

    package init(
        status: Int, answerBytes: Int, began: Instant, span: TraceContext?, parent: UInt64, egress: Egress
    ) {
        self.status = status
        self.answerBytes = answerBytes
        self.began = began
        self.span = span
        self.parent = parent
        self.egress = egress
    }
}

/// The names in one request to the API, as far as the API has them.
package struct RequestNames {
    /// The component and the topic of a publish; empty for other requests.
    package var pubsub: String
    package var topic: String
    /// What came as `tracestate`.
    package var traceState: String

    package init(pubsub: String, topic: String, traceState: String) {
        self.pubsub = pubsub
        self.topic = topic
        self.traceState = traceState
    }
}

extension HTTPExchange {
    /// The method as it came.
    var methodText: String { String(decoding: fields.bytes[head.methodRange], as: UTF8.self) }
}
