import Bytes
import MQTTClient
import Testing

struct MQTTPacketTests {
    static var rich: MQTTPublish {
        var publish = MQTTPublish(
            topic: "a/ü", payload: Array((0...255).map { UInt8($0) }), qos: 2, isRetained: true, isDuplicate: true,
            packetID: 0xFFFE)
        publish.properties.isText = true
        publish.properties.expiry = 4_000_000_000
        publish.properties.contentType = "application/json"
        publish.properties.responseTopic = "r/t"
        publish.properties.correlationData = [0, 1, 255]
        publish.properties.user = [.init("a", "1"), .init("a", "2"), .init("", "")]
        return publish
    }

    /// Everything that a reader hands over, fed in pieces of a size.
    static func packets(_ bytes: [UInt8], by step: Int, maximum: Int = 1 << 20) throws -> [[UInt8]] {
        var reader = MQTTPacketReader(maximum: maximum)
        var packets: [[UInt8]] = []
        for start in stride(from: 0, to: bytes.count, by: step) {
            let piece = Array(bytes[start..<min(start + step, bytes.count)])
            try reader.feed(piece.rawSpan) { packet throws(MQTTFailure) in packets.append([UInt8](packet)) }
        }
        return packets
    }

    @Test(arguments: [MQTTVersion.v311, .v5])
    func `an event is read as it was written`(_ version: MQTTVersion) throws {
        var publish = Self.rich
        if version == .v311 { publish.properties = MQTTProperties() }
        var bytes: [UInt8] = []
        publish.append(to: &bytes, version: version)
        #expect(bytes.count == publish.encodedLength(version))
        #expect(try MQTTPublish(bytes.rawSpan, version: version) == publish)
    }

    @Test func `an event of QoS 0 has no packet id`() throws {
        var bytes: [UInt8] = []
        MQTTPublish(topic: "t", payload: [7], qos: 0).append(to: &bytes, version: .v311)
        #expect(bytes == [0x30, 4, 0, 1, 0x74, 7])
    }

    @Test(arguments: [1, 2, 3, 7, 64, 1_000, 100_000])
    func `packets are found in whatever pieces they come`(_ step: Int) throws {
        var bytes: [UInt8] = []
        var expected: [[UInt8]] = []
        for length in [0, 1, 122, 123, 124, 16_300, 16_400, 3] {
            var packet: [UInt8] = []
            MQTTPublish(topic: "t", payload: Array(repeating: 9, count: length), packetID: 5)
                .append(to: &packet, version: .v311)
            expected.append(packet)
            bytes += packet + [0xD0, 0]
            expected.append([0xD0, 0])
        }
        #expect(try Self.packets(bytes, by: step) == expected)
    }

    @Test func `a packet above the bound is refused before it is kept`() {
        #expect(throws: MQTTFailure.self) { try Self.packets([0x30, 0xFF, 0xFF, 0xFF, 0x7F], by: 5) }
        #expect(throws: MQTTFailure.self) { try Self.packets([0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], by: 2) }
    }

    @Test func `an event that is cut anywhere is refused, and nothing else happens`() throws {
        var bytes: [UInt8] = []
        var publish = Self.rich
        publish.payload = []
        publish.append(to: &bytes, version: .v5)
        for length in 0..<bytes.count {
            #expect(throws: MQTTFailure.self) { try MQTTPublish(Array(bytes[..<length]).rawSpan, version: .v5) }
        }
    }

    @Test(
        arguments: [
            [0x36, 5, 0, 1, 0x74, 0, 1], [0x32, 5, 0, 1, 0x74, 0, 0], [0x30, 2, 0, 0], [0x32, 4, 0, 1, 0x74, 0],
            [0x30, 4, 0, 9, 0x74, 0],
        ] as [[UInt8]])
    func `events that MQTT does not have are refused`(_ bytes: [UInt8]) {
        #expect(throws: MQTTFailure.self) { try MQTTPublish(bytes.rawSpan, version: .v311) }
    }

    @Test(arguments: [[2, 35, 0], [1, 99], [2, 2, 0], [5, 11, 0xFF, 0xFF, 0xFF, 0xFF]] as [[UInt8]])
    func `properties that an event does not have are refused`(_ properties: [UInt8]) {
        let bytes = [0x30, UInt8(3 + properties.count), 0, 1, 0x74] + properties
        #expect(throws: MQTTFailure.self) { try MQTTPublish(bytes.rawSpan, version: .v5) }
    }

    @Test func `acknowledgements carry the broker's reason and words`() throws {
        let bytes: [UInt8] = [0x40, 11, 0, 7, 0x97, 7, 31, 0, 4, 0x66, 0x75, 0x6C, 0x6C]
        let acknowledgement = try #require(try MQTTAcknowledgement(bytes.rawSpan, version: .v5))
        #expect(acknowledgement == MQTTAcknowledgement(.acknowledged, 7, reason: 0x97, text: "full"))
        let short = try MQTTAcknowledgement(([0x40, 2, 1, 2] as [UInt8]).rawSpan, version: .v5)
        #expect(short == MQTTAcknowledgement(.acknowledged, 258))
        var output: [UInt8] = []
        MQTTAcknowledgement(.release, 258).append(to: &output)
        #expect(output == [0x62, 2, 1, 2])
    }
}
