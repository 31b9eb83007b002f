internal import Bytes
package import KafkaClient
package import Messaging
package import Rules

/// Events as records and records as messages (spec 3.5, "Publish" and "Consume"). Pure.
package enum KafkaMapping {
    /// More headers than this are not read: setting a pair is linear in their number.
    static let headersMaximum = 256

    // MARK: Publishing

    /// The record of an event, or why there is none.
    /// - Parameter excluded: pairs with such a name become no header.
    package static func record(
        of entry: PublishEntry, token: UInt32, excluded: TextPattern? = nil
    ) throws(ComponentError) -> KafkaOutgoing {
        var partition: Int32?
        if !entry.metadata.isEmpty {
            try checkSchema(entry.metadata, action: "publishing to topic \(entry.topic)")
            if let text = entry.metadata["partitionNumber"] {
                guard let number = Int32(text), number >= 0 else {
                    throw ComponentError(
                        .settings, action: "publishing to topic \(entry.topic)",
                        reason: "partitionNumber \"\(text)\" is no partition; set a whole number from 0 on")
                }
                partition = number
            }
        }
        var headers = entry.metadata.pairs.map { ($0.key, $0.value) }
        if let excluded { headers.removeAll { excluded.isFound(in: $0.0) } }
        return KafkaOutgoing(
            topic: entry.topic, partition: partition, key: key(of: entry), value: isNull(entry.body) ? nil : entry.body,
            headers: headers, token: token)
    }

    private static func key(of entry: PublishEntry) -> [UInt8] {
        if let key = entry.metadata["partitionKey"] ?? entry.metadata["__key"], !key.isEmpty { return Array(key.utf8) }
        return entry.key
    }

    /// A body that is exactly `null` is a tombstone.
    private static func isNull(_ body: [UInt8]) -> Bool {
        body.count == 4 && body[0] == 0x6E && body[1] == 0x75 && body[2] == 0x6C && body[3] == 0x6C
    }

    /// Avro is left out: said by name, not by bytes that nobody can read.
    package static func checkSchema(_ metadata: Metadata, action: String) throws(ComponentError) {
        guard let type = metadata["valueSchemaType"], !type.isEmpty, !ASCII.equalIgnoringCase(type, "none") else {
            return
        }
        throw ComponentError(
            .settings, action: action,
            reason: "valueSchemaType \(type) is not supported; send JSON, without valueSchemaType")
    }

    // MARK: Consuming

    /// The message of a record: its headers, and beside them where it came from.
    package static func message(of record: KafkaRecord, _ id: KafkaPartitionID, escapes: Bool) -> Message {
        var metadata = Metadata()
        for (name, value) in record.headers.prefix(headersMaximum) {
            if escapes { metadata[escaped(name)] = escaped(value) } else { metadata[name] = value }
        }
        if let key = record.key { metadata["__key"] = String(decoding: key, as: UTF8.self) }
        metadata["__offset"] = String(record.offset)
        metadata["__partition"] = String(id.number)
        metadata["__topic"] = id.topic
        if let timestamp = record.timestamp { metadata["__timestamp"] = String(timestamp) }
        return Message(
            topic: id.topic, body: record.value ?? Array("null".utf8), metadata: metadata, key: record.key ?? [])
    }

    /// As Go's `url.QueryEscape`.
    package static func escaped(_ text: String) -> String {
        if text.utf8.allSatisfy(isPlain) { return text }
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isPlain(byte) {
                bytes.append(byte)
            } else if byte == 0x20 {
                bytes.append(0x2B)
            } else {
                bytes.append(0x25)
                bytes.append(upper(Hex.digit(byte >> 4)))
                bytes.append(upper(Hex.digit(byte & 0x0F)))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func upper(_ digit: UInt8) -> UInt8 { digit >= 0x61 ? digit - 0x20 : digit }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }
}
