/// Standard base64 with padding (RFC 4648 section 4), as Go's `base64.StdEncoding`.
package enum Base64 {
    /// The length of the encoding of that many bytes.
    package static func encodedLength(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    private static let digits: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    /// Writes the encoding into memory of exactly `encodedLength` bytes.
    fileprivate static func encode(_ bytes: RawSpan, into target: UnsafeMutableRawBufferPointer) {
        unsafe bytes.withUnsafeBytes { source in
            let table = unsafe digits.utf8Start
            var from = 0
            var to = 0
            // Reads eight bytes to use six of them, so the last group is left to the loop below.
            while from &+ 8 <= source.count {
                let word = unsafe UInt64(bigEndian: source.loadUnaligned(fromByteOffset: from, as: UInt64.self))
                var text: UInt64 = 0
                for index in 0..<8 {
                    let digit = unsafe table[Int(truncatingIfNeeded: word >> UInt64(58 &- 6 &* index)) & 63]
                    text |= UInt64(digit) << UInt64(8 &* index)
                }
                unsafe target.storeBytes(of: text.littleEndian, toByteOffset: to, as: UInt64.self)
                from &+= 6
                to &+= 8
            }
            while from < source.count {
                let left = source.count &- from
                let second = unsafe left > 1 ? source[from &+ 1] : 0
                let third = unsafe left > 2 ? source[from &+ 2] : 0
                let group = unsafe Int(source[from]) << 16 | Int(second) << 8 | Int(third)
                unsafe target[to] = unsafe table[group >> 18]
                unsafe target[to &+ 1] = unsafe table[group >> 12 & 63]
                unsafe target[to &+ 2] = unsafe left > 1 ? table[group >> 6 & 63] : 0x3D
                unsafe target[to &+ 3] = unsafe left > 2 ? table[group & 63] : 0x3D
                from &+= 3
                to &+= 4
            }
        }
    }

    /// The bytes that a text encodes; `nil` for wrong characters, wrong padding or a wrong length. Line ends are skipped, as Go does.
    package static func decode(_ text: RawSpan) -> [UInt8]? {
        let capacity = text.byteCount / 4 * 3 + 3
        var isValid = true
        let bytes = [UInt8](capacity: capacity) { writer in
            isValid = decode(text, into: &writer)
        }
        return isValid ? bytes : nil
    }

    private static func decode(_ text: RawSpan, into writer: inout ByteWriter) -> Bool {
        var offset = 0
        while offset &+ 8 <= text.byteCount {
            let word = text.loadUInt32(at: offset)
            let values =
                value(UInt8(truncatingIfNeeded: word)) << 18 | value(UInt8(truncatingIfNeeded: word >> 8)) << 12
                | value(UInt8(truncatingIfNeeded: word >> 16)) << 6 | value(UInt8(truncatingIfNeeded: word >> 24))
            if values > 0xFF_FFFF { break }
            writer.write(UInt8(truncatingIfNeeded: values >> 16))
            writer.write(UInt8(truncatingIfNeeded: values >> 8))
            writer.write(UInt8(truncatingIfNeeded: values))
            offset &+= 4
        }
        return decodeCarefully(text, from: offset, into: &writer)
    }

    /// Decodes a text's rest that may hold line ends, padding or wrong characters.
    private static func decodeCarefully(_ text: RawSpan, from start: Int, into writer: inout ByteWriter) -> Bool {
        var group: UInt32 = 0
        var count = 0
        var padding = 0
        for offset in start..<text.byteCount {
            let byte = text[offset]
            if byte == 0x0A || byte == 0x0D { continue }
            if byte == 0x3D {
                padding += 1
                if count + padding > 4 || count < 2 { return false }
                continue
            }
            let digit = value(byte)
            if digit > 63 || padding > 0 { return false }
            group = group << 6 | digit
            count += 1
            if count == 4 {
                writer.write(UInt8(truncatingIfNeeded: group >> 16))
                writer.write(UInt8(truncatingIfNeeded: group >> 8))
                writer.write(UInt8(truncatingIfNeeded: group))
                group = 0
                count = 0
            }
        }
        guard count > 0 else { return padding == 0 }
        guard count + padding == 4 else { return false }
        group <<= UInt32(6 * padding)
        writer.write(UInt8(truncatingIfNeeded: group >> 16))
        if count == 3 { writer.write(UInt8(truncatingIfNeeded: group >> 8)) }
        return true
    }

    /// The value of each character below 0x80 as a character again: 0 to 63, and 0x7F where it is no digit.
    private static let values: StaticString = """
        \u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\
        \u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\
        \u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{3E}\u{7F}\u{7F}\u{7F}\u{3F}\
        \u{34}\u{35}\u{36}\u{37}\u{38}\u{39}\u{3A}\u{3B}\u{3C}\u{3D}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\
        \u{7F}\u{00}\u{01}\u{02}\u{03}\u{04}\u{05}\u{06}\u{07}\u{08}\u{09}\u{0A}\u{0B}\u{0C}\u{0D}\u{0E}\
        \u{0F}\u{10}\u{11}\u{12}\u{13}\u{14}\u{15}\u{16}\u{17}\u{18}\u{19}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\
        \u{7F}\u{1A}\u{1B}\u{1C}\u{1D}\u{1E}\u{1F}\u{20}\u{21}\u{22}\u{23}\u{24}\u{25}\u{26}\u{27}\u{28}\
        \u{29}\u{2A}\u{2B}\u{2C}\u{2D}\u{2E}\u{2F}\u{30}\u{31}\u{32}\u{33}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}
        """

    /// The value of a digit; for other bytes a number with a bit above the 24 of a group, wherever in it the byte stands.
    @inline(__always)
    private static func value(_ byte: UInt8) -> UInt32 {
        let known = unsafe values.utf8Start[Int(byte & 0x7F)]
        return known == 0x7F || byte >= 0x80 ? 0xFF00_0000 | 0x4000_0000 : UInt32(known)
    }
}

extension Array where Element == UInt8 {
    /// Appends the base64 of bytes.
    package mutating func append(base64 bytes: RawSpan) {
        let size = Base64.encodedLength(bytes.byteCount)
        append(
            contentsOf: [UInt8](capacity: size) { writer in
                writer.write(base64: bytes)
            })
    }
}

extension ByteWriter {
    /// Writes the base64 of bytes, `Base64.encodedLength` in number.
    package mutating func write(base64 bytes: RawSpan) {
        let size = Base64.encodedLength(bytes.byteCount)
        let start = advance(by: size)
        unsafe Base64.encode(bytes, into: UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + size]))
    }
}
