internal import Bytes
internal import Delivery
internal import Events
internal import HTTP

/// Spans as OTLP over HTTP wants them: an `ExportTraceServiceRequest` in protobuf (opentelemetry-proto 1.x, trace/v1/trace.proto).
enum OTLPTraces {
    static let contentType: StaticString = "application/x-protobuf"
    static let path = "/v1/traces"
    /// daprd's name of its tracer.
    static let scope = "dapr-diagnostics"
    private static let errorStatus: UInt64 = 2

    static func encode(_ spans: [FinishedSpan], _ resource: SpanResource) -> [UInt8] {
        var request = ProtobufFields()
        request.message(1) { resourceSpans in
            resourceSpans.message(1) { message in
                attribute(&message, 1, "service.name", resource.serviceName)
                for pair in resource.attributes { attribute(&message, 1, pair.name, pair.value) }
            }
            resourceSpans.message(2) { scopeSpans in
                scopeSpans.message(1) { $0.text(1, scope) }
                for span in spans { scopeSpans.message(2) { write(span, to: &$0) } }
            }
        }
        return request.bytes
    }

    private static func write(_ span: FinishedSpan, to message: inout ProtobufFields) {
        message.data(1, bigEndian(span.context.traceHigh) + bigEndian(span.context.traceLow))
        message.data(2, bigEndian(span.context.span))
        if !span.traceState.isEmpty { message.text(3, span.traceState) }
        if span.parent != 0 { message.data(4, bigEndian(span.parent)) }
        message.text(5, span.name)
        message.varint(6, kind(span.kind))
        message.fixed64(7, UInt64(max(span.start, 0)))
        message.fixed64(8, UInt64(max(span.end, 0)))
        for pair in span.attributes { attribute(&message, 9, pair.name, pair.value) }
        if let failure = SpanStatus.failure(span.status) {
            message.message(15) { status in
                status.text(2, failure)
                status.varint(3, errorStatus)
            }
        }
        message.fixed32(16, UInt32(span.context.flags))
    }

    /// As `SpanKind` of the protocol numbers them.
    private static func kind(_ kind: FinishedSpan.Kind) -> UInt64 {
        switch kind {
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }

    private static func attribute(_ message: inout ProtobufFields, _ field: Int, _ name: String, _ value: String) {
        message.message(field) { pair in
            pair.text(1, name)
            pair.message(2) { $0.text(1, value) }
        }
    }

    private static func bigEndian(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
    }
}
