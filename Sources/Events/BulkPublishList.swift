internal import Bytes

/// One entry of a bulk publish, as it lies in the body of its request. Absent and null members have their zero values, as in Go.
package struct BulkPublishEntry: Sendable {
    /// What the publisher calls it; empty where it is absent.
    package var id = ""
    /// Where the event lies in the body; `nil` where it is absent.
    package var event: Range<Int>?
    /// The event's content type; empty where it is absent.
    package var contentType = ""
    /// The entry's own pairs; `nil` where there is no object.
    package var metadata: [(key: String, value: String)]?

    /// Makes an entry without anything.
    package init() {}
}

/// Why a body is no list of entries to publish.
package enum BulkPublishFault: Error, Sendable, Equatable {
    /// The body does not begin with a JSON value.
    case syntax
    /// A value has the wrong type: the first such one of a body that is JSON.
    case wrongType(JSONKind, at: Place)
    /// The list has more entries than `BulkPublishList.maximumEntries`.
    case tooManyEntries
    /// An entry has more pairs of metadata than `BulkPublishList.maximumPairs`.
    case tooManyPairs

    /// What was expected where a value has the wrong type.
    package enum Place: Sendable, Equatable {
        case list
        case entry
        case entryID
        case contentType
        case metadata
        case metadataValue
    }
}

/// Reads the body of a bulk publish (spec 1.2) without a tree: the events stay where they are, only names and pairs are copied.
///
/// As Go does: names are compared without case, unknown ones are ignored, of several members with one name the last counts, bytes after
/// the list are not looked at, and `null` is an empty list.
package struct BulkPublishList: ~Escapable {
    /// How many entries one request may have.
    package static let maximumEntries = 16_384
    /// How many pairs of metadata one entry may have.
    package static let maximumPairs = 128

    private let bytes: RawSpan
    private var scanner: JSONScanner
    private var entries: [BulkPublishEntry] = []
    /// A wrong type is told only of a body that is JSON to its end.
    private var mismatch: BulkPublishFault?

    @_lifetime(copy bytes)
    private init(_ bytes: RawSpan) {
        self.bytes = bytes
        scanner = JSONScanner(bytes)
    }

    /// The entries of a body.
    package static func read(_ body: RawSpan) throws(BulkPublishFault) -> [BulkPublishEntry] {
        var list = BulkPublishList(body)
        try list.readList()
        if let mismatch = list.mismatch { throw mismatch }
        return list.entries
    }

    private mutating func readList() throws(BulkPublishFault) {
        scanner.skipSpace()
        guard scanner.take(0x5B) else {
            guard scanner.position < bytes.byteCount else { throw .syntax }
            let kind = JSONKind(firstByte: bytes[scanner.position])
            guard scanner.skipValue() else { throw .syntax }
            if kind != .null { throw .wrongType(kind, at: .list) }
            return
        }
        scanner.skipSpace()
        if scanner.take(0x5D) { return }
        while true {
            guard entries.count < BulkPublishList.maximumEntries else { throw .tooManyEntries }
            try readElement()
            scanner.skipSpace()
            if scanner.take(0x5D) { return }
            guard scanner.take(0x2C) else { throw .syntax }
        }
    }

    private mutating func readElement() throws(BulkPublishFault) {
        scanner.skipSpace()
        guard var members = JSONMembers(bytes, at: scanner.position, depth: 1) else {
            guard scanner.position < bytes.byteCount else { throw .syntax }
            let kind = JSONKind(firstByte: bytes[scanner.position])
            guard scanner.skipValue(depth: 1) else { throw .syntax }
            if kind != .null { note(.wrongType(kind, at: .entry)) }
            return entries.append(BulkPublishEntry())
        }
        var entry = BulkPublishEntry()
        while let member = members.next() { take(member, into: &entry) }
        guard members.isComplete else { throw .syntax }
        scanner.position = members.extent.range.upperBound
        entries.append(entry)
    }

    private mutating func take(_ member: JSONMemberRange, into entry: inout BulkPublishEntry) {
        let name = bytes.extracting(member.name)
        if member.isEscaped {
            let plain = JSONText.unescaped(name)
            take(member.value, named: plain.rawSpan, into: &entry)
        } else {
            take(member.value, named: name, into: &entry)
        }
    }

    private mutating func take(_ value: Range<Int>, named name: RawSpan, into entry: inout BulkPublishEntry) {
        switch name.byteCount {
        case 5 where ASCII.equalIgnoringCase(name, "event"): entry.event = value
        case 7 where ASCII.equalIgnoringCase(name, "entryid"):
            if let text = text(value, at: .entryID) { entry.id = text }
        case 8 where ASCII.equalIgnoringCase(name, "metadata"): entry.metadata = pairs(value)
        case 11 where ASCII.equalIgnoringCase(name, "contenttype"):
            if let text = contentType(value) { entry.contentType = text }
        default: break
        }
    }

    /// The content type that nearly all entries have is not made anew.
    private mutating func contentType(_ value: Range<Int>) -> String? {
        bytes.extracting(value).equals("\"application/json\"") ? "application/json" : text(value, at: .contentType)
    }

    /// A string's text; `nil` for null, and for what is no string, which is noted.
    private mutating func text(_ value: Range<Int>, at place: BulkPublishFault.Place) -> String? {
        if let content = JSONText.content(of: bytes.extracting(value)) { return JSONText.text(content) }
        let kind = JSONKind(firstByte: bytes[value.lowerBound])
        if kind != .null { note(.wrongType(kind, at: place)) }
        return nil
    }

    private mutating func pairs(_ value: Range<Int>) -> [(key: String, value: String)]? {
        // The value was scanned as a part of its entry, so it is complete.
        guard var members = JSONMembers(bytes, at: value.lowerBound) else {
            let kind = JSONKind(firstByte: bytes[value.lowerBound])
            if kind != .null { note(.wrongType(kind, at: .metadata)) }
            return nil
        }
        var pairs: [(key: String, value: String)] = []
        while let member = members.next() {
            guard pairs.count < BulkPublishList.maximumPairs else {
                note(.tooManyPairs)
                return pairs
            }
            pairs.append((JSONText.text(bytes.extracting(member.name)), text(member.value, at: .metadataValue) ?? ""))
        }
        return pairs
    }

    private mutating func note(_ fault: BulkPublishFault) {
        if mismatch == nil { mismatch = fault }
    }
}
