/// A JSON text as a tree. It is built only off the event path, or where a rule looks into the data.
///
/// Numbers keep the literal in which they were written, so that nothing is rounded on the way through.
/// Members keep their order; of two members with the same name both are kept, and look-ups give the last, as Go's decoder does.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// The literal exactly as written, such as `1.50` or `-0`.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])
}

/// One member of a JSON object.
package struct JSONMember: Sendable, Equatable {
    package var name: String
    package var value: JSONValue

    package init(name: String, value: JSONValue) {
        self.name = name
        self.value = value
    }
}

extension JSONValue {
    /// The value of the last member with exactly this name; `nil` for other values and where there is none.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    /// The text of a string.
    package var text: String? {
        if case .string(let text) = self { return text }
        return nil
    }
}
