extension RawSpan {
    /// Whether the UTF-8 of a text occurs anywhere in the span; an empty text does. For what is looked at once.
    package func contains(_ text: StaticString) -> Bool {
        guard text.utf8CodeUnitCount > 0 else { return true }
        let first = unsafe text.utf8Start.pointee
        var offset = 0
        while let start = firstIndex(of: first, from: offset) {
            if extracting(start..<byteCount).starts(with: text) { return true }
            offset = start + 1
        }
        return false
    }
}

extension String {
    /// Whether a text occurs in this one, byte by byte. The standard library's `contains` of a text links the whole of Regex, 1.5 MB.
    package func contains(text: StaticString) -> Bool { withRawSpan { $0.contains(text) } }
}

extension RawSpan {
    /// The offset of the first quote, backslash, control character or byte beyond ASCII at or after `start`: what ends the plain part of a
    /// JSON string. The span's end where there is none.
    @inlinable
    package func endOfPlainJSON(from start: Int) -> Int {
        let count = byteCount
        precondition(start >= 0, "a search began before its span")
        var offset = start
        // Most strings are short.
        if offset <= count &- 8 {
            let marks = unsafe RawSpan.marks(word(unchecked: offset)) & 0x8080_8080_8080_8080
            if marks != 0 { return offset &+ marks.trailingZeroBitCount &>> 3 }
            offset &+= 8
        }
        // Most bytes are in long ones: four words at a time. Which of the words ended it is looked for below.
        while offset <= count &- 32 {
            let marks =
                unsafe RawSpan.marks(word(unchecked: offset)) | RawSpan.marks(word(unchecked: offset &+ 8))
                | RawSpan.marks(word(unchecked: offset &+ 16)) | RawSpan.marks(word(unchecked: offset &+ 24))
            if marks & 0x8080_8080_8080_8080 != 0 { break }
            offset &+= 32
        }
        while offset <= count &- 8 {
            let marks = unsafe RawSpan.marks(word(unchecked: offset)) & 0x8080_8080_8080_8080
            if marks != 0 { return offset &+ marks.trailingZeroBitCount &>> 3 }
            offset &+= 8
        }
        while offset < count {
            let byte = unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
            if byte < 0x20 || byte == 0x22 || byte == 0x5C || byte >= 0x80 { return offset }
            offset &+= 1
        }
        return offset
    }

    /// Marks the bytes that end plain JSON text with their top bits.
    ///
    /// Flipping bit 1 sorts the quote (0x22) right behind the control characters and the space (0x20) behind the quote, so that one subtraction
    /// finds both. Below a byte with the high bit, which is a mark of its own, a borrow marks a byte wrongly only above one that is marked
    /// rightly; the lowest mark counts.
    @inlinable @inline(__always)
    static func marks(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        return ((word ^ ones &* 0x02) &- ones &* 0x21) | ((word ^ ones &* 0x5C) &- ones) | word
    }

    @inlinable @inline(__always) @unsafe
    func word(unchecked offset: Int) -> UInt64 {
        unsafe UInt64(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }
}
