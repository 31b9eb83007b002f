internal import Bytes
internal import Events

/// What Go's decoder says of a body that is not the object it should be: callers of daprd know these texts.
enum JSONComplaint {
    /// The text for a body in which an object was expected.
    static func text(objectExpectedIn body: [UInt8]) -> String {
        text(of: body) { "json: cannot unmarshal \($0.rawValue) into Go value of type map[string]interface {}" }
    }

    /// The text for a body in which a list of entries to publish was expected.
    static func text(_ fault: BulkPublishFault, in body: [UInt8]) -> String {
        switch fault {
        case .syntax: text(of: body) { _ in "the JSON text is nested too deep" }
        case .wrongType(let kind, let place): "json: cannot unmarshal \(kind.rawValue) into Go \(target(place))"
        case .tooManyEntries:
            "the list has more than \(BulkPublishList.maximumEntries) entries; publish them in several requests"
        case .tooManyPairs: "an entry has more than \(BulkPublishList.maximumPairs) pairs of metadata"
        }
    }

    private static func target(_ place: BulkPublishFault.Place) -> String {
        switch place {
        case .list: "value of type []http.bulkPublishMessageEntry"
        case .entry: "value of type http.bulkPublishMessageEntry"
        case .entryID: "struct field bulkPublishMessageEntry.entryId of type string"
        case .contentType: "struct field bulkPublishMessageEntry.contentType of type string"
        case .metadata: "struct field bulkPublishMessageEntry.metadata of type map[string]string"
        case .metadataValue: "struct field bulkPublishMessageEntry.metadata of type string"
        }
    }

    /// The text for a body that is no JSON, else what is said of the kind of value that it is.
    private static func text(of body: [UInt8], otherwise: (JSONKind) -> String) -> String {
        do {
            _ = try JSONValue.parseFirst(body.rawSpan)
            return otherwise(JSONKind(firstByte: body.first { $0 > 0x20 } ?? 0))
        } catch {
            return text(error, body)
        }
    }

    private static func text(_ error: JSONSyntaxError, _ body: [UInt8]) -> String {
        let isBlank = body.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        switch error.reason {
        case .unexpectedEnd: return isBlank ? "EOF" : "unexpected EOF"
        case .unexpectedByte where error.offset < body.count:
            let character = Character(UnicodeScalar(body[error.offset]))
            let before = body[..<error.offset].last { $0 > 0x20 }
            let expected = before == 0x7B ? "beginning of object key string" : "beginning of value"
            return "invalid character '\(character)' looking for \(expected)"
        case .unexpectedByte, .tooDeep, .tooManyValues: return "\(error)"
        }
    }
}
