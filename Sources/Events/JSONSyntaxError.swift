/// Why a text is not taken as JSON.
package struct JSONSyntaxError: Error, Sendable, Equatable {
    /// The kind of fault.
    package enum Reason: Sendable, Equatable {
        /// The text ends inside of a value.
        case unexpectedEnd
        /// The byte at the offset does not belong there.
        case unexpectedByte
        /// Arrays and objects are nested deeper than `JSONScanner.maximumDepth`.
        case tooDeep
        /// There are more than `JSONValue.maximumNodes` values.
        case tooManyValues
    }

    /// The kind of fault.
    package var reason: Reason
    /// Where it was found, in bytes.
    package var offset: Int
}

extension JSONSyntaxError: CustomStringConvertible {
    /// One line without a part of the text.
    package var description: String {
        switch reason {
        case .unexpectedEnd: "the JSON text ends inside of a value (at byte \(offset))"
        case .unexpectedByte: "the JSON text has an unexpected character at byte \(offset)"
        case .tooDeep: "the JSON text is nested deeper than \(JSONScanner.maximumDepth) levels at byte \(offset)"
        case .tooManyValues:
            "the JSON text has more than \(JSONValue.maximumNodes) values, counted up to byte \(offset)"
        }
    }
}
