internal import Bytes

/// The decoder of one chunked body (RFC 9112, 7.1).
///
/// Pure and incremental: each byte is looked at once, chunk data is copied in runs. Extensions and trailers are checked, bounded and dropped.
package struct HTTPChunkedDecoder {
    private enum Phase {
        case size, chunkExtension, sizeLineFeed
        case data, dataReturn, dataLineFeed
        case trailerStart, trailerName, trailerValue, trailerLineFeed
        case lastLineFeed
        case done
    }

    private let limits: HTTPLimits
    private var phase = Phase.size
    private var size = 0
    private var digits = 0
    /// What is missing of the current chunk.
    private var missing = 0
    private var extensionBytes = 0
    private var trailerBytes = 0

    /// The bytes of a body that turned out too large, dropped ones and announced ones.
    private var excess = 0

    /// Whether the body is longer than its bound: what was decoded of it is dropped, and so is what still comes.
    package private(set) var isTooLarge = false

    /// A decoder of the next body.
    package init(limits: HTTPLimits) { self.limits = limits }

    /// Whether the last byte of the body, trailers included, was read.
    package var isDone: Bool { phase == .done }

    /// Reads on from an offset, which it moves, and appends data to the body. It stops at the end of the bytes or of the body.
    package mutating func read(
        _ bytes: RawSpan, from offset: inout Int, into body: inout [UInt8]
    ) throws(HTTPParseError) {
        while offset < bytes.byteCount, phase != .done {
            if phase == .data {
                let run = min(missing, bytes.byteCount &- offset)
                if !isTooLarge { body.append(bytes.extracting(offset..<offset &+ run)) }
                offset &+= run
                missing &-= run
                if missing == 0 { phase = .dataReturn }
            } else {
                try read(bytes[offset], decoded: body.count)
                offset &+= 1
                if isTooLarge, !body.isEmpty { body = [] }
            }
        }
    }

    private mutating func read(_ byte: UInt8, decoded: Int) throws(HTTPParseError) {
        switch phase {
        case .size: try readSize(byte)
        case .chunkExtension: try readExtension(byte)
        case .sizeLineFeed:
            guard byte == 0x0A else { throw .malformedLineEnd }
            try beginChunk(decoded: decoded)
        case .dataReturn:
            guard byte == 0x0D else { throw .malformedChunkEnd }
            phase = .dataLineFeed
        case .dataLineFeed:
            guard byte == 0x0A else { throw .malformedChunkEnd }
            phase = .size
        case .lastLineFeed:
            guard byte == 0x0A else { throw .malformedLineEnd }
            phase = .done
        default: try readTrailer(byte)
        }
    }

    /// Plain hexadecimal digits: no sign, no `0x`, no blank; at most sixteen, zeros included.
    private mutating func readSize(_ byte: UInt8) throws(HTTPParseError) {
        if let digit = Hex.value(byte) {
            digits += 1
            guard digits <= 16, size <= HTTPLimits.largestLength >> 4 else { throw .malformedChunkSize }
            size = size << 4 | Int(digit)
            return
        }
        guard digits > 0 else { throw .malformedChunkSize }
        switch byte {
        case 0x0D: phase = .sizeLineFeed
        case 0x3B:
            phase = .chunkExtension
            try countExtensionByte()
        case 0x0A: throw .malformedLineEnd
        default: throw .malformedChunkSize
        }
    }

    private mutating func readExtension(_ byte: UInt8) throws(HTTPParseError) {
        if byte == 0x0D {
            phase = .sizeLineFeed
            return
        }
        guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else { throw .refusedChunkExtension }
        try countExtensionByte()
    }

    private mutating func countExtensionByte() throws(HTTPParseError) {
        extensionBytes += 1
        guard extensionBytes <= limits.chunkExtensionBytes else { throw .refusedChunkExtension }
    }

    private mutating func beginChunk(decoded: Int) throws(HTTPParseError) {
        if isTooLarge || size > limits.bodyBytes || decoded > limits.bodyBytes - size {
            isTooLarge = true
            excess += decoded + size
            guard excess - limits.bodyBytes <= limits.discardedBytes else { throw .bodyTooLarge }
        }
        phase = size == 0 ? .trailerStart : .data
        missing = size
        size = 0
        digits = 0
    }

    private mutating func readTrailer(_ byte: UInt8) throws(HTTPParseError) {
        trailerBytes += 1
        guard trailerBytes <= limits.trailerBytes else { throw .refusedTrailer }
        switch phase {
        case .trailerStart:
            if byte == 0x0D {
                phase = .lastLineFeed
            } else {
                guard HTTPToken.contains(byte) else { throw .refusedTrailer }
                phase = .trailerName
            }
        case .trailerName:
            if byte == 0x3A {
                phase = .trailerValue
            } else {
                guard HTTPToken.contains(byte) else { throw .refusedTrailer }
            }
        case .trailerValue:
            if byte == 0x0D {
                phase = .trailerLineFeed
            } else {
                guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else { throw .refusedTrailer }
            }
        default:
            guard byte == 0x0A else { throw .malformedLineEnd }
            phase = .trailerStart
        }
    }
}
