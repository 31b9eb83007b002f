internal import Bytes

/// A delivered event as it lies in its bytes: checked once, known members found, nothing copied.
///
/// The bytes are those that go to the application; a view never changes them.
package struct EventView: Sendable {
    /// The bytes of the event exactly as the broker gave them.
    package let bytes: [UInt8]
    private let members: EnvelopeMembers
    /// Whether the bytes are the JSON text `null`, which is delivered as it is and has no members.
    package let isNull: Bool

    /// Reads an event; `nil` where the bytes are not exactly one JSON object (or `null`) with nothing but white space around it (spec 1.6.2).
    ///
    /// Bytes inside of strings that are not UTF-8 are accepted, as Go does.
    package init?(_ bytes: [UInt8]) {
        guard let (members, isNull) = EventView.read(bytes.rawSpan) else { return nil }
        self.bytes = bytes
        self.members = members
        self.isNull = isNull
    }

    private static func read(_ bytes: RawSpan) -> (EnvelopeMembers, Bool)? {
        guard bytes.byteCount < UInt32.max else { return nil }
        var known = EnvelopeMembers()
        guard var members = JSONMembers(bytes) else {
            guard let value = JSONScanner.onlyValue(in: bytes), bytes.extracting(value.range).equals("null") else {
                return nil
            }
            return (known, true)
        }
        while let member = members.next() { known.note(member, in: bytes) }
        guard members.isComplete, members.isAtEnd() else { return nil }
        return (known, false)
    }

    /// Where a member's value lies, quotes included; `nil` where it is absent.
    package func range(of attribute: EventAttribute) -> Range<Int>? { members[attribute] }

    /// The text of a member that is a string, decoded; `nil` for absent ones and other values.
    package func text(_ attribute: EventAttribute) -> String? {
        guard let range = members[attribute] else { return nil }
        guard let content = JSONText.content(of: bytes.rawSpan.extracting(range)) else { return nil }
        return JSONText.text(content)
    }

    /// Whether a member is a string that equals a text.
    package func equals(_ attribute: EventAttribute, _ text: String) -> Bool {
        guard let range = members[attribute], let content = JSONText.content(of: bytes.rawSpan.extracting(range)) else {
            return false
        }
        if content.firstIndex(of: 0x5C) == nil { return content.equals(text) }
        return JSONText.unescaped(content).rawSpan.equals(text)
    }

    /// The event's trace: `traceparent`, else `traceid`, where it is a valid `traceparent` (spec 1.6).
    package var trace: TraceContext? { context(.traceParent) ?? context(.traceID) }

    private func context(_ attribute: EventAttribute) -> TraceContext? {
        guard let range = members[attribute], let content = JSONText.content(of: bytes.rawSpan.extracting(range)) else {
            return nil
        }
        return TraceContext(content)
    }

    /// Whether `expiration` is an RFC 3339 text with a zone that lies before `now` (nanoseconds since 1970). Anything else never expires.
    package func isExpired(at now: Int64) -> Bool {
        guard let range = members[.expiration], let content = JSONText.content(of: bytes.rawSpan.extracting(range))
        else {
            return false
        }
        let moment =
            content.firstIndex(of: 0x5C) == nil
            ? RFC3339.parse(content) : RFC3339.parse(JSONText.unescaped(content).rawSpan)
        return moment.map { $0 < now } ?? false
    }

    /// Where a member of the object in `data` lies; `nil` where `data` is no object or has no such member.
    package func dataMember(_ name: StaticString) -> Range<Int>? {
        guard let data = members[.data] else { return nil }
        return JSONMembers.value(named: name, in: bytes.rawSpan, at: data.lowerBound)
    }

    /// The bytes of the data as an application means them: `data_base64` decoded, a string's text, else the JSON of `data`.
    /// `nil` where there is no data or its base64 is wrong.
    package func dataBytes() -> [UInt8]? {
        if let range = members[.dataBase64] {
            guard let content = JSONText.content(of: bytes.rawSpan.extracting(range)) else { return nil }
            if content.firstIndex(of: 0x5C) == nil { return Base64.decode(content) }
            return Base64.decode(JSONText.unescaped(content).rawSpan)
        }
        guard let range = members[.data] else { return nil }
        let value = bytes.rawSpan.extracting(range)
        guard let content = JSONText.content(of: value) else { return [UInt8](value) }
        return JSONText.unescaped(content)
    }

    /// The whole event as a tree, for rules that look into it. It is built anew at each call.
    package func tree() throws(JSONSyntaxError) -> JSONValue { try JSONValue.parse(bytes) }
}
