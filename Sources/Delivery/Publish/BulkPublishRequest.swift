package import Events
package import Messaging

/// One request to publish several events to one topic, as the API understood it.
package struct BulkPublishRequest {
    package var pubsub: String
    package var topic: String
    /// The list of entries.
    package var body: [UInt8]
    /// What the caller sent as metadata of the request: `rawPayload` counts for all entries, the rest for those that have metadata too.
    package var metadata: Metadata
    /// The span of the request; each entry gets a child of it.
    package var trace: TraceContext?
    package var traceState: String

    package init(
        pubsub: String, topic: String, body: [UInt8], metadata: Metadata, trace: TraceContext?, traceState: String
    ) {
        self.pubsub = pubsub
        self.topic = topic
        self.body = body
        self.metadata = metadata
        self.trace = trace
        self.traceState = traceState
    }
}

/// The entries of one request, checked and with their envelopes: nothing of them is published yet, and nothing more can be refused.
package struct PreparedBulk {
    /// One event to store.
    struct Event {
        var body: [UInt8]
        var metadata: Metadata
        var span: TraceContext?
    }

    let broker: Broker
    let topic: String
    var events: [Event] = []
    /// What the publisher calls the entries, in their order.
    package internal(set) var ids: [String] = []
    /// Bytes of the events.
    package internal(set) var size = 0
    /// The spans of the entries that an exporter wants.
    package internal(set) var spans: [TraceContext] = []
}
