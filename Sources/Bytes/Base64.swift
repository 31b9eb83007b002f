/// Standard base64 with padding (RFC 4648 section 4), as Go's `base64.StdEncoding`.
package enum Base64 {
    /// The length of the encoding of that many bytes.
    package static func encodedLength(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    /// The two digits of each number of twelve bits, the first digit in the lower byte.
    private static let pairs: [UInt16] = {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        return (0..<4096).map { UInt16(digits[$0 >> 6]) | UInt16(digits[$0 & 63]) << 8 }
    }()

    /// Writes the encoding into memory of exactly `encodedLength` bytes.
    fileprivate static func encode(_ bytes: RawSpan, into target: UnsafeMutableRawBufferPointer) {
        unsafe bytes.withUnsafeBytes { source in
            unsafe pairs.withUnsafeBufferPointer { pairs in
                guard let from = source.baseAddress, let to = target.baseAddress, let pairs = pairs.baseAddress else {
                    return
                }
                var read = 0
                var written = 0
                // Eight bytes are read to use six of them, so the last groups are left to the loop below.
                while read &+ 8 <= source.count {
                    let word = unsafe UInt64(bigEndian: from.loadUnaligned(fromByteOffset: read, as: UInt64.self))
                    let first = unsafe UInt64(pairs[Int(truncatingIfNeeded: word &>> 52)])
                    let second = unsafe UInt64(pairs[Int(truncatingIfNeeded: word &>> 40 & 0xFFF)])
                    let third = unsafe UInt64(pairs[Int(truncatingIfNeeded: word &>> 28 & 0xFFF)])
                    let fourth = unsafe UInt64(pairs[Int(truncatingIfNeeded: word &>> 16 & 0xFFF)])
                    let text = first | second &<< 16 | third &<< 32 | fourth &<< 48
                    unsafe to.storeBytes(of: text.littleEndian, toByteOffset: written, as: UInt64.self)
                    read &+= 6
                    written &+= 8
                }
                while read < source.count {
                    let left = source.count &- read
                    let second = unsafe left > 1 ? source[read &+ 1] : 0
                    let third = unsafe left > 2 ? source[read &+ 2] : 0
                    let group = unsafe Int(source[read]) << 16 | Int(second) << 8 | Int(third)
                    let high = unsafe pairs[group >> 12]
                    let low = unsafe pairs[group & 0xFFF]
                    unsafe target[written] = UInt8(truncatingIfNeeded: high)
                    unsafe target[written &+ 1] = UInt8(truncatingIfNeeded: high >> 8)
                    unsafe target[written &+ 2] = left > 1 ? UInt8(truncatingIfNeeded: low) : 0x3D
                    unsafe target[written &+ 3] = left > 2 ? UInt8(truncatingIfNeeded: low >> 8) : 0x3D
                    read &+= 3
                    written &+= 4
                }
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

    /// Where Go's decoder says that a text is wrong which `decode` refused: at the first byte that does not belong there, or where the group
    /// begins that the end cuts off. It is for error texts only.
    package static func faultOffset(_ text: RawSpan) -> Int {
        var digits = 0
        var offset = 0
        while offset < text.byteCount {
            let byte = text[offset]
            if byte == 0x3D { return paddingFault(text, at: offset, digits: digits) }
            if byte != 0x0A, byte != 0x0D {
                guard values[Int(byte)] <= 63 else { return offset }
                digits = (digits + 1) % 4
            }
            offset += 1
        }
        return offset - digits
    }

    /// What follows the first `=`: one more where two digits came before it, and then nothing but line ends.
    private static func paddingFault(_ text: RawSpan, at padding: Int, digits: Int) -> Int {
        guard digits >= 2 else { return padding }
        var left = 4 - digits - 1
        var offset = padding + 1
        while offset < text.byteCount {
            let byte = text[offset]
            if byte != 0x0A, byte != 0x0D {
                guard byte == 0x3D, left > 0 else { return offset }
                left -= 1
            }
            offset += 1
        }
        return text.byteCount
    }

    private static func decode(_ text: RawSpan, into writer: inout ByteWriter) -> Bool {
        var offset = 0
        var isPlain = true
        unsafe values.withUnsafeBufferPointer { values in
            // A group is written as four bytes of which three count, so some room is left at the end.
            while isPlain, let word = text.wordIfPresent(at: offset) {
                let first = unsafe UInt32(values[Int(truncatingIfNeeded: word & 0xFF)])
                let second = unsafe UInt32(values[Int(truncatingIfNeeded: word &>> 8 & 0xFF)])
                let third = unsafe UInt32(values[Int(truncatingIfNeeded: word &>> 16 & 0xFF)])
                let fourth = unsafe UInt32(values[Int(truncatingIfNeeded: word &>> 24 & 0xFF)])
                isPlain = (first | second | third | fourth) & 0x80 == 0
                guard isPlain else { return }
                let group = first &<< 18 | second &<< 12 | third &<< 6 | fourth
                writer.write(littleEndian24: group.byteSwapped &>> 8)
                offset &+= 4
            }
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
            let digit = UInt32(values[Int(byte)])
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

    /// The value of each byte as a digit, 0x80 where it is none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0x80, count: 256)
        let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()
}

extension Array where Element == UInt8 {
    /// Appends the base64 of bytes.
    package mutating func append(base64 bytes: RawSpan) {
        let size = Base64.encodedLength(bytes.byteCount)
        append(contentsOf: [UInt8](capacity: size) { $0.write(base64: bytes) })
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
