internal import Bytes

/// An event as MQTT carries it, in either direction.
package struct MQTTPublish: Sendable, Equatable {
    package var topic: String
    package var payload: [UInt8]
    /// 0 at most once, 1 at least once, 2 exactly once between the two sides of a connection.
    package var qos: UInt8
    /// Sent: the broker shall keep it as the topic's last value. Received: it is that value, from before the subscription.
    package var isRetained: Bool
    /// Whether it was sent before.
    package var isDuplicate: Bool
    /// Zero for QoS 0.
    package var packetID: UInt16
    /// Beside the payload; MQTT 5 only.
    package var properties: MQTTProperties

    package init(
        topic: String, payload: [UInt8], qos: UInt8 = 1, isRetained: Bool = false, isDuplicate: Bool = false,
        packetID: UInt16 = 0, properties: MQTTProperties = MQTTProperties()
    ) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.isRetained = isRetained
        self.isDuplicate = isDuplicate
        self.packetID = packetID
        self.properties = properties
    }

    /// Reads a whole packet that begins with the header of a PUBLISH.
    package init(_ packet: RawSpan, version: MQTTVersion) throws(MQTTFailure) {
        var cursor = MQTTCursor(packet)
        let header = try cursor.byte()
        _ = try cursor.variableInteger()
        let qos = header >> 1 & 3
        guard header >> 4 == 3, qos < 3 else {
            throw MQTTFailure(.protocolViolation, "the broker sent an event with QoS 3")
        }
        topic = try cursor.text()
        guard !topic.isEmpty else { throw MQTTFailure(.protocolViolation, "the broker sent an event without a topic") }
        packetID = qos > 0 ? try cursor.uint16() : 0
        guard qos == 0 || packetID > 0 else {
            throw MQTTFailure(.protocolViolation, "the broker sent an event with packet id 0")
        }
        properties = version == .v5 ? try MQTTProperties(&cursor) : MQTTProperties()
        payload = cursor.remainder()
        self.qos = qos
        isRetained = header & 1 == 1
        isDuplicate = header & 8 == 8
    }

    /// What follows the fixed header.
    private func remainingLength(_ version: MQTTVersion) -> Int {
        var length = 2 + topic.utf8.count + (qos > 0 ? 2 : 0) + payload.count
        if version == .v5 {
            let properties = properties.encodedLength
            length += MQTTBytes.lengthOfVariableInteger(properties) + properties
        }
        return length
    }

    /// The length of the whole packet; larger than MQTT allows (256 MB) is told by `MQTTConnection`.
    package func encodedLength(_ version: MQTTVersion) -> Int {
        let length = remainingLength(version)
        return 1 + MQTTBytes.lengthOfVariableInteger(length) + length
    }

    /// Appends the packet.
    package func append(to output: inout [UInt8], version: MQTTVersion) {
        let length = remainingLength(version)
        output.reserveCapacity(output.count + length + 5)
        output.append(0x30 | (isDuplicate ? 8 : 0) | qos << 1 | (isRetained ? 1 : 0))
        MQTTBytes.append(variableInteger: length, to: &output)
        MQTTBytes.append(topic, to: &output)
        if qos > 0 { MQTTBytes.append(packetID, to: &output) }
        if version == .v5 { properties.append(to: &output) }
        output.append(contentsOf: payload)
    }
}

/// PUBACK, PUBREC, PUBREL and PUBCOMP: a packet id and, in MQTT 5, a reason.
package struct MQTTAcknowledgement: Sendable, Equatable {
    package enum Kind: UInt8, Sendable {
        case acknowledged = 4
        case recorded = 5
        case release = 6
        case completed = 7
    }

    package var kind: Kind
    package var packetID: UInt16
    /// 0x80 and above is a refusal.
    package var reason: UInt8
    /// The broker's own words; empty where it has none.
    package var text: String

    package init(_ kind: Kind, _ packetID: UInt16, reason: UInt8 = 0, text: String = "") {
        self.kind = kind
        self.packetID = packetID
        self.reason = reason
        self.text = text
    }

    /// Reads a whole packet; `nil` where it is of another type.
    package init?(_ packet: RawSpan, version: MQTTVersion) throws(MQTTFailure) {
        var cursor = MQTTCursor(packet)
        guard let kind = Kind(rawValue: try cursor.byte() >> 4) else { return nil }
        _ = try cursor.variableInteger()
        self.kind = kind
        packetID = try cursor.uint16()
        reason = version == .v5 && !cursor.isAtEnd ? try cursor.byte() : 0
        text = version == .v5 && !cursor.isAtEnd ? try MQTTAcknowledgement.reasonString(&cursor) : ""
    }

    private static func reasonString(_ cursor: inout MQTTCursor) throws(MQTTFailure) -> String {
        var text = ""
        guard try cursor.variableInteger() <= cursor.left else { throw MQTTCursor.cut }
        while !cursor.isAtEnd {
            switch try cursor.byte() {
            case MQTTProperties.Identifier.reasonString: text = try cursor.text()
            case MQTTProperties.Identifier.user:
                _ = try cursor.text()
                _ = try cursor.text()
            default:
                throw MQTTFailure(.protocolViolation, "the broker sent a property that acknowledgements do not have")
            }
        }
        return text
    }

    /// Appends the packet, without a reason: success.
    package func append(to output: inout [UInt8]) {
        output.append(kind.rawValue << 4 | (kind == .release ? 2 : 0))
        output.append(2)
        MQTTBytes.append(packetID, to: &output)
    }
}
