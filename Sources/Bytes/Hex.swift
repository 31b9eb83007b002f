/// Hexadecimal digits, lower-case when written.
@usableFromInline package enum Hex {
    /// The digit of a value below 16.
    @inlinable @inline(__always)
    package static func digit(_ value: UInt8) -> UInt8 { value < 10 ? value &+ 0x30 : value &+ 0x57 }

    /// The value of a digit in either case; `nil` for anything else.
    @inlinable @inline(__always)
    package static func value(_ digit: UInt8) -> UInt8? {
        let number = digit &- 0x30
        if number < 10 { return number }
        let letter = (digit | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    /// The eight digits of four bytes as text in a little-endian word: the most significant digit lies in the lowest byte.
    @inlinable @inline(__always)
    package static func spread(_ number: UInt32) -> UInt64 {
        var nibbles = UInt64(number.byteSwapped)
        nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles >> 4 | nibbles << 8) & 0x0F0F_0F0F_0F0F_0F0F
        let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    }

    /// The number that eight lower-case digits spell, the most significant digit in the lowest byte of the word; `nil` for other bytes.
    @inlinable @inline(__always)
    package static func gather(_ word: UInt64) -> UInt32? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high: UInt64 = 0x8080_8080_8080_8080
        guard word & high == 0 else { return nil }
        // In each byte bit 7 says: at least "0", above "9", at least "a", above "f".
        let digit = (word &+ ones &* 0x50) & ~(word &+ ones &* 0x46) & high
        let letter = (word &+ ones &* 0x1F) & ~(word &+ ones &* 0x19) & high
        guard digit | letter == high else { return nil }
        var nibbles = word & (ones &* 0x0F) &+ (letter >> 7) &* 9
        nibbles = (nibbles << 4 | nibbles >> 8) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles | nibbles >> 8) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: nibbles | nibbles >> 16).byteSwapped
    }

    /// The lower-case digits of bytes.
    package static func text(_ bytes: RawSpan) -> String {
        var digits: [UInt8] = []
        digits.appendHex(bytes)
        return String(decoding: digits, as: UTF8.self)
    }

    /// The bytes that digits in either case spell; `nil` for an odd count or other characters.
    package static func decode(_ digits: RawSpan) -> [UInt8]? {
        guard digits.byteCount % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.byteCount / 2)
        for offset in stride(from: 0, to: digits.byteCount, by: 2) {
            guard let high = value(digits[offset]), let low = value(digits[offset + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}
