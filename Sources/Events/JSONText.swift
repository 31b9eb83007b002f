internal import Bytes

/// The strings of a JSON text: decoding and comparing what lies between two quotes. The bytes must have passed `JSONScanner`.
package enum JSONText {
    /// The UTF-16 code unit of an escape such as `\u00e4` at an offset; `nil` where there is none.
    package static func codeUnit(_ bytes: RawSpan, at offset: Int) -> UInt16? {
        guard offset &+ 6 <= bytes.byteCount, bytes[offset] == 0x5C, bytes[offset &+ 1] == 0x75 else { return nil }
        var unit: UInt16 = 0
        for index in 2..<6 {
            guard let digit = Hex.value(bytes[offset &+ index]) else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// The bytes between the quotes of a string value; `nil` where the value is no string.
    @_lifetime(copy value)
    package static func content(of value: RawSpan) -> RawSpan? {
        guard value.byteCount >= 2, value[0] == 0x22 else { return nil }
        return value.extracting(1..<value.byteCount - 1)
    }

    /// The text that the content of a string stands for.
    package static func text(_ content: RawSpan) -> String {
        if content.firstIndex(of: 0x5C) == nil { return String(utf8Repaired: content) }
        let bytes = unescaped(content)
        return String(utf8Checked: bytes.rawSpan) ?? String(utf8Repaired: bytes.rawSpan)
    }

    /// The UTF-8 that the content of a string stands for; bytes that are not UTF-8 and halves of surrogate pairs become U+FFFD.
    package static func unescaped(_ content: RawSpan) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(content.byteCount)
        var offset = 0
        while offset < content.byteCount {
            let byte = content[offset]
            if byte == 0x5C {
                offset += appendEscape(content, at: offset, to: &result)
            } else if byte < 0x80 {
                result.append(byte)
                offset += 1
            } else {
                let length = UTF8Text.sequenceLength(content, at: offset)
                if length == 0 {
                    result.append(utf8: UTF8Text.replacement)
                } else {
                    result.append(content.extracting(offset..<offset + length))
                }
                offset += max(length, 1)
            }
        }
        return result
    }

    /// Appends what an escape stands for and returns the escape's length.
    private static func appendEscape(_ content: RawSpan, at offset: Int, to result: inout [UInt8]) -> Int {
        guard let unit = codeUnit(content, at: offset) else {
            result.append(offset + 1 < content.byteCount ? short(content[offset + 1]) : 0x5C)
            return 2
        }
        var scalar = UInt32(unit)
        var length = 6
        if unit & 0xF800 == 0xD800 {
            if unit < 0xDC00, let low = codeUnit(content, at: offset + 6), low & 0xFC00 == 0xDC00 {
                scalar = 0x1_0000 + (UInt32(unit) & 0x3FF) << 10 + UInt32(low) & 0x3FF
                length = 12
            } else {
                scalar = 0xFFFD
            }
        }
        appendScalar(scalar, to: &result)
        return length
    }

    private static func short(_ letter: UInt8) -> UInt8 {
        switch letter {
        case 0x62: 0x08
        case 0x66: 0x0C
        case 0x6E: 0x0A
        case 0x72: 0x0D
        case 0x74: 0x09
        default: letter
        }
    }

    private static func appendScalar(_ scalar: UInt32, to result: inout [UInt8]) {
        switch scalar {
        case 0..<0x80:
            result.append(UInt8(truncatingIfNeeded: scalar))
        case 0x80..<0x800:
            result.append(UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6))
            result.append(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
        case 0x800..<0x1_0000:
            result.append(UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12))
            result.append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
            result.append(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
        default:
            result.append(UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18))
            result.append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 12 & 0x3F))
            result.append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
            result.append(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
        }
    }
}

/// Makes a scanned JSON text what Go would write of it: U+FFFD for each byte that is not UTF-8 and for each half of a surrogate pair.
package enum JSONRepair {
    /// The text repaired, where it needs that, and of members with one name the last.
    static func mended(_ json: RawSpan, needsRepair: Bool) -> [UInt8] {
        // Names may become equal by the repair.
        let text = needsRepair ? repaired(json) : [UInt8](json)
        return RepeatedMembers.removed(from: text.rawSpan) ?? text
    }

    /// The repaired text; its structure and all other bytes stay.
    package static func repaired(_ json: RawSpan) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(json.byteCount + 16)
        var offset = 0
        while offset < json.byteCount {
            let byte = json[offset]
            var length = 1
            var isBroken = false
            if byte >= 0x80 {
                length = UTF8Text.sequenceLength(json, at: offset)
                isBroken = length == 0
                length = max(length, 1)
            } else if byte == 0x5C {
                (length, isBroken) = escape(json, at: offset)
            }
            if isBroken {
                result.append(utf8: UTF8Text.replacement)
            } else {
                result.append(json.extracting(offset..<offset + length))
            }
            offset += length
        }
        return result
    }

    private static func escape(_ json: RawSpan, at offset: Int) -> (length: Int, isBroken: Bool) {
        guard let unit = JSONText.codeUnit(json, at: offset) else { return (min(2, json.byteCount - offset), false) }
        guard unit & 0xF800 == 0xD800 else { return (6, false) }
        guard unit < 0xDC00, let low = JSONText.codeUnit(json, at: offset + 6), low & 0xFC00 == 0xDC00 else {
            return (6, true)
        }
        return (12, false)
    }
}
