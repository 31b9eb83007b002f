internal import Bytes

/// A head's parser and the bytes of a head that came in pieces. A head that comes whole is copied once, when it is complete.
struct HTTPHeadBuffer {
    /// The parser; once a head is complete the results are taken from it, and it is reset.
    var parser: HTTPHeadParser
    private var partial: [UInt8] = []

    init(isRequest: Bool, limits: HTTPLimits) {
        parser = HTTPHeadParser(isRequest: isRequest, limits: limits)
    }

    /// Whether no byte of a head came yet.
    var isEmpty: Bool { parser.isFresh && partial.isEmpty }

    /// Reads on from an offset, which it moves to the head's end, and returns the head's bytes once all of them are there.
    mutating func read(_ bytes: RawSpan, from offset: inout Int) throws(HTTPParseError) -> [UInt8]? {
        if partial.isEmpty {
            let rest = bytes.extracting(offset..<bytes.byteCount)
            if let length = try parser.parse(rest) {
                offset &+= length
                return [UInt8](rest.extracting(0..<length))
            }
            partial.append(rest)
            offset = bytes.byteCount
            return nil
        }
        var head: [UInt8] = []
        swap(&head, &partial)
        let before = head.count
        let run = min(bytes.byteCount &- offset, parser.limits.headBytes - before)
        head.append(bytes.extracting(offset..<offset &+ run))
        guard let length = try parser.parse(head.rawSpan) else {
            offset &+= run
            swap(&head, &partial)
            return nil
        }
        offset &+= length - before
        head.removeSubrange(length...)
        return head
    }

    /// Begins anew.
    mutating func reset() {
        parser.reset()
        if !partial.isEmpty { partial = [] }
    }
}
