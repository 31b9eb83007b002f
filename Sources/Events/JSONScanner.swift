internal import Bytes

/// Where a JSON value lies, and whether its strings need repair before others read them.
package struct JSONExtent: Sendable, Equatable {
    /// The value's bytes without white space around them.
    package var range: Range<Int>
    /// Whether a string holds bytes that are not UTF-8 or escapes of half a surrogate pair: Go reads those as U+FFFD, see `JSONRepair`.
    package var needsRepair: Bool
}

/// A strict scanner of JSON (RFC 8259) over bytes: no allocation, no recursion, eight bytes at a time inside strings.
///
/// It accepts what Go's `encoding/json` accepts, with one difference: nesting is bounded by `maximumDepth` instead of 10,000.
package struct JSONScanner: ~Escapable {
    /// How deep arrays and objects may be nested; what is deeper is not JSON to us.
    package static let maximumDepth = 512

    @usableFromInline let bytes: RawSpan
    /// The offset of the next byte to read.
    package var position: Int
    /// Whether a string so far needs repair.
    package var needsRepair = false

    /// Starts at an offset.
    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// The first value of a text; bytes after it are not looked at, as Go's stream decoder does. `nil` where there is none.
    package static func firstValue(in bytes: RawSpan) -> JSONExtent? {
        var scanner = JSONScanner(bytes)
        scanner.skipSpace()
        let start = scanner.position
        guard scanner.skipValue() else { return nil }
        return JSONExtent(range: start..<scanner.position, needsRepair: scanner.needsRepair)
    }

    /// The only value of a text, with nothing but white space around it; `nil` for anything else.
    package static func onlyValue(in bytes: RawSpan) -> JSONExtent? {
        var scanner = JSONScanner(bytes)
        scanner.skipSpace()
        let start = scanner.position
        guard scanner.skipValue() else { return nil }
        let end = scanner.position
        scanner.skipSpace()
        guard scanner.position == bytes.byteCount else { return nil }
        return JSONExtent(range: start..<end, needsRepair: scanner.needsRepair)
    }

    /// Moves over spaces, tabs and line ends.
    @inline(__always)
    package mutating func skipSpace() {
        while position < bytes.byteCount {
            let byte = bytes[position]
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position &+= 1
        }
    }

    /// Moves over a byte if it is the next one.
    @inline(__always)
    package mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.byteCount, bytes[position] == byte else { return false }
        position &+= 1
        return true
    }

    /// Moves over white space and one value. `depth` counts the arrays and objects around it. False, at the offending byte, where there is none.
    package mutating func skipValue(depth outer: Int = 0) -> Bool {
        var isObject = NestingBits()
        var depth = outer
        while true {
            skipSpace()
            guard position < bytes.byteCount else { return false }
            let byte = bytes[position]
            switch byte {
            case 0x22:
                guard skipString() else { return false }
            case 0x7B, 0x5B:
                guard depth < JSONScanner.maximumDepth else { return false }
                isObject[depth] = byte == 0x7B
                depth &+= 1
                position &+= 1
                skipSpace()
                if take(byte &+ 2) {
                    depth &-= 1
                } else {
                    if byte == 0x7B, !skipName() { return false }
                    continue
                }
            default:
                guard skipScalar(byte) else { return false }
            }
            guard skipEnds(&depth, outer: outer, isObject) else { return false }
            if depth == outer { return true }
        }
    }

    /// After a value: closes what ends here and moves over the comma (and name) before the next value.
    @inline(__always)
    private mutating func skipEnds(_ depth: inout Int, outer: Int, _ isObject: borrowing NestingBits) -> Bool {
        while depth > outer {
            skipSpace()
            let inObject = isObject[depth &- 1]
            if take(0x2C) {
                if !inObject { return true }
                skipSpace()
                return skipName()
            }
            guard take(inObject ? 0x7D : 0x5D) else { return false }
            depth &-= 1
        }
        return true
    }

    /// Moves over a name and its colon.
    @inline(__always)
    private mutating func skipName() -> Bool {
        guard skipString() else { return false }
        skipSpace()
        return take(0x3A)
    }

    /// Moves over a string with its quotes.
    @inline(__always)
    package mutating func skipString() -> Bool {
        guard take(0x22) else { return false }
        while true {
            skipPlain()
            guard position < bytes.byteCount else { return false }
            let byte = bytes[position]
            if byte == 0x22 {
                position &+= 1
                return true
            }
            if byte == 0x5C {
                guard skipEscape() else { return false }
            } else if byte >= 0x80 {
                let length = UTF8Text.sequenceLength(bytes, at: position)
                if length == 0 { needsRepair = true }
                position &+= max(length, 1)
            } else {
                return false
            }
        }
    }

    /// Moves to the next quote, backslash, control character or byte beyond ASCII.
    @inline(__always)
    private mutating func skipPlain() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        while position &+ 8 <= bytes.byteCount {
            let word = bytes.loadUInt64(at: position)
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            // A borrow may mark a byte wrongly only above one that is marked rightly; the lowest mark counts.
            let special =
                ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) | word)
                & (ones &* 0x80)
            if special != 0 {
                position &+= special.trailingZeroBitCount &>> 3
                return
            }
            position &+= 8
        }
        while position < bytes.byteCount {
            let byte = bytes[position]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C || byte >= 0x80 { return }
            position &+= 1
        }
    }

    /// Moves over an escape; position is at the backslash.
    private mutating func skipEscape() -> Bool {
        guard position &+ 1 < bytes.byteCount else { return false }
        switch bytes[position &+ 1] {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74:
            position &+= 2
            return true
        case 0x75:
            guard let unit = JSONText.codeUnit(bytes, at: position) else { return false }
            position &+= 6
            guard unit & 0xF800 == 0xD800 else { return true }
            guard unit < 0xDC00, let low = JSONText.codeUnit(bytes, at: position), low & 0xFC00 == 0xDC00 else {
                needsRepair = true
                return true
            }
            position &+= 6
            return true
        default:
            return false
        }
    }

    /// Moves over a number, `true`, `false` or `null`.
    @inline(__always)
    private mutating func skipScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x2D, 0x30...0x39: skipNumber()
        case 0x74: skipWord("true")
        case 0x66: skipWord("false")
        case 0x6E: skipWord("null")
        default: false
        }
    }

    private mutating func skipWord(_ word: StaticString) -> Bool {
        let end = position &+ word.utf8CodeUnitCount
        guard end <= bytes.byteCount, bytes.extracting(position..<end).equals(word) else { return false }
        position = end
        return true
    }

    @inline(__always)
    private mutating func skipNumber() -> Bool {
        _ = take(0x2D)
        if !take(0x30), !skipDigits() { return false }
        if take(0x2E), !skipDigits() { return false }
        if take(0x65) || take(0x45) {
            if !take(0x2B) { _ = take(0x2D) }
            return skipDigits()
        }
        return true
    }

    @inline(__always)
    private mutating func skipDigits() -> Bool {
        let start = position
        while position < bytes.byteCount, ASCII.isDigit(bytes[position]) { position &+= 1 }
        return position > start
    }
}

/// One bit per level of nesting: whether it is an object.
private struct NestingBits {
    private var words = InlineArray<8, UInt64>(repeating: 0)

    subscript(level: Int) -> Bool {
        @inline(__always) get { words[level &>> 6] &>> UInt64(level & 63) & 1 != 0 }
        @inline(__always) set {
            let bit: UInt64 = 1 &<< UInt64(level & 63)
            if newValue { words[level &>> 6] |= bit } else { words[level &>> 6] &= ~bit }
        }
    }
}
