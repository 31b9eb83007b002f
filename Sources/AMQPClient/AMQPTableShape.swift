internal import Bytes

/// Looks whether a table may be given to the library, which follows nested tables as deep as they go. Pure.
///
/// Headers come from whoever publishes: a frame has room for 20,000 levels, a thread's stack has not.
package enum AMQPTableShape {
    /// Levels of tables and arrays in each other.
    package static let levelsMaximum = 16

    /// Whether the table at an offset, its length included, is whole and not too deep.
    package static func isSound(_ bytes: RawSpan, at offset: Int) -> Bool {
        guard let length = uint32(bytes, at: offset), length <= bytes.byteCount - offset - 4 else { return false }
        return isSound(bytes, offset + 4, offset + 4 + length, level: 1, isTable: true)
    }

    /// Whether the headers among the properties of an event are sound; true where there are none.
    package static func headersAreSound(_ properties: RawSpan) -> Bool {
        guard properties.byteCount >= 2 else { return false }
        let flags = UInt16(properties[0]) << 8 | UInt16(properties[1])
        guard flags & 1 << 13 != 0 else { return true }
        var offset = 2
        // Content type and encoding stand before them.
        for bit in [UInt16(1) << 15, 1 << 14] where flags & bit != 0 {
            guard offset < properties.byteCount else { return false }
            offset += 1 + Int(properties[offset])
        }
        return isSound(properties, at: offset)
    }

    private static func isSound(_ bytes: RawSpan, _ start: Int, _ end: Int, level: Int, isTable: Bool) -> Bool {
        guard level <= levelsMaximum else { return false }
        var offset = start
        while offset < end {
            if isTable { offset += 1 + Int(bytes[offset]) }
            guard offset < end else { return false }
            let kind = bytes[offset]
            offset += 1
            switch kind {
            case UInt8(ascii: "F"), UInt8(ascii: "A"):
                guard let length = uint32(bytes, at: offset), length <= end - offset - 4 else { return false }
                let inner = offset + 4
                guard
                    isSound(bytes, inner, inner + length, level: level + 1, isTable: kind == UInt8(ascii: "F"))
                else { return false }
                offset = inner + length
            case UInt8(ascii: "S"), UInt8(ascii: "x"):
                guard let length = uint32(bytes, at: offset), length <= end - offset - 4 else { return false }
                offset += 4 + length
            default:
                guard let size = size(of: kind) else { return false }
                offset += size
            }
        }
        return offset == end
    }

    private static func size(of kind: UInt8) -> Int? {
        switch kind {
        case UInt8(ascii: "V"): 0
        case UInt8(ascii: "t"), UInt8(ascii: "b"), UInt8(ascii: "B"): 1
        case UInt8(ascii: "s"), UInt8(ascii: "u"): 2
        case UInt8(ascii: "I"), UInt8(ascii: "i"), UInt8(ascii: "f"): 4
        case UInt8(ascii: "D"): 5
        case UInt8(ascii: "l"), UInt8(ascii: "L"), UInt8(ascii: "T"), UInt8(ascii: "d"): 8
        default: nil
        }
    }

    private static func uint32(_ bytes: RawSpan, at offset: Int) -> Int? {
        guard offset >= 0, bytes.byteCount - offset >= 4 else { return nil }
        return Int(bytes.loadUInt32(at: offset).byteSwapped)
    }
}
