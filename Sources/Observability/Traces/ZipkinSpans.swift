internal import Bytes
internal import Delivery
internal import Events

/// Spans as Zipkin wants them: a JSON array (API v2).
enum ZipkinSpans {
    static let contentType: StaticString = "application/json"

    static func encode(_ spans: [FinishedSpan], _ resource: SpanResource) -> [UInt8] {
        var bytes: [UInt8] = [0x5B]
        for (index, span) in spans.enumerated() {
            if index > 0 { bytes.append(0x2C) }
            append(span, resource, to: &bytes)
        }
        bytes.append(0x5D)
        return bytes
    }

    private static func append(_ span: FinishedSpan, _ resource: SpanResource, to bytes: inout [UInt8]) {
        bytes.append(utf8: #"{"traceId":""#)
        bytes.appendHex(span.context.traceHigh)
        bytes.appendHex(span.context.traceLow)
        bytes.append(utf8: #"","id":""#)
        bytes.appendHex(span.context.span)
        if span.parent != 0 {
            bytes.append(utf8: #"","parentId":""#)
            bytes.appendHex(span.parent)
        }
        bytes.append(utf8: #"","kind":""#)
        bytes.append(utf8: kind(span.kind))
        bytes.append(utf8: #"","name":"#)
        JSONWriter.appendString(span.name, to: &bytes)
        bytes.append(utf8: #","timestamp":"#)
        bytes.appendDecimal(Int(span.start / 1000))
        bytes.append(utf8: #","duration":"#)
        // Zipkin takes zero for unknown.
        bytes.appendDecimal(Int(max((span.end - span.start) / 1000, 1)))
        bytes.append(utf8: #","localEndpoint":{"serviceName":"#)
        JSONWriter.appendString(resource.serviceName, to: &bytes)
        bytes.append(utf8: #"},"tags":{"#)
        appendTags(span, resource, to: &bytes)
        bytes.append(utf8: "}}")
    }

    private static func kind(_ kind: FinishedSpan.Kind) -> StaticString {
        switch kind {
        case .client: "CLIENT"
        case .producer: "PRODUCER"
        case .consumer: "CONSUMER"
        }
    }

    private static func appendTags(_ span: FinishedSpan, _ resource: SpanResource, to bytes: inout [UInt8]) {
        var tags = resource.attributes
        tags.append(("service.name", resource.serviceName))
        tags += span.attributes.map { ($0.name, $0.value) }
        tags.append(("otel.scope.name", OTLPTraces.scope))
        if let failure = SpanStatus.failure(span.status) {
            tags.append(("otel.status_code", "ERROR"))
            tags.append(("error", failure))
        }
        for (index, tag) in tags.enumerated() {
            if index > 0 { bytes.append(0x2C) }
            JSONWriter.appendString(tag.name, to: &bytes)
            bytes.append(0x3A)
            JSONWriter.appendString(tag.value, to: &bytes)
        }
    }
}
