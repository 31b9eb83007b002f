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
        var watch = NoNameWatch()
        return firstValue(in: bytes, watch: &watch)
    }

    /// The first value of a text, whose names somebody wants to know.
    @inline(__always)
    static func firstValue(in bytes: RawSpan, watch: inout some JSONNameWatch) -> JSONExtent? {
        var scanner = JSONScanner(bytes)
        scanner.skipSpace()
        let start = scanner.position
        guard scanner.skipValue(depth: 0, watch: &watch) else { return nil }
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
    package mutating func skipSpace() { position = JSONScanner.endOfSpace(bytes, position) }

    /// Moves over a byte if it is the next one.
    @inline(__always)
    package mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.byteCount, bytes[position] == byte else { return false }
        position &+= 1
        return true
    }

    /// Moves over white space and one value. `depth` counts the arrays and objects around it. False, at the offending byte, where there is none.
    package mutating func skipValue(depth: Int = 0) -> Bool {
        var watch = NoNameWatch()
        return skipValue(depth: depth, watch: &watch)
    }

    /// Moves over a value whose names somebody wants to know.
    @inline(__always)
    mutating func skipValue(depth: Int, watch: inout some JSONNameWatch) -> Bool {
        var marks = JSONStringMarks()
        let end = JSONScanner.endOfValue(bytes, position, depth: depth, &marks, &watch)
        if marks.needsRepair { needsRepair = true }
        position = end < 0 ? ~end : end
        return end >= 0
    }

    /// Moves over a string with its quotes; tells whether it holds an escape. `nil`, at the offending byte, where there is none.
    @inline(__always)
    package mutating func skipString() -> Bool? {
        guard take(0x22) else { return nil }
        var marks = JSONStringMarks()
        let end = JSONScanner.endOfString(bytes, position, &marks)
        if marks.needsRepair { needsRepair = true }
        position = end < 0 ? ~end : end
        return end < 0 ? nil : marks.hasEscape
    }
}

extension JSONScanner {
    /// The next member where it is written as machines write most: no space, no escape, a text as its value. It stays where it is otherwise.
    @inline(__always)
    mutating func plainMember(isFirst: Bool) -> JSONMemberRange? {
        var position = self.position
        if !isFirst {
            guard bytes.byteOrZero(at: position) == 0x2C else { return nil }
            position &+= 1
        }
        guard bytes.byteOrZero(at: position) == 0x22 else { return nil }
        let name = position &+ 1
        let nameEnd = bytes.endOfPlainJSON(from: name)
        guard nameEnd &+ 4 <= bytes.byteCount, bytes.loadUInt32(at: nameEnd) & 0xFF_FFFF == 0x22_3A22 else {
            return nil
        }
        let value = nameEnd &+ 2
        let valueEnd = bytes.endOfPlainJSON(from: value &+ 1)
        guard bytes.byteOrZero(at: valueEnd) == 0x22 else { return nil }
        self.position = valueEnd &+ 1
        return JSONMemberRange(name: name..<nameEnd, isEscaped: false, value: value..<valueEnd &+ 1)
    }
}

/// What was seen in strings.
struct JSONStringMarks {
    var needsRepair = false
    var hasEscape = false
}

// The functions below keep the position in a register instead of in the scanner. They return the offset behind what they went over, or the
// complement (a negative number) of the offset at which the text is wrong.
extension JSONScanner {
    @inline(__always)
    private static func endOfSpace(_ bytes: RawSpan, _ start: Int) -> Int {
        var position = start
        while true {
            let byte = bytes.byteOrZero(at: position)
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return position }
            position &+= 1
        }
    }

    fileprivate static func endOfValue(
        _ bytes: RawSpan, _ start: Int, depth outer: Int, _ marks: inout JSONStringMarks,
        _ watcher: inout some JSONNameWatch
    ) -> Int {
        var position = start
        var depth = outer
        // Here it lies in registers.
        var watch = watcher
        defer { watcher = watch }
        var inObject = false
        var surroundings = NestingBits()
        values: while true {
            position = endOfSpace(bytes, position)
            let byte = bytes.byteOrZero(at: position)
            switch byte {
            case 0x22:
                position = endOfString(bytes, position &+ 1, &marks)
            case 0x7B, 0x5B:
                guard depth < maximumDepth else { return ~position }
                surroundings[depth] = inObject
                position = endOfSpace(bytes, position &+ 1)
                if bytes.byteOrZero(at: position) == byte &+ 2 {
                    position &+= 1
                    break
                }
                depth &+= 1
                inObject = byte == 0x7B
                if inObject {
                    watch.objectBegan()
                    position = endOfName(bytes, position, &marks, &watch)
                    guard position >= 0 else { return position }
                }
                continue values
            case 0x2D, 0x30...0x39:
                position = endOfNumber(bytes, position)
            default:
                position = endOfWord(bytes, position, byte)
            }
            guard position >= 0 else { return position }
            while depth > outer {
                position = endOfSpace(bytes, position)
                let next = bytes.byteOrZero(at: position)
                if next == 0x2C {
                    position &+= 1
                    if inObject {
                        position = endOfName(bytes, endOfSpace(bytes, position), &marks, &watch)
                        guard position >= 0 else { return position }
                    }
                    continue values
                }
                guard next == (inObject ? 0x7D : 0x5D) else { return ~position }
                position &+= 1
                depth &-= 1
                if inObject { watch.objectEnded() }
                inObject = surroundings[depth]
            }
            return position
        }
    }

    /// Over a name and its colon.
    @inline(__always)
    private static func endOfName(
        _ bytes: RawSpan, _ start: Int, _ marks: inout JSONStringMarks, _ watch: inout some JSONNameWatch
    ) -> Int {
        guard bytes.byteOrZero(at: start) == 0x22 else { return ~start }
        var position = bytes.endOfPlainJSON(from: start &+ 1)
        if bytes.byteOrZero(at: position) == 0x22 {
            watch.named(bytes, start &+ 1..<position)
            position &+= 1
        } else {
            position = endOfOddName(bytes, start, position, &marks, &watch)
            guard position >= 0 else { return position }
        }
        position = endOfSpace(bytes, position)
        return bytes.byteOrZero(at: position) == 0x3A ? position &+ 1 : ~position
    }

    /// Over the rest of a name with an escape or a character beyond ASCII.
    private static func endOfOddName(
        _ bytes: RawSpan, _ start: Int, _ position: Int, _ marks: inout JSONStringMarks,
        _ watch: inout some JSONNameWatch
    ) -> Int {
        var own = JSONStringMarks()
        let end = endOfString(bytes, position, &own)
        guard end >= 0 else { return end }
        if own.needsRepair { marks.needsRepair = true }
        if own.hasEscape {
            marks.hasEscape = true
            watch.namedWithEscape(bytes, start &+ 1..<end &- 1)
        } else {
            watch.named(bytes, start &+ 1..<end &- 1)
        }
        return end
    }

    /// Over the rest of a string whose opening quote lies before the start.
    @inline(__always)
    fileprivate static func endOfString(_ bytes: RawSpan, _ start: Int, _ marks: inout JSONStringMarks) -> Int {
        var position = start
        while true {
            position = bytes.endOfPlainJSON(from: position)
            if bytes.byteOrZero(at: position) == 0x22 { return position &+ 1 }
            position = endOfSpecial(bytes, position, &marks)
            guard position >= 0 else { return position }
        }
    }

    /// Over an escape or a character beyond ASCII.
    @inline(never)
    private static func endOfSpecial(_ bytes: RawSpan, _ position: Int, _ marks: inout JSONStringMarks) -> Int {
        let byte = bytes.byteOrZero(at: position)
        if byte >= 0x80 {
            let length = UTF8Text.sequenceLength(bytes, at: position)
            if length == 0 { marks.needsRepair = true }
            return position &+ max(length, 1)
        }
        guard byte == 0x5C else { return ~position }
        marks.hasEscape = true
        switch bytes.byteOrZero(at: position &+ 1) {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: return position &+ 2
        case 0x75: break
        default: return ~position
        }
        guard let unit = JSONText.codeUnit(bytes, at: position) else { return ~position }
        guard unit & 0xF800 == 0xD800 else { return position &+ 6 }
        guard unit < 0xDC00, let low = JSONText.codeUnit(bytes, at: position &+ 6), low & 0xFC00 == 0xDC00 else {
            marks.needsRepair = true
            return position &+ 6
        }
        return position &+ 12
    }

    /// Over `true`, `false` or `null`.
    @inline(__always)
    private static func endOfWord(_ bytes: RawSpan, _ start: Int, _ byte: UInt8) -> Int {
        guard start &+ 4 <= bytes.byteCount else { return ~start }
        switch bytes.loadUInt32(at: start) {
        case 0x6575_7274, 0x6C6C_756E: return start &+ 4
        case 0x736C_6166: return bytes.byteOrZero(at: start &+ 4) == 0x65 ? start &+ 5 : ~start
        default: return ~start
        }
    }

    @inline(__always)
    private static func endOfNumber(_ bytes: RawSpan, _ start: Int) -> Int {
        var position = start
        if bytes.byteOrZero(at: position) == 0x2D { position &+= 1 }
        if bytes.byteOrZero(at: position) == 0x30 {
            position &+= 1
        } else {
            position = endOfDigits(bytes, position)
        }
        if position >= 0, bytes.byteOrZero(at: position) == 0x2E { position = endOfDigits(bytes, position &+ 1) }
        if position >= 0, bytes.byteOrZero(at: position) | 0x20 == 0x65 {
            let sign = bytes.byteOrZero(at: position &+ 1)
            position = endOfDigits(bytes, position &+ (sign == 0x2B || sign == 0x2D ? 2 : 1))
        }
        return position
    }

    @inline(__always)
    private static func endOfDigits(_ bytes: RawSpan, _ start: Int) -> Int {
        var position = start
        while ASCII.isDigit(bytes.byteOrZero(at: position)) { position &+= 1 }
        return position > start ? position : ~position
    }
}

/// One bit per level of nesting: whether what is around it is an object.
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
