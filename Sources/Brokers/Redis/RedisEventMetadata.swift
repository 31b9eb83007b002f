internal import Bytes
internal import Events
package import Messaging

/// The pairs beside an event as the field `metadata` holds them: a JSON object of texts, the form that daprd writes and reads.
package enum RedisEventMetadata {
    /// More pairs than this are not read: setting one is linear in their number.
    static let pairsMaximum = 256

    /// The JSON object; empty where there is no pair.
    package static func encode(_ metadata: Metadata) -> [UInt8] {
        if metadata.isEmpty { return [] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(metadata.pairs.reduce(2) { $0 + $1.key.utf8.count + $1.value.utf8.count + 6 })
        for pair in metadata.pairs {
            bytes.append(bytes.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
            JSONWriter.appendString(pair.key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            JSONWriter.appendString(pair.value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// The pairs of a JSON object of texts; `nil` for anything else.
    package static func decode(_ bytes: [UInt8]) -> Metadata? {
        var metadata = Metadata()
        guard var members = JSONMembers(bytes.rawSpan) else { return nil }
        while let member = members.next() {
            guard let value = JSONText.content(of: bytes.rawSpan.extracting(member.value)) else { return nil }
            metadata[JSONText.text(bytes.rawSpan.extracting(member.name))] = JSONText.text(value)
            guard metadata.pairs.count <= pairsMaximum else { return nil }
        }
        return members.isComplete && members.isAtEnd() ? metadata : nil
    }
}
