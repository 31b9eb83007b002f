import AMQPClient
import Bytes
import Testing

struct AMQPFrameTests {
    private struct Frame: Equatable {
        var kind: AMQPFrameKind
        var channel: UInt16
        var payload: [UInt8]
    }

    private static func frame(_ kind: UInt8, _ channel: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [kind, 0, channel, 0, 0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)] + payload + [0xCE]
    }

    private func feed(_ chunks: [[UInt8]], maximum: Int = 4_096) throws -> [Frame] {
        var reader = AMQPFrameReader(maximum: maximum)
        var frames: [Frame] = []
        for chunk in chunks {
            try reader.feed(chunk.rawSpan) { kind, channel, payload throws(RabbitMQFailure) in
                frames.append(Frame(kind: kind, channel: channel, payload: [UInt8](payload)))
            }
        }
        return frames
    }

    @Test func `frames are found however the bytes are cut`() throws {
        let bytes =
            Self.frame(1, 0, [1, 2, 3, 4]) + Self.frame(8, 0, []) + Self.frame(3, 7, Array(repeating: 9, count: 300))
        let expected = [
            Frame(kind: .method, channel: 0, payload: [1, 2, 3, 4]), Frame(kind: .heartbeat, channel: 0, payload: []),
            Frame(kind: .body, channel: 7, payload: Array(repeating: 9, count: 300)),
        ]
        #expect(try feed([bytes]) == expected)
        #expect(try feed(bytes.map { [$0] }) == expected)
        for cut in 1..<bytes.count { #expect(try feed([Array(bytes[..<cut]), Array(bytes[cut...])]) == expected) }
    }

    @Test(
        arguments: [
            (Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), "bytes"), (Array("AMQP".utf8) + [0, 1, 0, 0], "0-9-1"),
            ([0x15, 3, 1, 0, 2, 2, 70], "want TLS"), ([1, 0, 0, 0, 0, 0, 1, 5, 0xCF], "end mark"),
            ([4, 0, 0, 0, 0, 0, 1, 5, 0xCE], "kind 4"),
            ([1, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], "agreed"),
        ] as [([UInt8], String)])
    func `what is no frame ends it`(_ bytes: [UInt8], _ reason: String) {
        #expect {
            _ = try feed([bytes])
        } throws: { error in
            (error as? RabbitMQFailure)?.kind == .protocolViolation && "\(error)".contains(reason)
        }
    }

    // MARK: Methods

    private func method(_ bytes: [UInt8]) throws -> AMQPMethod { try AMQPCodec().decode(method: bytes.rawSpan) }

    private func properties(_ bytes: [UInt8]) -> AMQPProperties { AMQPCodec().decode(properties: bytes.rawSpan) }

    @Test func `methods are written and read`() throws {
        let codec = AMQPCodec()
        #expect(try codec.encode(.closeChannelOK) == [0, 20, 0, 41])
        #expect(
            try codec.encode(.publish(exchange: "e", key: "kk", mandatory: true)) == [
                0, 60, 0, 40, 0, 0, 1, 0x65, 2, 0x6B, 0x6B, 1,
            ])
        #expect(
            try codec.encode(.acknowledge(tag: 258, multiple: true)) == [0, 60, 0, 80, 0, 0, 0, 0, 0, 0, 1, 2, 1])
        let delivery: [UInt8] = [0, 60, 0, 60, 1, 0x74, 0, 0, 0, 0, 0, 0, 0, 9, 1, 1, 0x65, 0]
        #expect(try method(delivery) == .delivery(tag: 9, isRedelivered: true))
        let close: [UInt8] = [0, 20, 0, 40, 1, 148, 2, 0x6E, 0x6F, 0, 0, 0, 0]
        #expect(try method(close) == .channelClose(code: 404, text: "no"))
        #expect(try method([0, 50, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0]) == .done)
    }

    @Test(
        arguments: [[], [0], [0, 60, 0, 60], [0, 60, 0, 60, 200, 1], [0, 20, 0, 40, 1], [9, 9, 9, 9]] as [[UInt8]])
    func `a method that is cut or unknown is an error`(_ bytes: [UInt8]) {
        #expect(throws: RabbitMQFailure.self) { try method(bytes) }
    }

    @Test func `a name beyond 255 bytes is refused and not cut`() {
        let long = String(repeating: "x", count: 256)
        #expect(throws: RabbitMQFailure.self) {
            try AMQPCodec().encode(.publish(exchange: long, key: "", mandatory: false))
        }
        #expect(throws: RabbitMQFailure.self) {
            var properties = AMQPProperties()
            properties.messageID = long
            _ = try AMQPCodec().encode(properties)
        }
    }

    // MARK: Properties

    @Test func `properties survive`() throws {
        var properties = AMQPProperties()
        properties.contentType = "text/plain"
        properties.deliveryMode = 2
        properties.priority = 7
        properties.correlationID = "c"
        properties.expiration = "60000"
        properties.messageID = "m"
        properties.type = "t"
        properties.headers = AMQPTable([
            ("text", .text("ü \u{0} x")), ("number", .integer(-5)), ("truth", .bool(true)), ("half", .double(0.5)),
        ])
        let codec = AMQPCodec()
        #expect(self.properties(try codec.encode(properties)) == properties)
        #expect(self.properties(try codec.encode(AMQPProperties())) == AMQPProperties())
    }

    /// Headers of so many tables in each other.
    private static func nested(_ levels: Int) -> [UInt8] {
        var table: [UInt8] = []
        for _ in 0..<levels {
            let length = UInt32(table.count)
            table =
                [1, 0x61, UInt8(ascii: "F")]
                + [UInt8(length >> 24 & 255), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255)]
                + table
        }
        let length = UInt32(table.count)
        return [0x20, 0] + [
            UInt8(length >> 24), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255),
        ]
            + table
    }

    @Test(arguments: [(1, true), (15, true), (17, false), (10_000, false)])
    func `headers that nest too deep are left out`(_ levels: Int, _ isRead: Bool) {
        let read = properties(Self.nested(levels))
        #expect(read.hasUnreadableHeaders == !isRead)
    }

    @Test(
        arguments: [
            [], [0x20], [0x20, 0], [0x20, 0, 0, 0, 0, 9], [0x20, 0, 0, 0, 0, 2, 9, 9], [0xA0, 0, 200],
            [0x20, 0, 0, 0, 0, 3, 1, 0x61, 0x7A], [0x20, 0, 0xFF, 0xFF, 0xFF, 0xFF], [0x20, 0, 0, 0, 0, 1, 0],
        ] as [[UInt8]])
    func `headers that are broken are left out`(_ bytes: [UInt8]) {
        #expect(properties(bytes).hasUnreadableHeaders)
    }
}
