package import Bytes

/// Makes the envelopes of published events and of raw messages by splicing bytes. One belongs to one shard.
///
/// Members come in alphabetical order, as daprd writes them. Each envelope is one allocation of its size.
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
    /// For the names of the text that is being looked at.
    let names = WordBlock(bits: RepetitionWatch.blockBits)
    private var frames = EnvelopeFrames()

    /// Makes a writer; `time` is written in the given zone.
    package init(random: RandomPool, zone: RFC3339Clock.Zone = .local) {
        self.random = random
        clock = RFC3339Clock(zone)
    }

    /// The bytes to store for a published event; `now` is in nanoseconds since 1970.
    ///
    /// A body that is a CloudEvent already is completed (`application/cloudevents+json`), every other body is wrapped.
    package func envelope(
        _ body: RawSpan, _ context: borrowing EnvelopeContext, now: Int64
    ) throws(EnvelopeError) -> [UInt8] {
        let frame = frames.frame(for: context)
        switch frame.kind {
        case .cloudEvent: return try complete(body, context, now: now)
        case .json:
            var watch = RepetitionWatch(names)
            guard let json = JSONScanner.firstValue(in: body, watch: &watch) else {
                return wrap(body, .text, frame, context, now)
            }
            let value = body.extracting(json.range)
            if json.needsRepair || watch.isSuspicious {
                let mended = JSONRepair.mended(value, needsRepair: json.needsRepair)
                return wrap(mended.rawSpan, .json, frame, context, now)
            }
            return wrap(value, .json, frame, context, now)
        case .binary: return wrap(body, .base64, frame, context, now)
        case .protobuf: return wrap(body, ProtobufCloudEvent.isOne(body) ? .base64 : .text, frame, context, now)
        case .text, .other: return wrap(body, .text, frame, context, now)
        }
    }

    /// A JSON value as Go would write it after it has read it, as far as others can tell: what is no text is replaced, and of members with one
    /// name the last is kept.
    package func mended(_ value: RawSpan) -> [UInt8] {
        var watch = RepetitionWatch(names)
        guard let json = JSONScanner.firstValue(in: value, watch: &watch), json.needsRepair || watch.isSuspicious else {
            return [UInt8](value)
        }
        return JSONRepair.mended(value, needsRepair: json.needsRepair)
    }

    private enum DataForm { case json, text, base64 }

    private func wrap(
        _ data: RawSpan, _ form: DataForm, _ frame: EnvelopeFrame, _ context: borrowing EnvelopeContext, _ now: Int64
    ) -> [UInt8] {
        let dataLength =
            switch form {
            case .json: data.byteCount
            case .text: JSONWriter.escapedLength(data)
            case .base64: Base64.encodedLength(data.byteCount) + "_base64".utf8.count
            }
        let chosen = ChosenAttributes(context)
        let trace = TraceAttributes(context)
        let uuid = random.uuid()
        let time = clock.text(at: now)
        let expiration = context.expiration.map { expirationClock.text(at: $0) }
        let capacity =
            EnvelopeWriter.fixedLength + dataLength + frame.length + chosen.length + trace.length + time.count
            + (expiration.map { $0.count + ",\"expiration\":\"\"".utf8.count } ?? 0)
        return [UInt8](capacity: capacity) { writer in
            writeData(data, form, isPlain: dataLength == data.byteCount, to: &writer)
            writer.write(frame.contentType)
            if let expiration {
                writer.write("\",\"expiration\":\"")
                writer.write(expiration)
            }
            writer.write("\",\"id\":\"")
            if let id = chosen.id { id.write(to: &writer) } else { writer.write(uuid) }
            writer.write(frame.pubsub)
            if let source = chosen.source { source.write(to: &writer) } else { writer.write(frame.source) }
            writer.write("\",\"specversion\":\"1.0")
            if let subject = chosen.subject {
                writer.write("\",\"subject\":\"")
                subject.write(to: &writer)
            }
            writer.write("\",\"time\":\"")
            writer.write(time)
            writer.write(frame.topic)
            trace.write(to: &writer)
            if let type = chosen.type {
                writer.write("\",\"type\":\"")
                type.write(to: &writer)
                writer.write("\"}")
            } else {
                writer.write("\",\"type\":\"com.dapr.event.sent\"}")
            }
        }
    }

    /// The envelope up to the value of `datacontenttype`.
    @inline(__always)
    private func writeData(_ data: RawSpan, _ form: DataForm, isPlain: Bool, to writer: inout ByteWriter) {
        switch form {
        case .json:
            writer.write("{\"data\":")
            writer.write(data)
            writer.write(",\"datacontenttype\":\"")
        case .text:
            writer.write("{\"data\":\"")
            // Each escape is longer than what it stands for, so the same length means that there is none.
            if isPlain { writer.write(data) } else { JSONWriter.writeEscaped(data, to: &writer) }
            writer.write("\",\"datacontenttype\":\"")
        case .base64:
            writer.write("{\"data_base64\":\"")
            writer.write(base64: data)
            writer.write("\",\"datacontenttype\":\"")
        }
    }

    /// What every envelope holds beside the frame and its values; `data_base64` is counted where base64 is.
    private static let fixedLength = """
        {"data":"","datacontenttype":"","id":"","specversion":"1.0","time":"","traceparent":"","tracestate":"","type":""}
        """.utf8.count
}

/// The attributes that the publisher chose himself.
private struct ChosenAttributes {
    let id: EscapedText?
    let source: EscapedText?
    let subject: EscapedText?
    let type: EscapedText?
    /// The length of their values.
    let length: Int

    @inline(__always)
    init(_ context: borrowing EnvelopeContext) {
        id = ChosenAttributes.unlessEmpty(context.overrides.id)
        source = context.overrides.source.map { EscapedText($0.isEmpty ? EnvelopeWriter.defaultSource : $0) }
        subject = ChosenAttributes.unlessEmpty(context.overrides.subject)
        type = ChosenAttributes.unlessEmpty(context.overrides.type)
        length =
            (id?.length ?? UUIDv4.textLength) + (source?.length ?? 0)
            + (subject.map { $0.length + ",\"subject\":\"\"".utf8.count } ?? 0)
            + (type?.length ?? EnvelopeWriter.defaultType.utf8.count)
    }

    @inline(__always)
    private static func unlessEmpty(_ text: String?) -> EscapedText? {
        guard let text, !text.isEmpty else { return nil }
        return EscapedText(text)
    }
}

/// The trace members of an envelope: `traceid` and `traceparent` carry the same text (spec 1.1).
private struct TraceAttributes {
    private let parent: EscapedText?
    private let context: TraceContext?
    private let state: EscapedText?
    /// The length of the three values.
    let length: Int

    init(_ context: borrowing EnvelopeContext) {
        let override = context.overrides.traceParent.flatMap { $0.isEmpty ? nil : $0 } ?? context.overrides.traceID
        parent = override.map { EscapedText($0) }
        self.context = context.trace.flatMap { $0.isValid ? $0 : nil }
        let state = context.overrides.traceState ?? context.traceState
        self.state = state.isEmpty ? nil : EscapedText(state)
        length = 2 * (parent?.length ?? (self.context == nil ? 0 : TraceContext.textLength)) + (self.state?.length ?? 0)
    }

    func write(to writer: inout ByteWriter) {
        writeParent(to: &writer)
        writer.write("\",\"traceparent\":\"")
        writeParent(to: &writer)
        writer.write("\",\"tracestate\":\"")
        state?.write(to: &writer)
    }

    private func writeParent(to writer: inout ByteWriter) {
        if let parent {
            parent.write(to: &writer)
        } else if let context {
            writer.write(context)
        }
    }
}
