internal import Glibc

extension RawSpan {
    /// The byte at an offset; an offset outside the span traps.
    @inlinable @inline(__always)
    package subscript(offset: Int) -> UInt8 {
        precondition(UInt(bitPattern: offset) < UInt(bitPattern: byteCount), "a byte outside of its span was read")
        return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// Eight bytes as a little-endian number; traps when they do not all lie in the span.
    @inlinable @inline(__always)
    package func loadUInt64(at offset: Int) -> UInt64 {
        precondition(offset >= 0 && offset &+ 8 <= byteCount, "eight bytes outside of their span were read")
        return unsafe UInt64(
            littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    /// Four bytes as a little-endian number; traps when they do not all lie in the span.
    @inlinable @inline(__always)
    package func loadUInt32(at offset: Int) -> UInt32 {
        precondition(offset >= 0 && offset &+ 4 <= byteCount, "four bytes outside of their span were read")
        return unsafe UInt32(
            littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
    }

    /// The byte at an offset, or zero where that lies beyond the end: one check in loops that refuse zero anyway.
    @inlinable @inline(__always)
    package func byteOrZero(at offset: Int) -> UInt8 {
        guard UInt(bitPattern: offset) < UInt(bitPattern: byteCount) else { return 0 }
        return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// Eight bytes as a little-endian number; `nil` where they do not all lie in the span.
    @inlinable @inline(__always)
    package func wordIfPresent(at offset: Int) -> UInt64? {
        guard offset >= 0 && offset <= byteCount &- 8 else { return nil }
        return unsafe UInt64(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    /// The offset of the first such byte at or after `start`; `nil` where there is none.
    @inlinable
    package func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        let pattern = UInt64(byte) &* 0x0101_0101_0101_0101
        var offset = start
        while offset &+ 8 <= byteCount {
            let word = loadUInt64(at: offset) ^ pattern
            let zero = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
            if zero != 0 { return offset &+ zero.trailingZeroBitCount / 8 }
            offset &+= 8
        }
        while offset < byteCount {
            if self[offset] == byte { return offset }
            offset &+= 1
        }
        return nil
    }

    /// Whether both spans hold the same bytes.
    @inlinable
    package func equals(_ other: RawSpan) -> Bool {
        let count = byteCount
        guard count == other.byteCount else { return false }
        if count >= 32 { return hasSameBytes(other) }
        // The last word overlaps the one before it, so that no rest is left.
        if count >= 8 {
            var offset = 0
            while offset < count &- 8 {
                if loadUInt64(at: offset) != other.loadUInt64(at: offset) { return false }
                offset &+= 8
            }
            return loadUInt64(at: count &- 8) == other.loadUInt64(at: count &- 8)
        }
        if count >= 4 {
            return loadUInt32(at: 0) == other.loadUInt32(at: 0)
                && loadUInt32(at: count &- 4) == other.loadUInt32(at: count &- 4)
        }
        for offset in 0..<count where self[offset] != other[offset] { return false }
        return true
    }

    /// The C library compares 32 bytes at a time. Both spans are equally long.
    @usableFromInline
    func hasSameBytes(_ other: RawSpan) -> Bool {
        unsafe withUnsafeBytes { left in
            unsafe other.withUnsafeBytes { right in
                guard let one = left.baseAddress, let two = right.baseAddress else { return true }
                return unsafe memcmp(one, two, min(left.count, right.count)) == 0
            }
        }
    }

    /// Whether the span holds exactly these bytes.
    @inlinable
    package func equals(_ bytes: [UInt8]) -> Bool { equals(bytes.rawSpan) }

    /// Whether the span holds exactly the UTF-8 of a text.
    @inlinable
    package func equals(_ text: StaticString) -> Bool { equals(text.rawSpan) }

    /// Whether the span holds exactly the UTF-8 of a text. Literals take the `StaticString` form.
    @inlinable
    @_disfavoredOverload
    package func equals(_ text: String) -> Bool { text.withRawSpan { equals($0) } }

    /// Whether the span begins with the UTF-8 of a text.
    @inlinable
    package func starts(with text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        return byteCount >= count && extracting(0..<count).equals(text)
    }
}

extension Array where Element == UInt8 {
    /// The elements as raw bytes, valid as long as the array is borrowed.
    ///
    /// The elements always lie in a heap object, which the borrow keeps: the compiler holds a reference to it until the last use of the
    /// span, or refuses the code. Only a change of the same stored array during the use would pull it away, which is an exclusivity error.
    @inlinable
    package var rawSpan: RawSpan {
        @_lifetime(borrow self)
        get { unsafe span.bytes }
    }

    /// Copies a span.
    @inlinable
    package init(_ bytes: RawSpan) {
        self = unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
    }
}
