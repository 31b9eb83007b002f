internal import Bytes

/// Replaces `$NAME` and `${NAME}` in a text by the environment's values, as Go's `os.ExpandEnv` does.
enum EnvironmentExpansion {
    /// The text with every variable replaced, unset ones by nothing; `nil` where it would be longer than the limit.
    ///
    /// A `$` that no name follows stays; `${}` and an opened brace that is never closed vanish; a digit or one of `*#$@!?-` is a name of one letter.
    static func expand(_ text: [UInt8], _ environment: [String: String], limit: Int) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            guard text[index] == 0x24, index + 1 < text.count else {
                result.append(text[index])
                index += 1
                continue
            }
            let (name, width) = name(text[(index + 1)...])
            if !name.isEmpty {
                result += Array((environment[String(decoding: name, as: UTF8.self)] ?? "").utf8)
            } else if width == 0 {
                result.append(0x24)
            }
            guard result.count <= limit else { return nil }
            index += 1 + width
        }
        return result.count <= limit ? result : nil
    }

    /// The name at the start of a text that follows a dollar, and how many bytes it takes with its braces.
    private static func name(_ text: ArraySlice<UInt8>) -> (name: ArraySlice<UInt8>, width: Int) {
        let start = text.startIndex
        if text[start] == 0x7B {
            if text.count > 2, isSpecial(text[start + 1]), text[start + 2] == 0x7D {
                return (text[(start + 1)...(start + 1)], 3)
            }
            guard let end = text.firstIndex(of: 0x7D) else { return ([], 1) }
            return (text[(start + 1)..<end], end - start + 1)
        }
        if isSpecial(text[start]) { return (text[start...start], 1) }
        let name = text.prefix { isNameByte($0) }
        return (name, name.count)
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        ASCII.isDigit(byte) || [0x2A, 0x23, 0x24, 0x40, 0x21, 0x3F, 0x2D].contains(byte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        ASCII.isDigit(byte) || byte == 0x5F || ASCII.lowercased(byte) &- 0x61 < 26
    }
}
