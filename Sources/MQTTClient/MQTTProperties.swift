internal import Bytes

/// What MQTT 5 lets travel beside an event.
package struct MQTTProperties: Sendable, Equatable {
    /// A name and a value; names may repeat.
    package struct UserProperty: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// More user properties than this end the connection.
    static let userPropertiesMaximum = 1_024

    /// Whether the payload is UTF-8 text.
    package var isText = false
    /// Seconds after which the broker forgets the event; of a received one, what is left.
    package var expiry: UInt32?
    package var contentType: String?
    package var responseTopic: String?
    package var correlationData: [UInt8]?
    package var user: [UserProperty] = []

    package init() {}

    /// Whether there is none.
    package var isEmpty: Bool { self == MQTTProperties() }
}

extension MQTTProperties {
    /// Identifiers of MQTT 5, section 2.2.2.2.
    enum Identifier {
        static let payloadFormat: UInt8 = 1
        static let expiry: UInt8 = 2
        static let contentType: UInt8 = 3
        static let responseTopic: UInt8 = 8
        static let correlationData: UInt8 = 9
        static let subscription: UInt8 = 11
        static let reasonString: UInt8 = 31
        static let topicAlias: UInt8 = 35
        static let user: UInt8 = 38
    }

    /// The properties of a PUBLISH.
    init(_ cursor: inout MQTTCursor) throws(MQTTFailure) {
        self.init()
        let length = try cursor.variableInteger()
        guard length <= cursor.left else { throw MQTTCursor.cut }
        let end = cursor.position + length
        while cursor.position < end { try read(&cursor) }
        guard cursor.position == end else { throw MQTTCursor.cut }
    }

    private mutating func read(_ cursor: inout MQTTCursor) throws(MQTTFailure) {
        let identifier = try cursor.byte()
        switch identifier {
        case Identifier.payloadFormat: isText = try cursor.byte() == 1
        case Identifier.expiry: expiry = try cursor.uint32()
        case Identifier.contentType: contentType = try cursor.text()
        case Identifier.responseTopic: responseTopic = try cursor.text()
        case Identifier.correlationData: correlationData = try cursor.binary()
        case Identifier.subscription: _ = try cursor.variableInteger()
        case Identifier.user:
            guard user.count < Self.userPropertiesMaximum else {
                throw MQTTFailure(
                    .protocolViolation, "an event has more than \(Self.userPropertiesMaximum) user properties")
            }
            let name = try cursor.text()
            user.append(UserProperty(name, try cursor.text()))
        case Identifier.topicAlias:
            throw MQTTFailure(.protocolViolation, "the broker uses a topic alias, which it was not offered")
        default:
            throw MQTTFailure(.protocolViolation, "the broker sent property \(identifier), which PUBLISH does not have")
        }
    }

    /// How many bytes they take, without their length.
    var encodedLength: Int {
        var length = isText ? 2 : 0
        if expiry != nil { length += 5 }
        if let contentType { length += 3 + contentType.utf8.count }
        if let responseTopic { length += 3 + responseTopic.utf8.count }
        if let correlationData { length += 3 + correlationData.count }
        for property in user { length += 5 + property.name.utf8.count + property.value.utf8.count }
        return length
    }

    /// The first text or binary that has no room in the 65,535 bytes that MQTT gives it.
    package var tooLong: String? {
        if (contentType?.utf8.count ?? 0) > 65_535 { return "the content type" }
        if (responseTopic?.utf8.count ?? 0) > 65_535 { return "the response topic" }
        if (correlationData?.count ?? 0) > 65_535 { return "the correlation data" }
        return user.contains { $0.name.utf8.count > 65_535 || $0.value.utf8.count > 65_535 } ? "a user property" : nil
    }

    func append(to output: inout [UInt8]) {
        MQTTBytes.append(variableInteger: encodedLength, to: &output)
        if isText { output.append(contentsOf: [Identifier.payloadFormat, 1]) }
        if let expiry {
            output.append(Identifier.expiry)
            MQTTBytes.append(expiry, to: &output)
        }
        if let contentType {
            output.append(Identifier.contentType)
            MQTTBytes.append(contentType, to: &output)
        }
        if let responseTopic {
            output.append(Identifier.responseTopic)
            MQTTBytes.append(responseTopic, to: &output)
        }
        if let correlationData {
            output.append(Identifier.correlationData)
            MQTTBytes.append(UInt16(truncatingIfNeeded: correlationData.count), to: &output)
            output.append(contentsOf: correlationData)
        }
        for property in user {
            output.append(Identifier.user)
            MQTTBytes.append(property.name, to: &output)
            MQTTBytes.append(property.value, to: &output)
        }
    }
}
