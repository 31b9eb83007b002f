/// Comparisons that know the ASCII letters only.
@usableFromInline package enum ASCII {
    /// The lower-case form of a byte.
    @inlinable @inline(__always)
    package static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// Whether a byte is a decimal digit.
    @inlinable @inline(__always)
    package static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// Whether both are equal when ASCII letters are compared without case.
    package static func equalIgnoringCase(_ left: RawSpan, _ right: RawSpan) -> Bool {
        let count = left.byteCount
        guard count == right.byteCount else { return false }
        // The last word overlaps the one before it, so that no rest is left.
        if count >= 8 {
            var offset = 0
            while offset < count {
                let start = min(offset, count &- 8)
                guard wordsEqual(left.loadUInt64(at: start), right.loadUInt64(at: start)) else { return false }
                offset &+= 8
            }
            return true
        }
        if count >= 4 { return wordsEqual(ends(of: left), ends(of: right)) }
        for offset in 0..<count where lowercased(left[offset]) != lowercased(right[offset]) { return false }
        return true
    }

    /// The first and the last four bytes of four to eight.
    @inline(__always)
    private static func ends(of bytes: RawSpan) -> UInt64 {
        UInt64(bytes.loadUInt32(at: 0)) | UInt64(bytes.loadUInt32(at: bytes.byteCount &- 4)) << 32
    }

    /// Whether eight bytes each are equal but for the case of letters.
    @inline(__always)
    private static func wordsEqual(_ left: UInt64, _ right: UInt64) -> Bool {
        let difference = left ^ right
        if difference == 0 { return true }
        let ones: UInt64 = 0x0101_0101_0101_0101
        guard difference & ~(ones &* 0x20) == 0 else { return false }
        // Only the bit of the case differs: where it does, moved to the top of its byte, the byte must be a letter.
        let folded = (left | ones &* 0x20) & ~(ones &* 0x80)
        let letters = (folded &+ ones &* (0x80 - 0x61)) & ~(folded &+ ones &* (0x80 - 0x7B)) & ~left
        return difference << 2 & ~letters == 0
    }

    /// Whether both are equal when ASCII letters are compared without case.
    package static func equalIgnoringCase(_ left: String, _ right: String) -> Bool {
        left.withRawSpan { left in right.withRawSpan { right in equalIgnoringCase(left, right) } }
    }

    /// Whether bytes equal a text known when compiling, ASCII letters compared without case.
    package static func equalIgnoringCase(_ left: RawSpan, _ right: StaticString) -> Bool {
        equalIgnoringCase(left, right.rawSpan)
    }
}

/// Comparison of secrets.
package enum ConstantTime {
    /// Whether both hold the same bytes; the time it takes tells nothing but the lengths.
    @inline(never)
    package static func equal(_ left: RawSpan, _ right: RawSpan) -> Bool {
        guard left.byteCount == right.byteCount else { return false }
        return difference(over: left.byteCount) { left[$0] ^ right[$0] } == 0
    }

    /// The bits that are set at any of so many places: each place is looked at once and in order, whatever was found before.
    @inline(__always)
    static func difference(over count: Int, _ bits: (Int) -> UInt8) -> UInt8 {
        var difference: UInt8 = 0
        for offset in 0..<count { difference |= bits(offset) }
        return difference
    }
}
