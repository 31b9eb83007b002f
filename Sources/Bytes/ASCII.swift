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
        guard count >= 8 else { return equalByteForByte(left, right, 0..<count) }
        var offset = 0
        // The last word overlaps the one before it, so that no rest is left.
        while offset < count {
            let start = min(offset, count &- 8)
            let difference = left.loadUInt64(at: start) ^ right.loadUInt64(at: start)
            // Only the bit of the case may differ; where it does, the bytes must be letters.
            if difference & ~0x2020_2020_2020_2020 != 0 { return false }
            if difference != 0, !equalByteForByte(left, right, start..<start &+ 8) { return false }
            offset &+= 8
        }
        return true
    }

    @inline(__always)
    private static func equalByteForByte(_ left: RawSpan, _ right: RawSpan, _ range: Range<Int>) -> Bool {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let (one, other) = (left[offset], right[offset])
            if one != other, lowercased(one) != lowercased(other) { return false }
            offset &+= 1
        }
        return true
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
        var difference: UInt8 = 0
        for offset in 0..<left.byteCount { difference |= left[offset] ^ right[offset] }
        return difference == 0
    }
}
