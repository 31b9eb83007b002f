import Events

/// A tree from JSON text, for tests.
struct JSONReader {
    private var rest: Substring.UnicodeScalarView

    static func tree(_ text: String) -> JSONValue {
        var reader = JSONReader(rest: text[...].unicodeScalars)
        return reader.value()
    }

    private mutating func skipSpace() {
        rest = rest.drop { " \n\t\r".unicodeScalars.contains($0) }
    }

    private mutating func value() -> JSONValue {
        skipSpace()
        switch rest.first {
        case "{": return object()
        case "[": return array()
        case "\"": return .string(string())
        default:
            let word = String(String.UnicodeScalarView(rest.prefix { !",]} \n".unicodeScalars.contains($0) }))
            rest = rest.dropFirst(word.unicodeScalars.count)
            switch word {
            case "true": return .bool(true)
            case "false": return .bool(false)
            case "null": return .null
            default: return .number(word)
            }
        }
    }

    private mutating func string() -> String {
        rest = rest.dropFirst()
        var text = ""
        while let scalar = rest.popFirst(), scalar != "\"" {
            if scalar == "\\", let escaped = rest.popFirst() {
                text.unicodeScalars.append(escaped == "n" ? "\n" : escaped)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private mutating func array() -> JSONValue {
        var elements: [JSONValue] = []
        rest = rest.dropFirst()
        while true {
            skipSpace()
            if rest.first == "]" { break }
            elements.append(value())
            skipSpace()
            if rest.first == "," { rest = rest.dropFirst() }
        }
        rest = rest.dropFirst()
        return .array(elements)
    }

    private mutating func object() -> JSONValue {
        var members: [JSONMember] = []
        rest = rest.dropFirst()
        while true {
            skipSpace()
            if rest.first == "}" { break }
            let name = string()
            skipSpace()
            rest = rest.dropFirst()
            members.append(JSONMember(name: name, value: value()))
            skipSpace()
            if rest.first == "," { rest = rest.dropFirst() }
        }
        rest = rest.dropFirst()
        return .object(members)
    }
}
