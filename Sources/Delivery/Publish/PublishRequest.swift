package import Events
package import Messaging

/// One request to publish, as the API understood it.
package struct PublishRequest {
    package var pubsub: String
    package var topic: String
    /// As the caller sent it, parameters included; empty where there is none.
    package var contentType: String
    package var body: [UInt8]
    /// What the caller sent as metadata; all of it goes to the component too.
    package var metadata: Metadata
    /// The span of the request.
    package var trace: TraceContext?
    package var traceState: String

    package init(
        pubsub: String, topic: String, contentType: String, body: [UInt8], metadata: Metadata, trace: TraceContext?,
        traceState: String
    ) {
        self.pubsub = pubsub
        self.topic = topic
        self.contentType = contentType
        self.body = body
        self.metadata = metadata
        self.trace = trace
        self.traceState = traceState
    }
}
