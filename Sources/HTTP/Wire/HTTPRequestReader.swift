internal import Bytes

/// The reader of the requests of one connection: bytes in, heads and bodies out, one request after the other.
///
/// Pure: a table or a fuzzer feeds it as a connection does. After an error it is not used any more.
package struct HTTPRequestReader {
    /// What a call found.
    package enum Step: Sendable, Equatable {
        /// All bytes are used up, and the request is not complete.
        case needsMore
        /// The head is there: `head` is set. The body comes next, perhaps from the same bytes.
        case head
        /// The request is complete: `takeBody()` has the body, and the next call begins the next request.
        case complete
    }

    private enum Phase {
        case head
        case body
    }

    private let limits: HTTPLimits
    private var phase = Phase.head
    private var buffer: HTTPHeadBuffer
    private var bodyReader: HTTPBodyReader?
    private var finishedBody: [UInt8] = []

    /// The head of the request that is being read, or was read last.
    package private(set) var head: HTTPRequestHead?

    /// Whether the request that is complete has a body beyond its bound, which was dropped.
    package private(set) var isBodyTooLarge = false

    /// A reader of a new connection.
    package init(limits: HTTPLimits) {
        self.limits = limits
        buffer = HTTPHeadBuffer(isRequest: true, limits: limits)
    }

    /// Whether it stands between two requests, with no byte of the next one.
    package var isIdle: Bool { phase == .head && buffer.isEmpty }

    /// Whether a head is complete and its body is not.
    package var isInBody: Bool { phase == .body }

    /// How much of the body came so far.
    package var bodyBytes: Int { bodyReader?.body.count ?? 0 }

    /// Reads on from an offset, which it moves. `bodyTooLarge` comes after the step `head`; any error ends the connection.
    package mutating func next(_ bytes: RawSpan, from offset: inout Int) throws(HTTPParseError) -> Step {
        switch phase {
        case .head:
            guard offset < bytes.byteCount else { return .needsMore }
            if buffer.isEmpty, let again = head?.again(in: bytes, at: &offset) {
                head = again
            } else {
                guard let headBytes = try buffer.read(bytes, from: &offset) else { return .needsMore }
                guard let head = HTTPRequestHead(&buffer.parser, bytes: headBytes) else { throw .malformedTarget }
                self.head = head
                buffer.reset()
            }
            phase = .body
            return .head
        case .body:
            return try readBody(bytes, from: &offset)
        }
    }

    /// Has the body that comes next use the room of one that nobody reads any more. Right after the step `head`.
    mutating func reuse(_ body: inout [UInt8]) {
        swap(&finishedBody, &body)
        finishedBody.removeAll(keepingCapacity: true)
    }

    /// Takes the body of the request that is complete.
    package mutating func takeBody() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &finishedBody)
        return taken
    }

    private mutating func readBody(_ bytes: RawSpan, from offset: inout Int) throws(HTTPParseError) -> Step {
        if bodyReader == nil {
            if case .length(let length) = head?.framing, length <= min(bytes.byteCount &- offset, limits.bodyBytes) {
                // The usual body: all of it is there.
                if length > 0 { finishedBody.append(bytes.extracting(offset..<offset &+ length)) }
                offset &+= length
                isBodyTooLarge = false
                phase = .head
                return .complete
            }
            var limits = limits
            // Who asks before it sends is told before it sends.
            if head?.expectsContinue == true { limits.discardedBytes = 0 }
            bodyReader = try HTTPBodyReader(head?.framing ?? .length(0), limits: limits)
        }
        try bodyReader?.read(bytes, from: &offset)
        guard bodyReader?.isDone == true else { return .needsMore }
        isBodyTooLarge = bodyReader?.isTooLarge ?? false
        finishedBody = bodyReader?.takeBody() ?? []
        bodyReader = nil
        phase = .head
        return .complete
    }
}
