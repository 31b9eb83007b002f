internal import Bytes

/// Searches of a head's parser, 8 bytes at a time. Each returns the offset of the first byte that ends the search, or `end`.
///
/// The tricks are exact for the lowest byte that they mark, which is the only one that is used: a borrow or carry reaches higher bytes only.
extension RawSpan {
    private static var ones: UInt64 { 0x0101_0101_0101_0101 }
    private static var tops: UInt64 { 0x8080_8080_8080_8080 }

    /// The first control byte (below 0x20, or 0x7F): what ends a field's value or a reason.
    @inline(__always)
    func endOfText(from start: Int, to end: Int) -> Int { endOfRun(from: start, to: end, below: 0x20) }

    /// The first control byte or space: what ends a target.
    @inline(__always)
    func endOfTarget(from start: Int, to end: Int) -> Int { endOfRun(from: start, to: end, below: 0x21) }

    @inline(__always)
    private func endOfRun(from start: Int, to end: Int, below bound: UInt64) -> Int {
        var offset = start
        while offset &+ 8 <= end {
            let word = loadUInt64(at: offset)
            let low = (word &- RawSpan.ones &* bound) & ~word
            let delete = word ^ RawSpan.ones &* 0x7F
            let marks = (low | ((delete &- RawSpan.ones) & ~delete)) & RawSpan.tops
            if marks != 0 { return offset &+ marks.trailingZeroBitCount / 8 }
            offset &+= 8
        }
        while offset < end {
            let byte = self[offset]
            if byte < UInt8(truncatingIfNeeded: bound) || byte == 0x7F { return offset }
            offset &+= 1
        }
        return end
    }

    /// The first byte that belongs to no token (RFC 9110, 5.6.2): what ends a method or a field's name.
    @inline(__always)
    func endOfToken(from start: Int, to end: Int) -> Int {
        var offset = start
        while offset < end {
            if offset &+ 8 <= end {
                let others = ~RawSpan.lettersDigitsDashes(loadUInt64(at: offset)) & RawSpan.tops
                if others == 0 {
                    offset &+= 8
                    continue
                }
                offset &+= others.trailingZeroBitCount / 8
            }
            guard HTTPToken.contains(self[offset]) else { return offset }
            offset &+= 1
        }
        return end
    }

    /// The top bit of each byte that is an ASCII letter, a digit or a dash, which nearly all bytes of names are.
    @inline(__always)
    private static func lettersDigitsDashes(_ word: UInt64) -> UInt64 {
        let plain = word & ~tops
        let folded = plain | ones &* 0x20
        let letters = (folded &+ ones &* (0x80 - 0x61)) & ~(folded &+ ones &* (0x80 - 0x7B))
        let digits = (plain &+ ones &* (0x80 - 0x30)) & ~(plain &+ ones &* (0x80 - 0x3A))
        let dashes = ~((plain ^ ones &* 0x2D) &+ ones &* 0x7F)
        return (letters | digits | dashes) & ~word
    }
}

/// The bytes of a token (RFC 9110, 5.6.2).
enum HTTPToken {
    // One bit a byte: 0x00-0x3F and 0x40-0x7F.
    private static var low: UInt64 { 0x03FF_6CFA_0000_0000 }
    private static var high: UInt64 { 0x57FF_FFFF_C7FF_FFFE }

    /// Whether a byte belongs to tokens.
    @inline(__always)
    static func contains(_ byte: UInt8) -> Bool {
        byte < 0x80 && (byte < 0x40 ? low : high) &>> UInt64(byte & 63) & 1 != 0
    }

    /// Whether bytes are a token: one byte at least, all of them of tokens.
    static func isToken(_ bytes: RawSpan) -> Bool {
        bytes.byteCount > 0 && bytes.endOfToken(from: 0, to: bytes.byteCount) == bytes.byteCount
    }
}
