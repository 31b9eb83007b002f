internal import YAML

/// YAML values as the JSON text that daprd makes of them: members sorted, `<`, `>` and `&` escaped.
enum ResourceJSON {
    /// The JSON text of a node; `nil` where a mapping in it has a key that is no scalar.
    static func text(of node: YAMLNode) -> String? {
        switch node.content {
        case .scalar(let scalar): return text(of: scalar)
        case .sequence(let elements):
            var parts: [String] = []
            for element in elements {
                guard let part = text(of: element) else { return nil }
                parts.append(part)
            }
            return "[" + parts.joined(separator: ",") + "]"
        case .mapping(let entries):
            var members: [String: String] = [:]
            for entry in entries {
                guard let key = DocumentReader.text(entry.key), let value = text(of: entry.value) else { return nil }
                members[key] = value
            }
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            return "{" + sorted.map { quoted($0.key) + ":" + $0.value }.joined(separator: ",") + "}"
        }
    }

    private static func text(of scalar: YAMLNode.Scalar) -> String {
        switch scalar.value(.resources) {
        case .null: "null"
        case .bool(let truth): truth ? "true" : "false"
        case .integer(let number): String(number)
        case .unsigned(let number): String(number)
        case .float(let number): GoNumber.json(number)
        case .text(let text): quoted(text)
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{08}": result += "\\b"
            case "\u{0C}": result += "\\f"
            case "<", ">", "&", "\u{2028}", "\u{2029}": result += escape(scalar)
            default:
                if scalar.value < 0x20 { result += escape(scalar) } else { result.unicodeScalars.append(scalar) }
            }
        }
        return result + "\""
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
