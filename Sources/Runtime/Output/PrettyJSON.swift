internal import Bytes
package import Events

/// JSON with a member a line, for people and for files that are compared.
package enum PrettyJSON {
    /// The text with a line feed at its end.
    package static func text(_ value: JSONValue) -> String {
        var output: [UInt8] = []
        append(value, indent: 0, to: &output)
        output.append(0x0A)
        return String(decoding: output, as: UTF8.self)
    }

    private static func append(_ value: JSONValue, indent: Int, to output: inout [UInt8]) {
        switch value {
        case .object(let members) where !members.isEmpty:
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                breakLine(indent + 1, isFirst: index == 0, &output)
                JSONWriter.appendString(member.name, to: &output)
                output += Array(": ".utf8)
                append(member.value, indent: indent + 1, to: &output)
            }
            endLine(indent, &output)
            output.append(UInt8(ascii: "}"))
        case .array(let elements) where !elements.isEmpty && !elements.allSatisfy(isShort):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                breakLine(indent + 1, isFirst: index == 0, &output)
                append(element, indent: indent + 1, to: &output)
            }
            endLine(indent, &output)
            output.append(UInt8(ascii: "]"))
        default: JSONWriter.append(value, to: &output)
        }
    }

    /// Lists of plain values stay on a line.
    private static func isShort(_ value: JSONValue) -> Bool {
        switch value {
        case .object, .array: false
        case .null, .bool, .number, .string: true
        }
    }

    private static func breakLine(_ indent: Int, isFirst: Bool, _ output: inout [UInt8]) {
        if !isFirst { output.append(UInt8(ascii: ",")) }
        endLine(indent, &output)
    }

    private static func endLine(_ indent: Int, _ output: inout [UInt8]) {
        output.append(0x0A)
        output += [UInt8](repeating: 0x20, count: indent * 2)
    }
}
