internal import Bytes

/// The reader of one body, whatever its framing. Pure and incremental.
struct HTTPBodyReader {
    /// Room that is made for a body before any of it has come: a length that is only claimed costs no more than this.
    private static let earlyCapacity = 64 * 1024

    private let limits: HTTPLimits
    private var framing: HTTPBodyFraming
    private var chunks: HTTPChunkedDecoder
    /// What is missing of a body of known length.
    private var missing = 0

    /// What was read of the body so far.
    private(set) var body: [UInt8] = []

    /// Whether the body is longer than its bound: `body` is empty, and what still comes is dropped.
    private(set) var isTooLarge = false

    /// A reader of the next body; a length beyond the bound, and beyond what may be dropped, is refused before a byte of it came.
    init(_ framing: HTTPBodyFraming, limits: HTTPLimits) throws(HTTPParseError) {
        self.framing = framing
        self.limits = limits
        chunks = HTTPChunkedDecoder(limits: limits)
        if case .length(let length) = framing {
            isTooLarge = length > limits.bodyBytes
            guard !isTooLarge || length - limits.bodyBytes <= limits.discardedBytes else { throw .bodyTooLarge }
            missing = length
            if length > 0, !isTooLarge { body.reserveCapacity(min(length, HTTPBodyReader.earlyCapacity)) }
        }
    }

    /// Whether the body is complete. One that lasts until the connection ends never is.
    var isDone: Bool {
        switch framing {
        case .length: missing == 0
        case .chunked: chunks.isDone
        case .untilClose: false
        }
    }

    /// Reads on from an offset, which it moves.
    mutating func read(_ bytes: RawSpan, from offset: inout Int) throws(HTTPParseError) {
        switch framing {
        case .length:
            let run = min(missing, bytes.byteCount &- offset)
            guard run > 0 else { return }
            if !isTooLarge { body.append(bytes.extracting(offset..<offset &+ run)) }
            offset &+= run
            missing &-= run
        case .chunked:
            try chunks.read(bytes, from: &offset, into: &body)
            isTooLarge = chunks.isTooLarge
        case .untilClose:
            guard bytes.byteCount &- offset <= limits.bodyBytes - body.count else { throw .bodyTooLarge }
            body.append(bytes.extracting(offset..<bytes.byteCount))
            offset = bytes.byteCount
        }
    }

    /// The connection ended: returns whether the body is complete by that.
    var isCompleteAtEnd: Bool { framing == .untilClose || isDone }

    /// Takes the body out; the reader is done.
    mutating func takeBody() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &body)
        return taken
    }
}
