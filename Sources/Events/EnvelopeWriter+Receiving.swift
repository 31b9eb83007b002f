internal import Bytes

/// The trace that travels in a message's metadata, beside a body that cannot carry it.
package struct CarriedTrace: Sendable, Equatable {
    /// Metadata `traceid`.
    package var id: String?
    /// Metadata `traceparent`; it becomes the trace id too.
    package var parent: String?
    /// Metadata `tracestate`.
    package var state: String?

    /// Makes a trace from what the metadata has.
    package init(id: String? = nil, parent: String? = nil, state: String? = nil) {
        self.id = id
        self.parent = parent
        self.state = state
    }
}

extension EnvelopeWriter {
    /// The event that a subscription with `rawPayload` makes of a message (spec 1.6.2): a new id, the bytes as `data_base64`, no time.
    package func wrapRaw(
        _ body: RawSpan, topic: String, pubsubName: String, trace: CarriedTrace = CarriedTrace()
    ) -> [UInt8] {
        let uuid = random.uuid()
        let topic = EscapedText(topic)
        let pubsubName = EscapedText(pubsubName)
        let id = (trace.parent ?? trace.id).map { EscapedText($0) }
        let parent = trace.parent.map { EscapedText($0) }
        let state = trace.state.map { EscapedText($0) }
        var capacity = EnvelopeWriter.rawLength + Base64.encodedLength(body.byteCount) + UUIDv4.textLength
        capacity += topic.length + pubsubName.length
        capacity += (id?.length ?? 0) + (parent?.length ?? 0) + (state?.length ?? 0)
        return [UInt8](capacity: capacity) { writer in
            writer.write("{\"data_base64\":\"")
            writer.write(base64: body)
            writer.write("\",\"datacontenttype\":\"application/octet-stream\",\"id\":\"")
            writer.write(uuid)
            writer.write("\",\"pubsubname\":\"")
            pubsubName.write(to: &writer)
            writer.write("\",\"source\":\"Dapr\",\"specversion\":\"1.0\",\"topic\":\"")
            topic.write(to: &writer)
            if let id {
                writer.write("\",\"traceid\":\"")
                id.write(to: &writer)
            }
            if let parent {
                writer.write("\",\"traceparent\":\"")
                parent.write(to: &writer)
            }
            if let state {
                writer.write("\",\"tracestate\":\"")
                state.write(to: &writer)
            }
            writer.write("\",\"type\":\"com.dapr.event.sent\"}")
        }
    }

    /// The length of a raw envelope with all members and without values.
    private static let rawLength = """
        {"data_base64":"","datacontenttype":"application/octet-stream","id":"","pubsubname":"","source":"Dapr",\
        "specversion":"1.0","topic":"","traceid":"","traceparent":"","tracestate":"","type":"com.dapr.event.sent"}
        """.utf8.count
}

/// The event that a message in binary mode is: attributes in metadata keys that begin with `ce_`, data in the body (spec 1.6.2).
///
/// It serves rules, traces and expiry; the application gets the body as it is.
package struct BinaryEvent: Sendable {
    private var attributes: [(name: String, value: String)] = []

    /// Makes an event without attributes.
    package init() {}

    /// Takes a metadata pair if its key begins with `ce_` in any case; false for other keys. Of two with the same name the last counts.
    package mutating func take(key: String, value: String) -> Bool { key.withRawSpan { take($0, value) } }

    private mutating func take(_ key: RawSpan, _ value: String) -> Bool {
        guard key.byteCount > 3, ASCII.equalIgnoringCase(key.extracting(0..<3), "ce_") else { return false }
        var name: [UInt8] = []
        for offset in 3..<key.byteCount { name.append(ASCII.lowercased(key[offset])) }
        attributes.append((String(decoding: name, as: UTF8.self), value))
        return true
    }

    /// The event in the form in which `EventView` reads it.
    package func structured(_ body: RawSpan) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(Base64.encodedLength(body.byteCount) + 64 * (attributes.count + 1))
        output.append(utf8: "{\"data_base64\":\"")
        output.append(base64: body)
        output.append(0x22)
        for (name, value) in attributes {
            output.append(0x2C)
            JSONWriter.appendString(name, to: &output)
            output.append(0x3A)
            JSONWriter.appendString(value, to: &output)
        }
        output.append(0x7D)
        return output
    }
}
