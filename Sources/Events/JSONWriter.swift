package import Bytes

/// Writes JSON as Go's `encoding/json` does: `<`, `>`, `&`, U+2028 and U+2029 are escaped, bytes that are not UTF-8 become `\ufffd`.
package enum JSONWriter {
    /// Appends a text as a JSON string with its quotes.
    package static func appendString(_ text: String, to output: inout [UInt8]) {
        text.withRawSpan { appendString($0, to: &output) }
    }

    /// Appends UTF-8 as a JSON string with its quotes.
    package static func appendString(_ text: RawSpan, to output: inout [UInt8]) {
        output.append(0x22)
        var offset = 0
        while true {
            let special = firstSpecial(text, from: offset)
            output.append(text.extracting(offset..<special))
            offset = special
            guard offset < text.byteCount else { break }
            let (length, escape) = escape(text, at: offset)
            escape.append(to: &output)
            offset += length
        }
        output.append(0x22)
    }

    /// Appends a value without white space. `sorted` orders the members of objects by name and keeps the last of two with the same name,
    /// as Go does for maps; otherwise members are written as they are.
    ///
    /// It calls itself once per level of nesting; a tree from `JSONValue.parse` has at most `JSONScanner.maximumDepth`.
    package static func append(_ value: JSONValue, sorted: Bool = false, to output: inout [UInt8]) {
        switch value {
        case .null: output.append(utf8: "null")
        case .bool(let flag): output.append(utf8: flag ? "true" : "false")
        case .number(let literal): output.append(utf8: literal)
        case .string(let text): appendString(text, to: &output)
        case .array(let elements):
            output.append(0x5B)
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(0x2C) }
                append(element, sorted: sorted, to: &output)
            }
            output.append(0x5D)
        case .object(let members):
            output.append(0x7B)
            for (index, member) in (sorted ? sortedMembers(members) : members).enumerated() {
                if index > 0 { output.append(0x2C) }
                appendString(member.name, to: &output)
                output.append(0x3A)
                append(member.value, sorted: sorted, to: &output)
            }
            output.append(0x7D)
        }
    }

    private static func sortedMembers(_ members: [JSONMember]) -> [JSONMember] {
        var last: [String: JSONValue] = [:]
        for member in members { last[member.name] = member.value }
        // Strings compare by grapheme normalization; Go compares bytes.
        return last.map { JSONMember(name: $0.key, value: $0.value) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// The length of a string's content after escaping, without quotes.
    package static func escapedLength(_ text: RawSpan) -> Int {
        var total = text.byteCount
        var offset = firstSpecial(text, from: 0)
        while offset < text.byteCount {
            let (length, escape) = escape(text, at: offset)
            total += escape.length - length
            offset = firstSpecial(text, from: offset + length)
        }
        return total
    }

    /// Writes a string's content escaped, without quotes: `escapedLength` bytes.
    package static func writeEscaped(_ text: RawSpan, to writer: inout ByteWriter) {
        var offset = 0
        while true {
            let special = firstSpecial(text, from: offset)
            writer.write(text.extracting(offset..<special))
            offset = special
            guard offset < text.byteCount else { return }
            let (length, escape) = escape(text, at: offset)
            escape.write(to: &writer)
            offset += length
        }
    }

    /// The next byte that cannot be written as it is, or that may not: quotes, backslashes, controls, `<`, `>`, `&`, and what is not plain UTF-8.
    private static func firstSpecial(_ text: RawSpan, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var offset = start
        while offset &+ 8 <= text.byteCount {
            let word = text.loadUInt64(at: offset)
            // 0x22 and 0x26 differ in one bit, and so do 0x3C and 0x3E.
            let quote = (word | ones &* 0x04) ^ (ones &* 0x26)
            let angle = (word | ones &* 0x02) ^ (ones &* 0x3E)
            let backslash = word ^ (ones &* 0x5C)
            let special =
                ((quote &- ones) & ~quote | (angle &- ones) & ~angle | (backslash &- ones) & ~backslash
                    | (word &- ones &* 0x20) | word) & (ones &* 0x80)
            if special == 0 {
                offset &+= 8
                continue
            }
            offset &+= special.trailingZeroBitCount &>> 3
            let length = plainLength(text, at: offset)
            if length == 0 { return offset }
            offset &+= length
        }
        while offset < text.byteCount {
            let length = plainLength(text, at: offset)
            if length == 0 { return offset }
            offset &+= length
        }
        return offset
    }

    /// The length of the character at an offset where it is written as it is, else 0.
    private static func plainLength(_ text: RawSpan, at offset: Int) -> Int {
        let byte = text[offset]
        if byte < 0x80 {
            let isSpecial =
                byte < 0x20 || byte == 0x22 || byte == 0x26 || byte == 0x3C || byte == 0x3E || byte == 0x5C
            return isSpecial ? 0 : 1
        }
        let length = UTF8Text.sequenceLength(text, at: offset)
        let isLineEnd = length == 3 && byte == 0xE2 && text[offset &+ 1] == 0x80 && text[offset &+ 2] & 0xFE == 0xA8
        return isLineEnd ? 0 : length
    }

    /// How the character at an offset is escaped, and its own length.
    private static func escape(_ text: RawSpan, at offset: Int) -> (length: Int, escape: JSONEscape) {
        let byte = text[offset]
        switch byte {
        case 0x22, 0x5C: return (1, .letter(byte))
        case 0x08: return (1, .letter(0x62))
        case 0x0C: return (1, .letter(0x66))
        case 0x0A: return (1, .letter(0x6E))
        case 0x0D: return (1, .letter(0x72))
        case 0x09: return (1, .letter(0x74))
        case 0..<0x80: return (1, .unit(UInt16(byte)))
        default:
            let length = UTF8Text.sequenceLength(text, at: offset)
            return length == 0 ? (1, .unit(0xFFFD)) : (length, .unit(0x2028 | UInt16(text[offset + 2] & 1)))
        }
    }
}

/// An escape in a JSON string.
private enum JSONEscape {
    /// A backslash and a letter.
    case letter(UInt8)
    /// `\u` and four digits.
    case unit(UInt16)

    var length: Int {
        switch self {
        case .letter: 2
        case .unit: 6
        }
    }

    func append(to output: inout [UInt8]) {
        output.append(0x5C)
        switch self {
        case .letter(let letter): output.append(letter)
        case .unit(let unit):
            output.append(0x75)
            for shift in [12, 8, 4, 0] {
                output.append(Hex.digit(UInt8(truncatingIfNeeded: unit >> UInt16(shift)) & 15))
            }
        }
    }

    func write(to writer: inout ByteWriter) {
        writer.write(0x5C)
        switch self {
        case .letter(let letter): writer.write(letter)
        case .unit(let unit):
            writer.write(0x75)
            for shift in 0..<4 {
                writer.write(Hex.digit(UInt8(truncatingIfNeeded: unit >> UInt16(12 - 4 * shift)) & 15))
            }
        }
    }
}
