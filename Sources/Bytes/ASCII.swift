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
        guard left.byteCount == right.byteCount else { return false }
        for offset in 0..<left.byteCount where lowercased(left[offset]) != lowercased(right[offset]) { return false }
        return true
    }

    /// Whether both are equal when ASCII letters are compared without case.
    package static func equalIgnoringCase(_ left: String, _ right: String) -> Bool {
        left.withRawSpan { left in right.withRawSpan { right in equalIgnoringCase(left, right) } }
    }

    /// Whether bytes equal a text known when compiling, ASCII letters compared without case.
    package static func equalIgnoringCase(_ left: RawSpan, _ right: StaticString) -> Bool {
        right.withUTF8Buffer { buffer in
            guard left.byteCount == buffer.count else { return false }
            for offset in 0..<buffer.count {
                if unsafe lowercased(left[offset]) != lowercased(buffer[offset]) { return false }
            }
            return true
        }
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
