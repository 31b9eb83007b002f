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
        /// A body that is too long, so many bytes of which are still to be thrown away.
        case excess(Int)
    }

    /// How much longer than its bound a body may be to be read to its end and thrown away, which saves its connection; as in Go's net/http.
    private static let excessBytes = 256 << 10

    private let limits: HTTPLimits
    private var phase = Phase.head
    private var buffer: HTTPHeadBuffer
    private var bodyReader: HTTPBodyReader?
    private var finishedBody: [UInt8] = []

    /// The head of the request that is being read, or was read last.
    package private(set) var head: HTTPRequestHead?

    /// A reader of a new connection.
    package init(limits: HTTPLimits) {
        self.limits = limits
        buffer = HTTPHeadBuffer(isRequest: true, limits: limits)
    }

    /// Whether it stands between two requests, with no byte of the next one.
    package var isIdle: Bool { !isInBody && buffer.isEmpty }

    /// Whether a head is complete and its body is not.
    package var isInBody: Bool {
        if case .head = phase { return false }
        return true
    }

    /// Whether the body of the request that is complete was too long and was thrown away.
    package private(set) var isBodyTooLarge = false

    /// How much of the body came so far.
    package var bodyBytes: Int { bodyReader?.body.count ?? 0 }

    /// Reads on from an offset, which it moves. `bodyTooLarge` comes after the step `head`, where a body is not worth reading; any error ends the connection.
    package mutating func next(_ bytes: RawSpan, from offset: inout Int) throws(HTTPParseError) -> Step {
        switch phase {
        case .head:
            guard offset < bytes.byteCount, let headBytes = try buffer.read(bytes, from: &offset) else {
                return .needsMore
            }
            guard let head = HTTPRequestHead(&buffer.parser, bytes: headBytes) else { throw .malformedTarget }
            self.head = head
            buffer.reset()
            isBodyTooLarge = false
            phase = excess(of: head).map { .excess($0) } ?? .body
            return .head
        case .body:
            return try readBody(bytes, from: &offset)
        case .excess(let missing):
            let run = min(missing, bytes.byteCount - offset)
            offset += run
            phase = .excess(missing - run)
            guard run == missing else { return .needsMore }
            isBodyTooLarge = true
            phase = .head
            return .complete
        }
    }

    /// The length of a body that is a little too long; nil for all others, and where the peer waits to be asked for it.
    private func excess(of head: HTTPRequestHead) -> Int? {
        guard case .length(let length) = head.framing, length > limits.bodyBytes, !head.expectsContinue,
            length - limits.bodyBytes <= HTTPRequestReader.excessBytes
        else { return nil }
        return length
    }

    /// Takes the body of the request that is complete.
    package mutating func takeBody() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &finishedBody)
        return taken
    }

    private mutating func readBody(_ bytes: RawSpan, from offset: inout Int) throws(HTTPParseError) -> Step {
        if head?.framing == .length(0) {
            phase = .head
            return .complete
        }
        if bodyReader == nil { bodyReader = try HTTPBodyReader(head?.framing ?? .length(0), limits: limits) }
        try bodyReader?.read(bytes, from: &offset)
        guard bodyReader?.isDone == true else { return .needsMore }
        finishedBody = bodyReader?.takeBody() ?? []
        bodyReader = nil
        phase = .head
        return .complete
    }
}
