internal import Bytes

/// The parser of one head, request or response: bytes in, offsets out.
///
/// Pure and resumable: `parse` is called with the head's bytes from its first one on, each time with more of them, and goes on where it
/// stopped, so that a head that comes byte by byte costs no more than one that comes whole. What is refused, and with which error, does not
/// depend on how the bytes were cut.
struct HTTPHeadParser {
    private enum Phase {
        case leading, leadingLineFeed
        case method, target
        case version
        case statusCode, reason
        case startLineFeed
        case fieldStart, fieldName, fieldGap, fieldValue, fieldLineFeed
        case lastLineFeed
    }

    /// Room for fields that is made at once.
    private static let usualFields = 16

    let isRequest: Bool
    let limits: HTTPLimits
    private var phase: Phase
    /// The next byte to look at.
    private var position = 0
    /// Where the part that is being read began.
    private var mark = 0
    private var nameEnd = 0

    private(set) var ranges: [HTTPFieldRange] = []
    private(set) var framing = HTTPFramingFields()
    private(set) var method = HTTPMethod.other
    private(set) var methodRange = 0..<0
    private(set) var target: HTTPTarget?
    private(set) var isVersion10 = false
    private(set) var status = 0

    /// A parser of the next head. A request may have one empty line before it (RFC 9112, 2.2).
    init(isRequest: Bool, limits: HTTPLimits) {
        self.isRequest = isRequest
        self.limits = limits
        phase = isRequest ? .leading : .version
    }

    /// Whether no byte was looked at yet.
    var isFresh: Bool { position == 0 }

    /// Takes the fields out; the parser is done.
    mutating func takeRanges() -> [HTTPFieldRange] {
        var taken: [HTTPFieldRange] = []
        swap(&taken, &ranges)
        return taken
    }

    /// Makes it ready for the next head.
    mutating func reset() {
        phase = isRequest ? .leading : .version
        position = 0
        mark = 0
        if !ranges.isEmpty { ranges = [] }
        framing = HTTPFramingFields()
        target = nil
        status = 0
    }

    /// Goes on with the head; `bytes` begins with its first byte. Returns the head's length once all of it is there, `nil` where it is not.
    mutating func parse(_ bytes: RawSpan) throws(HTTPParseError) -> Int? {
        let end = min(bytes.byteCount, limits.headBytes)
        while position < end {
            switch phase {
            case .fieldStart:
                try readWholeFields(bytes, end)
                let byte = bytes[position]
                if byte == 0x0D {
                    position &+= 1
                    phase = .lastLineFeed
                } else {
                    guard !HTTPBlanks.contains(byte) else { throw .foldedField }
                    mark = position
                    phase = .fieldName
                }
            case .fieldName: try readFieldName(bytes, end)
            case .fieldGap:
                while position < end, HTTPBlanks.contains(bytes[position]) { position &+= 1 }
                mark = position
                if position < end { phase = .fieldValue }
            case .fieldValue: try readFieldValue(bytes, end)
            case .fieldLineFeed:
                try readLineFeed(bytes)
                phase = .fieldStart
            case .lastLineFeed:
                try readLineFeed(bytes)
                try finish()
                return position
            default: try readStartLine(bytes, end)
            }
        }
        if position >= limits.headBytes { throw .headTooLarge }
        return nil
    }

    /// The straight way through fields that are there to their last byte. It stops before anything else, a field that is not, or is wrong,
    /// included: the phases take that on from the start of its line.
    @inline(__always)
    private mutating func readWholeFields(_ bytes: RawSpan, _ end: Int) throws(HTTPParseError) {
        if ranges.isEmpty { ranges.reserveCapacity(HTTPHeadParser.usualFields) }
        // A field's name takes two bytes at least, its end two, and the head's end follows.
        while position &+ 4 < end, ranges.count < limits.fields {
            let start = position
            let nameEnd = bytes.endOfToken(from: start, to: end)
            guard nameEnd > start, nameEnd < end, bytes[nameEnd] == 0x3A else { return }
            var valueStart = nameEnd &+ 1
            while valueStart < end, HTTPBlanks.contains(bytes[valueStart]) { valueStart &+= 1 }
            var lineEnd = bytes.endOfText(from: valueStart, to: end)
            while lineEnd < end, bytes[lineEnd] == 0x09 { lineEnd = bytes.endOfText(from: lineEnd &+ 1, to: end) }
            // The byte after the line's end is looked at too: the next line's start is in the bytes.
            guard lineEnd &+ 2 < end, bytes[lineEnd] == 0x0D, bytes[lineEnd &+ 1] == 0x0A else { return }
            var valueEnd = lineEnd
            while valueEnd > valueStart, HTTPBlanks.contains(bytes[valueEnd &- 1]) { valueEnd &-= 1 }
            let field = HTTPFieldRange(
                nameStart: UInt32(truncatingIfNeeded: start), nameEnd: UInt32(truncatingIfNeeded: nameEnd),
                valueStart: UInt32(truncatingIfNeeded: valueStart), valueEnd: UInt32(truncatingIfNeeded: valueEnd))
            try framing.observe(bytes, field, isRequest: isRequest)
            ranges.append(field)
            position = lineEnd &+ 2
        }
    }

    @inline(__always)
    private mutating func readFieldName(_ bytes: RawSpan, _ end: Int) throws(HTTPParseError) {
        position = bytes.endOfToken(from: position, to: end)
        guard position < end else { return }
        guard bytes[position] == 0x3A, position > mark else {
            throw bytes[position] == 0x0A ? .malformedLineEnd : .malformedFieldName
        }
        guard ranges.count < limits.fields else { throw .tooManyFields }
        nameEnd = position
        ranges.append(
            HTTPFieldRange(
                nameStart: UInt32(truncatingIfNeeded: mark), nameEnd: UInt32(truncatingIfNeeded: position),
                valueStart: 0, valueEnd: 0))
        position &+= 1
        phase = .fieldGap
    }

    @inline(__always)
    private mutating func readFieldValue(_ bytes: RawSpan, _ end: Int) throws(HTTPParseError) {
        position = bytes.endOfText(from: position, to: end)
        guard position < end else { return }
        let byte = bytes[position]
        if byte == 0x09 {
            position &+= 1
            return
        }
        guard byte == 0x0D else { throw byte == 0x0A ? .malformedLineEnd : .malformedFieldValue }
        var valueEnd = position
        while valueEnd > mark, HTTPBlanks.contains(bytes[valueEnd &- 1]) { valueEnd &-= 1 }
        let last = ranges.count &- 1
        ranges[last].valueStart = UInt32(truncatingIfNeeded: mark)
        ranges[last].valueEnd = UInt32(truncatingIfNeeded: valueEnd)
        try framing.observe(bytes, ranges[last], isRequest: isRequest)
        position &+= 1
        phase = .fieldLineFeed
    }

    @inline(__always)
    private mutating func readLineFeed(_ bytes: RawSpan) throws(HTTPParseError) {
        guard bytes[position] == 0x0A else { throw .malformedLineEnd }
        position &+= 1
    }

    // MARK: Start lines

    private mutating func readStartLine(_ bytes: RawSpan, _ end: Int) throws(HTTPParseError) {
        switch phase {
        case .leading:
            if bytes[position] == 0x0D {
                position &+= 1
                phase = .leadingLineFeed
            } else {
                phase = .method
            }
        case .leadingLineFeed:
            try readLineFeed(bytes)
            mark = position
            phase = .method
        case .method: try readMethod(bytes, end)
        case .target: try readTarget(bytes, end)
        case .version: try readVersion(bytes, end)
        case .statusCode: try readStatus(bytes, end)
        case .reason: try readReason(bytes, end)
        default:
            try readLineFeed(bytes)
            phase = .fieldStart
        }
    }

    private mutating func readMethod(_ bytes: RawSpan, _ end: Int) throws(HTTPParseError) {
        position = bytes.endOfToken(from: position, to: end)
        guard position < end else { return }
        guard bytes[position] == 0x20, position > mark else { throw .malformedMethod }
        methodRange = mark..<position
        method = HTTPMethod(bytes.extracting(methodRange))
        position &+= 1
        mark = position
        phase = .target
    }

    private mutating func readTarget(_ bytes: RawSpan, _ end: Int) throws(HTTPParseError) {
        position = bytes.endOfTarget(from: position, to: end)
        guard position < end else { return }
        switch bytes[position] {
        case 0x20: break
        // A line that ends here is of HTTP/0.9.
        case 0x0D, 0x0A: throw .malformedVersion
        default: throw .malformedTarget
        }
        target = try HTTPTarget(bytes, mark..<position)
        position &+= 1
        mark = position
        phase = .version
    }

    /// `HTTP/1.1` or `HTTP/1.0`: eight bytes, compared as one number.
    private mutating func readVersion(_ bytes: RawSpan, _ end: Int) throws(HTTPParseError) {
        guard mark &+ 9 <= end else {
            position = end
            return
        }
        switch bytes.loadUInt64(at: mark) {
        case 0x312E_312F_5054_5448: isVersion10 = false
        case 0x302E_312F_5054_5448: isVersion10 = true
        default: throw HTTPHeadParser.versionError(bytes.extracting(mark..<mark &+ 8))
        }
        let following = bytes[mark &+ 8]
        guard following == (isRequest ? 0x0D : 0x20) else { throw .malformedVersion }
        position = mark &+ 9
        mark = position
        phase = isRequest ? .startLineFeed : .statusCode
    }

    private static func versionError(_ version: RawSpan) -> HTTPParseError {
        let isOther =
            version.starts(with: "HTTP/") && ASCII.isDigit(version[5]) && version[6] == 0x2E
            && ASCII.isDigit(version[7])
        return isOther ? .unsupportedVersion : .malformedVersion
    }

    /// Three digits and what ends them. The space before an empty reason is often left out.
    private mutating func readStatus(_ bytes: RawSpan, _ end: Int) throws(HTTPParseError) {
        guard mark &+ 4 <= end else {
            position = end
            return
        }
        for offset in mark..<mark &+ 3 {
            guard ASCII.isDigit(bytes[offset]) else { throw .malformedStatus }
            status = status &* 10 &+ Int(bytes[offset] &- 0x30)
        }
        guard status >= 100 else { throw .malformedStatus }
        let following = bytes[mark &+ 3]
        guard following == 0x20 || following == 0x0D else { throw .malformedStatus }
        position = mark &+ 4
        phase = following == 0x20 ? .reason : .startLineFeed
    }

    private mutating func readReason(_ bytes: RawSpan, _ end: Int) throws(HTTPParseError) {
        position = bytes.endOfText(from: position, to: end)
        guard position < end else { return }
        switch bytes[position] {
        case 0x09: position &+= 1
        case 0x0D:
            position &+= 1
            phase = .startLineFeed
        case 0x0A: throw .malformedLineEnd
        default: throw .malformedStatus
        }
    }

    // MARK: The whole head

    private func finish() throws(HTTPParseError) {
        if isRequest, !isVersion10, !framing.hasHost { throw .missingHost }
        if framing.isChunked {
            // HTTP/1.0 knows no transfer encodings: a proxy of that age would take the chunks for the body (RFC 9112, 6.1).
            guard !isVersion10 else { throw .unsupportedEncoding }
            guard framing.contentLength == nil else { throw .lengthAndEncoding }
        }
    }
}
