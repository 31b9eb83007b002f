internal import Bytes

/// What the fields of a head say about the message's framing and its connection; gathered while the head is parsed.
struct HTTPFramingFields: Equatable {
    /// `Content-Length`, once and well-formed.
    var contentLength: Int?
    /// `Transfer-Encoding: chunked`, once and exactly.
    var isChunked = false
    /// `Host` came.
    var hasHost = false
    /// `Connection` has the option `close`.
    var asksToClose = false
    /// `Connection` has the option `keep-alive`.
    var asksToKeepAlive = false
    /// `Expect: 100-continue`.
    var expectsContinue = false

    /// Looks at one field. Only lengths of names that matter are compared.
    @inline(__always)
    mutating func observe(_ head: RawSpan, _ field: HTTPFieldRange, isRequest: Bool) throws(HTTPParseError) {
        switch field.nameEnd &- field.nameStart {
        case 4, 6, 10, 14, 17: try observeKnown(head, field, isRequest: isRequest)
        default: return
        }
    }

    @inline(never)
    private mutating func observeKnown(
        _ head: RawSpan, _ field: HTTPFieldRange, isRequest: Bool
    ) throws(HTTPParseError) {
        let name = head.extracting(field.name)
        let value = head.extracting(field.value)
        switch name.byteCount {
        case 4 where isRequest && ASCII.equalIgnoringCase(name, "host"):
            guard !hasHost else { throw .repeatedHost }
            guard HTTPHost.isValid(value) else { throw .malformedHost }
            hasHost = true
        case 6 where isRequest && ASCII.equalIgnoringCase(name, "expect"):
            guard ASCII.equalIgnoringCase(value, "100-continue") else { throw .unsupportedExpectation }
            expectsContinue = true
        case 10 where ASCII.equalIgnoringCase(name, "connection"):
            readConnection(value)
        case 14 where ASCII.equalIgnoringCase(name, "content-length"):
            guard contentLength == nil else { throw .repeatedContentLength }
            contentLength = try HTTPFramingFields.length(value)
        case 17 where ASCII.equalIgnoringCase(name, "transfer-encoding"):
            guard !isChunked, ASCII.equalIgnoringCase(value, "chunked") else { throw .unsupportedEncoding }
            isChunked = true
        default: break
        }
    }

    /// Digits only: no sign, no blank, no list (RFC 9112, 6.3, where recovering is optional).
    static func length(_ value: RawSpan) throws(HTTPParseError) -> Int {
        guard value.byteCount > 0, value.byteCount <= 18 else { throw .malformedContentLength }
        var length = 0
        for offset in 0..<value.byteCount {
            guard ASCII.isDigit(value[offset]) else { throw .malformedContentLength }
            length = length &* 10 &+ Int(value[offset] &- 0x30)
        }
        return length
    }

    /// The options of a list, without case (RFC 9110, 7.6.1).
    private mutating func readConnection(_ value: RawSpan) {
        var start = 0
        while start <= value.byteCount {
            let end = value.firstIndex(of: 0x2C, from: start) ?? value.byteCount
            let option = value.extracting(HTTPBlanks.trimmed(value, start..<end))
            if ASCII.equalIgnoringCase(option, "close") { asksToClose = true }
            if ASCII.equalIgnoringCase(option, "keep-alive") { asksToKeepAlive = true }
            start = end + 1
        }
    }
}

/// Spaces and tabs around values (RFC 9110, 5.6.3).
enum HTTPBlanks {
    /// Whether a byte is a space or a tab.
    @inline(__always)
    static func contains(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// The range without the blanks at both ends.
    static func trimmed(_ bytes: RawSpan, _ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, contains(bytes[start]) { start += 1 }
        while end > start, contains(bytes[end - 1]) { end -= 1 }
        return start..<end
    }
}
