package import Events

/// One span that is over, as exporters get it. Only spans of sampled traces become one.
package struct FinishedSpan: Sendable, Equatable {
    /// A property of the span; daprd's are all texts.
    package struct Attribute: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What the span is to its trace, in OpenTelemetry's words.
    package enum Kind: Sendable, Equatable {
        case client
        case producer
        case consumer
    }

    package var kind: Kind
    /// Its trace and its own id.
    package var context: TraceContext
    /// The id of the span above it; zero where it begins its trace.
    package var parent: UInt64
    /// As it came with the caller's `traceparent`; empty where nothing came.
    package var traceState: String
    package var name: String
    /// The wall clock at its start and at its end, nanoseconds since 1970.
    package var start: Int64
    package var end: Int64
    package var attributes: [Attribute]
    /// The HTTP status that it ended with; zero where no answer came. From 400 on, and without an answer, the span has failed.
    package var status: Int

    package init(
        kind: Kind = .client, context: TraceContext, parent: UInt64, traceState: String = "", name: String,
        start: Int64, end: Int64,
        attributes: [Attribute], status: Int
    ) {
        self.kind = kind
        self.context = context
        self.parent = parent
        self.traceState = traceState
        self.name = name
        self.start = start
        self.end = end
        self.attributes = attributes
        self.status = status
    }
}

/// Who takes finished spans. `Observability` implements it; called on the shard, for sampled spans only, and it never blocks.
package protocol SpanRecorder: AnyObject {
    /// Takes a span.
    func record(_ span: FinishedSpan)
}
