package import Bytes

/// Makes the envelopes of published events and of raw messages by splicing bytes. One belongs to one shard.
///
/// Members come in alphabetical order, as daprd writes them. Each envelope is one allocation of its exact size.
package final class EnvelopeWriter {
    /// The source where none is known (spec 1.1).
    package static let defaultSource = "Dapr"
    /// The type of events that do not say otherwise.
    package static let defaultType = "com.dapr.event.sent"
    /// The content type of events that do not say otherwise.
    package static let defaultContentType = "text/plain"

    /// Where ids come from.
    package let random: RandomPool
    let clock: RFC3339Clock
    let expirationClock = RFC3339Clock(.utc)

    /// Makes a writer; `time` is written in the given zone.
    package init(random: RandomPool, zone: RFC3339Clock.Zone = .local) {
        self.random = random
        clock = RFC3339Clock(zone)
    }

    /// The bytes to store for a published event: `complete` for a body that is a CloudEvent already, `wrap` for all others.
    package func envelope(
        _ body: RawSpan, _ context: borrowing EnvelopeContext, now: Int64
    ) throws(EnvelopeError) -> [UInt8] {
        let kind = ContentKind(context.contentType)
        if kind == .cloudEvent { return try complete(body, context, now: now) }
        return wrap(body, kind, context, now: now)
    }

    /// The envelope around a body that is no CloudEvent; `now` is in nanoseconds since 1970.
    func wrap(_ body: RawSpan, _ kind: ContentKind, _ context: borrowing EnvelopeContext, now: Int64) -> [UInt8] {
        switch kind {
        case .json:
            guard let json = JSONScanner.firstValue(in: body) else { return write(body, .text, context, now) }
            let value = body.extracting(json.range)
            if json.needsRepair { return write(JSONRepair.repaired(value).rawSpan, .json, context, now) }
            return write(value, .json, context, now)
        case .binary: return write(body, .base64, context, now)
        case .protobuf: return write(body, ProtobufCloudEvent.isOne(body) ? .base64 : .text, context, now)
        case .text, .other, .cloudEvent: return write(body, .text, context, now)
        }
    }

    private enum DataForm { case json, text, base64 }

    private func write(_ data: RawSpan, _ form: DataForm, _ context: borrowing EnvelopeContext, _ now: Int64) -> [UInt8]
    {
        let overrides = context.overrides
        let id = overrides.id.flatMap { $0.isEmpty ? nil : EscapedText($0) }
        let uuid = random.uuid()
        let source = EscapedText(
            overrides.source.map { $0.isEmpty ? EnvelopeWriter.defaultSource : $0 } ?? context.appID)
        let type = EscapedText(overrides.type.flatMap { $0.isEmpty ? nil : $0 } ?? EnvelopeWriter.defaultType)
        let subject = overrides.subject.flatMap { $0.isEmpty ? nil : EscapedText($0) }
        let contentType = EscapedText(
            context.contentType.isEmpty ? EnvelopeWriter.defaultContentType : context.contentType)
        let topic = EscapedText(context.topic)
        let pubsubName = EscapedText(context.pubsubName)
        let trace = TraceAttributes(context)
        let time = clock.text(at: now)
        let expiration = context.expiration.map { expirationClock.text(at: $0) }
        let dataLength =
            switch form {
            case .json: data.byteCount
            case .text: JSONWriter.escapedLength(data) + 2
            case .base64: Base64.encodedLength(data.byteCount) + 2 + "_base64".utf8.count
            }

        var capacity = EnvelopeWriter.fixedLength + dataLength + contentType.length + source.length + type.length
        capacity += topic.length + pubsubName.length + time.count + trace.length
        capacity += id?.length ?? UUIDv4.textLength
        if let subject { capacity += subject.length + ",\"subject\":\"\"".utf8.count }
        if let expiration { capacity += expiration.count + ",\"expiration\":\"\"".utf8.count }

        return [UInt8](capacity: capacity) { writer in
            switch form {
            case .json:
                writer.write("{\"data\":")
                writer.write(data)
                writer.write(",\"datacontenttype\":\"")
            case .text:
                writer.write("{\"data\":\"")
                // Each escape is longer than what it stands for, so the same length means none.
                if dataLength == data.byteCount + 2 {
                    writer.write(data)
                } else {
                    JSONWriter.writeEscaped(data, to: &writer)
                }
                writer.write("\",\"datacontenttype\":\"")
            case .base64:
                writer.write("{\"data_base64\":\"")
                writer.write(base64: data)
                writer.write("\",\"datacontenttype\":\"")
            }
            contentType.write(to: &writer)
            if let expiration {
                writer.write("\",\"expiration\":\"")
                writer.write(expiration.rawSpan)
            }
            writer.write("\",\"id\":\"")
            if let id { id.write(to: &writer) } else { writer.write(uuid) }
            writer.write("\",\"pubsubname\":\"")
            pubsubName.write(to: &writer)
            writer.write("\",\"source\":\"")
            source.write(to: &writer)
            writer.write("\",\"specversion\":\"1.0")
            if let subject {
                writer.write("\",\"subject\":\"")
                subject.write(to: &writer)
            }
            writer.write("\",\"time\":\"")
            writer.write(time.rawSpan)
            writer.write("\",\"topic\":\"")
            topic.write(to: &writer)
            trace.write(to: &writer)
            writer.write("\",\"type\":\"")
            type.write(to: &writer)
            writer.write("\"}")
        }
    }

    /// What every envelope holds whatever its values are: names, quotes, braces and the specification's version.
    private static let fixedLength = """
        {"data":,"datacontenttype":"","id":"","pubsubname":"","source":"","specversion":"1.0","time":"","topic":"",\
        "traceid":"","traceparent":"","tracestate":"","type":""}
        """.utf8.count
}

/// The trace members of an envelope: `traceid` and `traceparent` carry the same text (spec 1.1).
private struct TraceAttributes {
    private let parent: EscapedText?
    private let context: TraceContext?
    private let state: EscapedText
    /// The length of the three values.
    let length: Int

    init(_ context: borrowing EnvelopeContext) {
        let override = context.overrides.traceParent.flatMap { $0.isEmpty ? nil : $0 } ?? context.overrides.traceID
        parent = override.map { EscapedText($0) }
        self.context = context.trace.flatMap { $0.isValid ? $0 : nil }
        state = EscapedText(context.overrides.traceState ?? context.traceState)
        length = 2 * (parent?.length ?? (self.context == nil ? 0 : TraceContext.textLength)) + state.length
    }

    func write(to writer: inout ByteWriter) {
        writer.write("\",\"traceid\":\"")
        writeParent(to: &writer)
        writer.write("\",\"traceparent\":\"")
        writeParent(to: &writer)
        writer.write("\",\"tracestate\":\"")
        state.write(to: &writer)
    }

    private func writeParent(to writer: inout ByteWriter) {
        if let parent {
            parent.write(to: &writer)
        } else if let context {
            writer.write(context)
        }
    }
}
