extension Array where Element == UInt8 {
    /// Appends the bytes of a span.
    @inlinable
    package mutating func append(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
    }

    /// Appends the UTF-8 of a text. Literals take the `StaticString` form.
    @inlinable
    @_disfavoredOverload
    package mutating func append(utf8 text: String) { append(contentsOf: text.utf8) }

    /// Appends the UTF-8 of a text that is known when compiling.
    @inlinable
    package mutating func append(utf8 text: StaticString) {
        unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a number in decimal digits, with a minus sign where it is negative.
    package mutating func appendDecimal(_ number: Int) {
        append(capacity: 20) { writer in
            if number < 0 { writer.write(0x2D) }
            writer.write(decimal: UInt64(number.magnitude))
        }
    }

    /// Appends what a writer writes, at most `capacity` bytes; writing beyond it traps.
    @inlinable @inline(__always)
    package mutating func append(capacity: Int, writing body: (inout ByteWriter) -> Void) {
        append(addingCapacity: capacity) { output in
            unsafe output.withUnsafeMutableBufferPointer { buffer, count in
                var writer = unsafe ByteWriter(UnsafeMutableBufferPointer(rebasing: buffer[count..<count &+ capacity]))
                body(&writer)
                count &+= writer.count
            }
        }
    }

    /// Appends two lower-case hexadecimal digits per byte.
    package mutating func appendHex(_ bytes: RawSpan) {
        reserveCapacity(count + 2 * bytes.byteCount)
        for offset in 0..<bytes.byteCount {
            let byte = bytes[offset]
            append(Hex.digit(byte >> 4))
            append(Hex.digit(byte & 15))
        }
    }

    /// Appends sixteen lower-case hexadecimal digits, the most significant first.
    package mutating func appendHex(_ number: UInt64) {
        for word in [
            Hex.spread(UInt32(truncatingIfNeeded: number >> 32)), Hex.spread(UInt32(truncatingIfNeeded: number)),
        ] {
            for shift in stride(from: UInt64(0), to: 64, by: 8) { append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
    }

    /// Makes an array by one allocation of at most `capacity` bytes; writing beyond it traps.
    @inlinable @inline(__always)
    package init(capacity: Int, writing body: (inout ByteWriter) -> Void) {
        // Growing an empty array is a third cheaper than the initializer that takes a closure, which looks its metadata up.
        self = []
        reserveCapacity(capacity)
        append(capacity: capacity, writing: body)
    }
}
