internal import Bytes
internal import Events

/// What Go's decoder says of a body that is not the object it should be: callers of daprd know these texts.
enum JSONComplaint {
    /// The text for a body in which an object was expected.
    static func text(objectExpectedIn body: [UInt8]) -> String {
        do {
            let value = try JSONValue.parseFirst(body.rawSpan)
            return "json: cannot unmarshal \(kind(of: value)) into Go value of type map[string]interface {}"
        } catch {
            return text(error, body)
        }
    }

    private static func kind(of value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "bool"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
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
