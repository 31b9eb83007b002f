/// Validation and repair of UTF-8 as Go does it: a byte that begins no valid sequence counts alone.
@usableFromInline package enum UTF8Text {
    /// The replacement character U+FFFD.
    @usableFromInline package static let replacement: StaticString = "\u{FFFD}"

    /// The offset of the first byte at or after `start` that is not ASCII; the span's length where there is none.
    @inlinable
    package static func firstNonASCII(_ bytes: RawSpan, from start: Int = 0) -> Int {
        var offset = start
        while offset &+ 8 <= bytes.byteCount {
            let high = bytes.loadUInt64(at: offset) & 0x8080_8080_8080_8080
            if high != 0 { return offset &+ high.trailingZeroBitCount / 8 }
            offset &+= 8
        }
        while offset < bytes.byteCount, bytes[offset] < 0x80 { offset &+= 1 }
        return offset
    }

    /// The length of the valid sequence that begins at an offset, 1 to 4; 0 where the bytes there are not UTF-8.
    @inlinable
    package static func sequenceLength(_ bytes: RawSpan, at offset: Int) -> Int {
        let first = bytes[offset]
        if first < 0x80 { return 1 }
        let left = bytes.byteCount &- offset
        guard first >= 0xC2, first <= 0xF4, left >= 2 else { return 0 }
        let second = bytes[offset &+ 1]
        if first < 0xE0 { return second & 0xC0 == 0x80 ? 2 : 0 }
        guard left >= 3, bytes[offset &+ 2] & 0xC0 == 0x80 else { return 0 }
        if first < 0xF0 {
            // E0 needs a second byte from A0 (no longer form than needed), ED one up to 9F (no surrogates).
            let low: UInt8 = first == 0xE0 ? 0xA0 : 0x80
            let high: UInt8 = first == 0xED ? 0x9F : 0xBF
            return second >= low && second <= high ? 3 : 0
        }
        guard left >= 4, bytes[offset &+ 3] & 0xC0 == 0x80 else { return 0 }
        let low: UInt8 = first == 0xF0 ? 0x90 : 0x80
        let high: UInt8 = first == 0xF4 ? 0x8F : 0xBF
        return second >= low && second <= high ? 4 : 0
    }

    /// The offset of the first byte that is not part of valid UTF-8; `nil` where all are.
    @inlinable
    package static func firstInvalid(_ bytes: RawSpan) -> Int? {
        var offset = 0
        while true {
            offset = firstNonASCII(bytes, from: offset)
            while offset < bytes.byteCount, bytes[offset] >= 0x80 {
                let length = sequenceLength(bytes, at: offset)
                if length == 0 { return offset }
                offset &+= length
            }
            if offset >= bytes.byteCount { return nil }
        }
    }

    /// The bytes with each one that is not part of valid UTF-8 replaced by U+FFFD.
    @usableFromInline package static func repaired(_ bytes: RawSpan) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.byteCount + 16)
        var offset = 0
        while offset < bytes.byteCount {
            let plain = firstNonASCII(bytes, from: offset)
            result.append(bytes.extracting(offset..<plain))
            offset = plain
            guard offset < bytes.byteCount else { break }
            let length = sequenceLength(bytes, at: offset)
            if length == 0 {
                result.append(utf8: replacement)
                offset += 1
            } else {
                result.append(bytes.extracting(offset..<offset + length))
                offset += length
            }
        }
        return result
    }
}

extension String {
    /// The text that the bytes spell in UTF-8; `nil` where they are not valid UTF-8.
    @inlinable
    package init?(utf8Checked bytes: RawSpan) {
        guard UTF8Text.firstInvalid(bytes) == nil else { return nil }
        self = unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// The text that the bytes spell, each byte that is not part of valid UTF-8 replaced by U+FFFD.
    @inlinable
    package init(utf8Repaired bytes: RawSpan) {
        if let text = String(utf8Checked: bytes) {
            self = text
        } else {
            self = String(decoding: UTF8Text.repaired(bytes), as: UTF8.self)
        }
    }
}
