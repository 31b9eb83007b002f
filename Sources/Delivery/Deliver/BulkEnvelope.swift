internal import Bytes
internal import Events
internal import Messaging

/// The body of a bulk delivery, written as daprd writes it, the events spliced in (spec 1.6, "Bulk subscribe").
struct BulkEnvelope {
    /// The type that tells apps what it is.
    private static let type: StaticString = "com.dapr.event.sent.bulk"

    private(set) var bytes: [UInt8] = []
    private let absentMetadata: StaticString

    /// - Parameters:
    ///   - size: about how many bytes of events come.
    ///   - hasNullMetadata: how an entry without pairs is written: `null`, else `{}`. daprd's in-memory component makes an empty map, its
    ///     others make none.
    init(count: Int, size: Int, hasNullMetadata: Bool) {
        absentMetadata = hasNullMetadata ? "null" : "{}"
        bytes.reserveCapacity(size + count * 192 + 256)
        bytes.append(utf8: "{\"entries\":[" as StaticString)
    }

    /// Adds an event that is JSON.
    mutating func add(_ id: UUIDv4, event: [UInt8], message: Message) {
        begin(id)
        // One event with bytes that are no text would make the whole batch unreadable to a strict decoder.
        if UTF8Text.firstInvalid(event.rawSpan) == nil {
            bytes.append(contentsOf: event)
        } else {
            bytes.append(contentsOf: JSONRepair.repaired(event.rawSpan))
        }
        finish(message, contentType: "application/cloudevents+json")
    }

    /// Adds a message of a subscription with `rawPayload`.
    mutating func add(_ id: UUIDv4, raw message: Message) {
        begin(id)
        bytes.append(0x22)
        bytes.append(base64: message.body.rawSpan)
        bytes.append(0x22)
        finish(message, contentType: "application/octet-stream")
    }

    /// Writes what comes after the entries.
    mutating func finish(_ id: UUIDv4, pubsub: String, topic: String) {
        bytes.append(utf8: "],\"id\":\"" as StaticString)
        bytes.append(contentsOf: id.bytes)
        bytes.append(utf8: "\",\"metadata\":{\"pubsubName\":" as StaticString)
        JSONWriter.appendString(pubsub, to: &bytes)
        bytes.append(utf8: "},\"pubsubname\":" as StaticString)
        JSONWriter.appendString(pubsub, to: &bytes)
        bytes.append(utf8: ",\"topic\":" as StaticString)
        JSONWriter.appendString(topic, to: &bytes)
        bytes.append(utf8: ",\"type\":\"" as StaticString)
        bytes.append(utf8: BulkEnvelope.type)
        bytes.append(utf8: "\"}" as StaticString)
    }

    private mutating func begin(_ id: UUIDv4) {
        if bytes.last == 0x7D { bytes.append(0x2C) }
        bytes.append(utf8: "{\"entryId\":\"" as StaticString)
        bytes.append(contentsOf: id.bytes)
        bytes.append(utf8: "\",\"event\":" as StaticString)
    }

    private mutating func finish(_ message: Message, contentType: StaticString) {
        bytes.append(utf8: ",\"metadata\":" as StaticString)
        if message.metadata.isEmpty {
            bytes.append(utf8: absentMetadata)
        } else {
            bytes.append(0x7B)
            for (index, pair) in message.metadata.pairs.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                JSONWriter.appendString(pair.key, to: &bytes)
                bytes.append(0x3A)
                JSONWriter.appendString(pair.value, to: &bytes)
            }
            bytes.append(0x7D)
        }
        bytes.append(utf8: ",\"contentType\":\"" as StaticString)
        bytes.append(utf8: contentType)
        bytes.append(utf8: "\"}" as StaticString)
    }
}
