/// What an envelope says beside the body: where the event goes, who sent it, and in which trace.
package struct EnvelopeContext: Sendable {
    /// The topic as published, before namespace prefixing.
    package var topic: String
    /// The name of the pub/sub component.
    package var pubsubName: String
    /// The app id of the publisher; the source unless overridden.
    package var appID: String
    /// The content type of the request as it came, with parameters; empty means `text/plain`.
    package var contentType: String
    /// What the publisher overrides.
    package var overrides: EnvelopeOverrides
    /// The current span; `nil` or an invalid one where there is none.
    package var trace: TraceContext?
    /// The current span's `tracestate`.
    package var traceState: String
    /// When the event expires, in nanoseconds since 1970; `nil` for never, and where the component itself expires events.
    package var expiration: Int64?

    /// Makes a context.
    package init(
        topic: String, pubsubName: String, appID: String, contentType: String = "",
        overrides: EnvelopeOverrides = EnvelopeOverrides(), trace: TraceContext? = nil, traceState: String = "",
        expiration: Int64? = nil
    ) {
        self.topic = topic
        self.pubsubName = pubsubName
        self.appID = appID
        self.contentType = contentType
        self.overrides = overrides
        self.trace = trace
        self.traceState = traceState
        self.expiration = expiration
    }
}
