/// Writes into memory whose size is known beforehand; made by `[UInt8](capacity:writing:)` and valid only in its closure.
///
/// Every write checks the room that is left and traps beyond it: a wrong capacity is a broken invariant of ours.
@safe @usableFromInline package struct ByteWriter: ~Copyable {
    @usableFromInline let buffer: UnsafeMutableRawBufferPointer
    /// How many bytes were written.
    @usableFromInline package internal(set) var count = 0

    @inlinable @inline(__always)
    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) { unsafe self.buffer = UnsafeMutableRawBufferPointer(buffer) }

    /// How many bytes may still be written.
    @inlinable package var room: Int { unsafe buffer.count - count }

    @inlinable @inline(__always)
    mutating func advance(by size: Int) -> Int {
        let start = count
        unsafe precondition(size <= buffer.count &- start, "more was written than there is room for")
        count = start &+ size
        return start
    }

    /// Writes one byte.
    @inlinable @inline(__always)
    package mutating func write(_ byte: UInt8) {
        let start = advance(by: 1)
        unsafe buffer.storeBytes(of: byte, toByteOffset: start, as: UInt8.self)
    }

    /// Writes eight bytes, the least significant first.
    @inlinable @inline(__always)
    package mutating func write(littleEndian word: UInt64) {
        let start = advance(by: 8)
        unsafe buffer.storeBytes(of: word.littleEndian, toByteOffset: start, as: UInt64.self)
    }

    /// Writes three bytes, the least significant first. It needs room for four.
    @inlinable @inline(__always)
    package mutating func write(littleEndian24 word: UInt32) {
        let start = advance(by: 4)
        unsafe buffer.storeBytes(of: word.littleEndian, toByteOffset: start, as: UInt32.self)
        count = start &+ 3
    }

    /// Writes the bytes of a span.
    @inlinable
    package mutating func write(_ bytes: RawSpan) {
        let start = advance(by: bytes.byteCount)
        unsafe bytes.withUnsafeBytes { source in
            guard let from = source.baseAddress, let to = unsafe buffer.baseAddress else { return }
            unsafe (to + start).copyMemory(from: from, byteCount: source.count)
        }
    }

    /// Writes the bytes of an array.
    @inlinable @inline(__always)
    package mutating func write(_ bytes: [UInt8]) {
        let start = advance(by: bytes.count)
        unsafe bytes.withUnsafeBytes { source in
            guard let from = source.baseAddress, let to = unsafe buffer.baseAddress else { return }
            unsafe (to + start).copyMemory(from: from, byteCount: source.count)
        }
    }

    /// Writes the UTF-8 of a text that is known when compiling.
    @inlinable @inline(__always)
    package mutating func write(_ text: StaticString) {
        let size = text.utf8CodeUnitCount
        let start = advance(by: size)
        guard size > 0, let to = unsafe buffer.baseAddress else { return }
        unsafe (to + start).copyMemory(from: text.utf8Start, byteCount: size)
    }

    /// Writes the UTF-8 of a text. Literals take the `StaticString` form, which is a third as dear.
    @inlinable
    @_disfavoredOverload
    package mutating func write(_ text: String) { text.withRawSpan { write($0) } }

    /// Writes a number in decimal digits. It needs room for as many digits as the number has.
    @inlinable
    package mutating func write(decimal number: UInt64) {
        let size = ByteWriter.digitCount(number)
        let start = advance(by: size)
        var rest = number
        var offset = start &+ size
        while offset > start {
            offset &-= 1
            let quotient = rest / 10
            let digit = UInt8(truncatingIfNeeded: rest &- quotient &* 10) &+ 0x30
            unsafe buffer.storeBytes(of: digit, toByteOffset: offset, as: UInt8.self)
            rest = quotient
        }
    }

    /// How many decimal digits a number has.
    @inlinable
    package static func digitCount(_ number: UInt64) -> Int {
        var count = 1
        var bound: UInt64 = 10
        while number >= bound {
            count &+= 1
            if count == 20 { return count }
            bound &*= 10
        }
        return count
    }
}
