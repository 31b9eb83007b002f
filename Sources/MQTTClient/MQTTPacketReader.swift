internal import Bytes

/// Cuts what a broker sends into packets. Pure; it keeps at most one packet, whose length is checked before it is kept.
package struct MQTTPacketReader {
    private let maximum: Int
    private var rest: [UInt8] = []
    /// The length of the packet that `rest` begins with; 0 while it is not known.
    private var needed = 0

    /// Makes a reader that refuses packets larger than `maximum` bytes.
    package init(maximum: Int) { self.maximum = maximum }

    /// Hands each whole packet, header included, to the body.
    package mutating func feed(
        _ bytes: RawSpan, _ body: (RawSpan) throws(MQTTFailure) -> Void
    ) throws(MQTTFailure) {
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
        _ bytes: RawSpan, _ body: (RawSpan) throws(MQTTFailure) -> Void
    ) throws(MQTTFailure) -> Int {
        var start = 0
        needed = 0
        while let length = try packetLength(bytes, at: start) {
            guard bytes.byteCount - start >= length else {
                needed = length
                break
            }
            try body(bytes.extracting(start..<start + length))
            start += length
        }
        return start
    }

    /// The whole length of the packet at an offset; `nil` while its header is not complete.
    private func packetLength(_ bytes: RawSpan, at start: Int) throws(MQTTFailure) -> Int? {
        guard let (value, end) = try MQTTBytes.variableInteger(bytes, at: start + 1) else { return nil }
        let length = end - start + value
        guard length <= maximum else {
            throw MQTTFailure(
                .protocolViolation,
                "the broker sent a packet of \(length) bytes, at most \(maximum) are taken (maxPacketSize)")
        }
        return length
    }
}

/// The elements that MQTT packets are made of.
enum MQTTBytes {
    /// A variable byte integer and the offset behind it; `nil` where it goes on beyond the end.
    static func variableInteger(_ bytes: RawSpan, at start: Int) throws(MQTTFailure) -> (value: Int, end: Int)? {
        var value = 0
        for index in 0..<4 {
            guard start + index < bytes.byteCount else { return nil }
            let byte = bytes[start + index]
            value |= Int(byte & 0x7F) << (7 * index)
            if byte & 0x80 == 0 { return (value, start + index + 1) }
        }
        throw MQTTFailure(.protocolViolation, "the broker sent a length of more than four bytes; is it an MQTT broker?")
    }

    static func append(variableInteger value: Int, to output: inout [UInt8]) {
        var value = value
        repeat {
            let byte = UInt8(truncatingIfNeeded: value & 0x7F)
            value >>= 7
            output.append(value > 0 ? byte | 0x80 : byte)
        } while value > 0
    }

    static func lengthOfVariableInteger(_ value: Int) -> Int {
        value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : 4
    }

    static func append(_ number: UInt16, to output: inout [UInt8]) {
        output.append(UInt8(truncatingIfNeeded: number >> 8))
        output.append(UInt8(truncatingIfNeeded: number))
    }

    static func append(_ number: UInt32, to output: inout [UInt8]) {
        append(UInt16(truncatingIfNeeded: number >> 16), to: &output)
        append(UInt16(truncatingIfNeeded: number), to: &output)
    }

    /// A text with its length before it; the caller has bounded it.
    static func append(_ text: String, to output: inout [UInt8]) {
        append(UInt16(truncatingIfNeeded: text.utf8.count), to: &output)
        output.append(utf8: text)
    }
}

/// Reads the elements of one packet one after the other. Whatever does not fit is a violation of the protocol.
struct MQTTCursor: ~Escapable {
    private let bytes: RawSpan
    private(set) var position: Int

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var isAtEnd: Bool { position >= bytes.byteCount }
    var left: Int { bytes.byteCount - position }

    static var cut: MQTTFailure { MQTTFailure(.protocolViolation, "the broker sent a packet that ends too early") }

    mutating func byte() throws(MQTTFailure) -> UInt8 {
        guard left >= 1 else { throw MQTTCursor.cut }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func uint16() throws(MQTTFailure) -> UInt16 {
        guard left >= 2 else { throw MQTTCursor.cut }
        defer { position += 2 }
        return UInt16(bytes[position]) << 8 | UInt16(bytes[position + 1])
    }

    mutating func uint32() throws(MQTTFailure) -> UInt32 {
        let high = try uint16()
        return UInt32(high) << 16 | UInt32(try uint16())
    }

    mutating func variableInteger() throws(MQTTFailure) -> Int {
        guard let (value, end) = try MQTTBytes.variableInteger(bytes, at: position) else { throw MQTTCursor.cut }
        position = end
        return value
    }

    /// Bytes with their length before them.
    mutating func binary() throws(MQTTFailure) -> [UInt8] {
        let range = try lengthPrefixed()
        return [UInt8](bytes.extracting(range))
    }

    /// Text with its length before it; bytes that are not UTF-8 are replaced.
    mutating func text() throws(MQTTFailure) -> String {
        let range = try lengthPrefixed()
        return String(utf8Repaired: bytes.extracting(range))
    }

    mutating func skip(_ count: Int) throws(MQTTFailure) {
        guard count >= 0, left >= count else { throw MQTTCursor.cut }
        position += count
    }

    private mutating func lengthPrefixed() throws(MQTTFailure) -> Range<Int> {
        let count = Int(try uint16())
        guard left >= count else { throw MQTTCursor.cut }
        defer { position += count }
        return position..<position + count
    }

    /// Everything that is left.
    mutating func remainder() -> [UInt8] {
        defer { position = bytes.byteCount }
        return [UInt8](bytes.extracting(position..<bytes.byteCount))
    }
}
