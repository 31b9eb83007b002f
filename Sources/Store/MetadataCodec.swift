package import Messaging

/// Metadata as one column: key and value by turns, each a length (`Varint`) and UTF-8. No pair is no byte.
package enum MetadataCodec {
    /// The bytes of the column.
    package static func encode(_ metadata: Metadata) -> [UInt8] {
        var bytes: [UInt8] = []
        for pair in metadata.pairs {
            append(pair.key, to: &bytes)
            append(pair.value, to: &bytes)
        }
        return bytes
    }

    /// What `encode` made; `nil` where the bytes are damaged.
    package static func decode(_ bytes: [UInt8]) -> Metadata? {
        var metadata = Metadata()
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let key = text(from: &rest), let value = text(from: &rest) else { return nil }
            metadata[key] = value
        }
        return metadata
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        Varint.append(UInt64(text.utf8.count), to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    private static func text(from bytes: inout ArraySlice<UInt8>) -> String? {
        guard let count = Varint.take(from: &bytes), count <= UInt64(bytes.count) else { return nil }
        defer { bytes = bytes.dropFirst(Int(count)) }
        return String(decoding: bytes.prefix(Int(count)), as: UTF8.self)
    }
}
