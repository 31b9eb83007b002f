internal import Bytes

/// Texts of others on their way to a terminal: nothing in them moves the cursor, changes colours, turns the direction of writing, or looks
/// like a line of ours (docs/commands.md). Pure.
package enum TerminalText {
    /// The most bytes that are shown of one text.
    package static let longest = 16 << 10

    /// A text on one line.
    package static func escaped(_ text: String) -> String { escaped(Array(text.utf8)) }

    /// Bytes as text: control characters, marks of direction and what is no UTF-8 as escapes, cut at the bound.
    /// - Parameter margin: goes in front of each line but the first; without one, line feeds are escaped too.
    package static func escaped(_ bytes: [UInt8], margin: String? = nil) -> String {
        var result = ""
        var offset = 0
        let end = min(bytes.count, longest)
        while offset < end {
            let length = UTF8Text.sequenceLength(bytes.rawSpan, at: offset)
            guard length > 0 else {
                result += "\\x" + hex(UInt32(bytes[offset]), width: 2)
                offset += 1
                continue
            }
            let part = String(decoding: bytes[offset..<offset + length], as: UTF8.self)
            for scalar in part.unicodeScalars {
                if scalar == "\n", let margin { result += "\n" + margin } else { append(scalar, to: &result) }
            }
            offset += length
        }
        if offset < bytes.count { result += "… (\(bytes.count - offset) bytes more)" }
        return result
    }

    private static func append(_ scalar: Unicode.Scalar, to result: inout String) {
        switch scalar {
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case _ where isHarmful(scalar): result += "\\u{" + hex(scalar.value, width: 1) + "}"
        default: result.unicodeScalars.append(scalar)
        }
    }

    /// Control characters, the invisible and the direction marks among the format characters, and separators of lines.
    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: false
        }
    }

    private static func hex(_ value: UInt32, width: Int) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
