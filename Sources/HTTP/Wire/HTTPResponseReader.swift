internal import Bytes

/// The reader of the responses of one connection. Interim responses are skipped.
///
/// Pure. After an error it is not used any more.
package struct HTTPResponseReader {
    private enum Phase {
        case head
        case body
    }

    private let limits: HTTPLimits
    private var phase = Phase.head
    private var buffer: HTTPHeadBuffer
    private var bodyReader: HTTPBodyReader?
    /// Of the head, for its body.
    private var framing = HTTPBodyFraming.length(0)
    private var interims = 0
    private var toHead = false

    /// The head of the response that is being read, or was read last; nil before a final one came.
    package var head: HTTPResponseHead? { hasHead ? latest : nil }
    /// The head that came last on this connection: the next one is nearly always spelled like it.
    private var latest: HTTPResponseHead?
    private var hasHead = false
    /// The body of the response that is complete.
    package private(set) var body: [UInt8] = []

    /// Takes the body of the response that is complete.
    package mutating func takeBody() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &body)
        return taken
    }

    /// A reader of a new connection.
    package init(limits: HTTPLimits) {
        self.limits = limits
        buffer = HTTPHeadBuffer(isRequest: false, limits: limits)
    }

    /// A request was sent: its response is read next. `toHead` tells that its method was HEAD.
    package mutating func begin(toHead: Bool) {
        self.toHead = toHead
        phase = .head
        interims = 0
        if !body.isEmpty { body = [] }
        if bodyReader != nil { bodyReader = nil }
        buffer.reset()
        hasHead = false
    }

    /// Reads on from an offset, which it moves; true once the response is complete.
    package mutating func read(_ bytes: RawSpan, from offset: inout Int) throws(HTTPParseError) -> Bool {
        while true {
            switch phase {
            case .head:
                guard offset < bytes.byteCount else { return false }
                if buffer.isEmpty, let again = latest?.again(in: bytes, at: &offset) {
                    try take(again)
                    continue
                }
                guard let headBytes = try buffer.read(bytes, from: &offset) else { return false }
                let head = HTTPResponseHead(&buffer.parser, bytes: headBytes)
                buffer.reset()
                try take(head)
            case .body:
                if bodyReader == nil {
                    if case .length(let length) = framing, length <= min(bytes.byteCount &- offset, limits.bodyBytes) {
                        // The usual body: all of it is there.
                        body = length > 0 ? [UInt8](bytes.extracting(offset..<offset &+ length)) : []
                        offset &+= length
                        return true
                    }
                    bodyReader = try HTTPBodyReader(framing, limits: limits)
                }
                try bodyReader?.read(bytes, from: &offset)
                guard bodyReader?.isDone == true else { return false }
                body = bodyReader?.takeBody() ?? []
                return true
            }
        }
    }

    /// The connection ended; true where that completes the response.
    package mutating func end() -> Bool {
        guard phase == .body, bodyReader?.isCompleteAtEnd ?? (framing == .untilClose) else { return false }
        body = bodyReader?.takeBody() ?? []
        return true
    }

    private mutating func take(_ head: HTTPResponseHead) throws(HTTPParseError) {
        guard head.status >= 200 else {
            interims += 1
            guard interims <= limits.interimResponses, head.status != 101 else { throw .unexpectedInterim }
            return
        }
        framing = HTTPBodyFraming(responseWith: head.framing, status: head.status, toHead: toHead)
        latest = head
        hasHead = true
        phase = .body
    }
}
