internal import Bytes

/// The members of an envelope that Martlet knows.
package enum EventAttribute: Int, Sendable, CaseIterable {
    case id
    case type
    case source
    case specVersion
    case subject
    case time
    case topic
    case pubsubName
    case traceID
    case traceParent
    case traceState
    case expiration
    case dataContentType
    case dataSchema
    case data
    case dataBase64

    /// The name in the envelope.
    package var name: StaticString {
        switch self {
        case .id: "id"
        case .type: "type"
        case .source: "source"
        case .specVersion: "specversion"
        case .subject: "subject"
        case .time: "time"
        case .topic: "topic"
        case .pubsubName: "pubsubname"
        case .traceID: "traceid"
        case .traceParent: "traceparent"
        case .traceState: "tracestate"
        case .expiration: "expiration"
        case .dataContentType: "datacontenttype"
        case .dataSchema: "dataschema"
        case .data: "data"
        case .dataBase64: "data_base64"
        }
    }

    /// The attribute of a name in exactly this spelling (names are case-sensitive); `nil` for others.
    package init?(name: RawSpan) {
        guard let attribute = EventAttribute.candidate(name), name.equals(attribute.name) else { return nil }
        self = attribute
    }

    /// The only attribute that the name can be, by its length and one or two letters.
    @inline(__always)
    private static func candidate(_ name: RawSpan) -> EventAttribute? {
        switch name.byteCount {
        case 2: .id
        case 4: name[0] == 0x64 ? .data : name[1] == 0x79 ? .type : .time
        case 5: .topic
        case 6: .source
        case 7: name[0] == 0x74 ? .traceID : .subject
        case 10:
            switch name[0] {
            case 0x70: .pubsubName
            case 0x74: .traceState
            case 0x65: .expiration
            default: .dataSchema
            }
        case 11: name[0] == 0x64 ? .dataBase64 : name[0] == 0x74 ? .traceParent : .specVersion
        case 15: .dataContentType
        default: nil
        }
    }
}

/// Where the values of the known members of one envelope lie; of several with the same name the last counts. It allocates nothing.
package struct EnvelopeMembers: Sendable {
    private var starts = InlineArray<16, UInt32>(repeating: 0)
    private var ends = InlineArray<16, UInt32>(repeating: 0)

    /// The range of a member's value; `nil` where it is absent.
    @inline(__always)
    package subscript(attribute: EventAttribute) -> Range<Int>? {
        let end = ends[attribute.rawValue]
        return end == 0 ? nil : Int(starts[attribute.rawValue])..<Int(end)
    }

    /// Notes a member if its name is known. Offsets beyond 4 GiB trap; bodies are bounded far below.
    @inline(__always)
    mutating func note(_ member: JSONMemberRange, in bytes: RawSpan) {
        guard let attribute = EnvelopeMembers.attribute(of: member, in: bytes) else { return }
        starts[attribute.rawValue] = UInt32(member.value.lowerBound)
        ends[attribute.rawValue] = UInt32(member.value.upperBound)
    }

    /// The attribute that a member is, escapes in its name decoded.
    static func attribute(of member: JSONMemberRange, in bytes: RawSpan) -> EventAttribute? {
        let name = bytes.extracting(member.name)
        return member.isEscaped ? EventAttribute(name: JSONText.unescaped(name).rawSpan) : EventAttribute(name: name)
    }
}
