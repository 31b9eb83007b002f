internal import Bytes

/// The kinds of frames.
package enum AMQPFrameKind: UInt8, Sendable {
    case method = 1
    case header = 2
    case body = 3
    case heartbeat = 8
}

/// Cuts what a broker sends into frames. Pure; it keeps at most one frame, whose length is checked before it is kept.
package struct AMQPFrameReader {
    /// Kind, channel and length; the end mark comes behind the payload.
    static let headSize = 7
    static let endMark: UInt8 = 0xCE

    /// The largest frame, head and end included.
    package let maximum: Int
    private var rest: [UInt8] = []
    /// The length of the frame that `rest` begins with; 0 while it is not known.
    private var needed = 0

    /// Makes a reader that refuses frames larger than `maximum` bytes.
    package init(maximum: Int) { self.maximum = maximum }

    /// Hands the payload of each whole frame to the body.
    package mutating func feed(
        _ bytes: RawSpan, _ body: (AMQPFrameKind, UInt16, RawSpan) throws(RabbitMQFailure) -> Void
    ) throws(RabbitMQFailure) {
        guard !rest.isEmpty else {
            let used = try split(bytes, body)
            if used < bytes.byteCount { rest.append(bytes.extracting(used..<bytes.byteCount)) }
            return
        }
        rest.append(bytes)
        guard rest.count >= needed else { return }
        var whole: [UInt8] = []
        swap(&whole, &rest)
        let used = try split(whole.rawSpan, body)
        if used == 0 {
            swap(&whole, &rest)
        } else if used < whole.count {
            rest = Array(whole[used...])
        }
    }

    private mutating func split(
        _ bytes: RawSpan, _ body: (AMQPFrameKind, UInt16, RawSpan) throws(RabbitMQFailure) -> Void
    ) throws(RabbitMQFailure) -> Int {
        var start = 0
        needed = 0
        while bytes.byteCount - start >= AMQPFrameReader.headSize {
            let length = try frameLength(bytes, at: start)
            guard bytes.byteCount - start >= length else {
                needed = length
                break
            }
            guard bytes[start + length - 1] == AMQPFrameReader.endMark else {
                throw RabbitMQFailure(.protocolViolation, "the broker sent a frame without its end mark")
            }
            guard let kind = AMQPFrameKind(rawValue: bytes[start]) else {
                throw RabbitMQFailure(.protocolViolation, "the broker sent a frame of the unknown kind \(bytes[start])")
            }
            let channel = UInt16(bytes[start + 1]) << 8 | UInt16(bytes[start + 2])
            try body(kind, channel, bytes.extracting(start + AMQPFrameReader.headSize..<start + length - 1))
            start += length
        }
        return start
    }

    /// The whole length of the frame at an offset, whose head is there.
    private func frameLength(_ bytes: RawSpan, at start: Int) throws(RabbitMQFailure) -> Int {
        // A broker that speaks another version answers with the version it speaks, then closes.
        if bytes[start] == UInt8(ascii: "A"), bytes[start + 1] == UInt8(ascii: "M") {
            throw RabbitMQFailure(
                .protocolViolation, "the broker does not speak AMQP 0-9-1; is it RabbitMQ, with this port for AMQP?")
        }
        // A TLS alert.
        if bytes[start] == 0x15, bytes[start + 1] == 3 {
            throw RabbitMQFailure(
                .protocolViolation, "the broker answers in TLS; does the port want TLS (amqps://)?")
        }
        let length = Int(bytes.loadUInt32(at: start + 3).byteSwapped)
        guard length <= maximum - 8 else {
            throw RabbitMQFailure(
                .protocolViolation,
                "the broker sent a frame of \(length) bytes, \(maximum - 8) are agreed; is it RabbitMQ?")
        }
        return length + AMQPFrameReader.headSize + 1
    }
}
