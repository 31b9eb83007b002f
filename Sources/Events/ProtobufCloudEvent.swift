internal import Bytes

/// Tells whether bytes decode as `io.cloudevents.v1.CloudEvent`, which is all that an envelope needs to know of them (spec 1.1).
///
/// As protobuf decoders do: unknown fields are fine, known strings must be UTF-8, known messages must decode themselves.
enum ProtobufCloudEvent {
    /// A message has this many levels at most: event, attribute, value, timestamp.
    private enum Level { case event, attribute, value, leaf }

    /// Whether the bytes decode.
    static func isOne(_ bytes: RawSpan) -> Bool { decodes(bytes, .event) }

    private static func decodes(_ bytes: RawSpan, _ level: Level) -> Bool {
        var offset = 0
        while offset < bytes.byteCount {
            guard let key = varint(bytes, &offset), key >> 3 >= 1, key >> 3 <= 0x1FFF_FFFF else { return false }
            switch key & 7 {
            case 0:
                guard varint(bytes, &offset) != nil else { return false }
            case 1:
                offset += 8
            case 5:
                offset += 4
            case 2:
                guard let length = varint(bytes, &offset), length <= UInt64(bytes.byteCount - offset) else {
                    return false
                }
                let field = bytes.extracting(offset..<offset + Int(length))
                guard fits(field, number: key >> 3, level) else { return false }
                offset += Int(length)
            default:
                // Groups are in no CloudEvent; a decoder skips them, an encoder never writes them.
                return false
            }
            guard offset <= bytes.byteCount else { return false }
        }
        return true
    }

    private static func fits(_ field: RawSpan, number: UInt64, _ level: Level) -> Bool {
        switch (level, number) {
        case (.event, 1...4), (.event, 7), (.attribute, 1), (.value, 3), (.value, 5), (.value, 6):
            UTF8Text.firstInvalid(field) == nil
        case (.event, 5): decodes(field, .attribute)
        case (.attribute, 2): decodes(field, .value)
        case (.event, 8), (.value, 7): decodes(field, .leaf)
        default: true
        }
    }

    private static func varint(_ bytes: RawSpan, _ offset: inout Int) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard offset < bytes.byteCount else { return nil }
            let byte = bytes[offset]
            offset += 1
            if shift == 63, byte > 1 { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
