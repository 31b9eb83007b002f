/// The classes of characters in the grammar of CEL; all of them are ASCII.
extension Unicode.Scalar {
    var isLetter: Bool { ("a"..."z").contains(self) || ("A"..."Z").contains(self) }
    var isDigit: Bool { ("0"..."9").contains(self) }
    var isOctalDigit: Bool { ("0"..."7").contains(self) }
    var isHexDigit: Bool { isDigit || ("a"..."f").contains(self) || ("A"..."F").contains(self) }
    var isRawMark: Bool { self == "r" || self == "R" }
    var isByteMark: Bool { self == "b" || self == "B" }

    /// The value of a hexadecimal digit, 0 for anything else.
    var hexValue: UInt32 {
        switch self {
        case "0"..."9": value - 0x30
        case "a"..."f": value - 0x61 + 10
        case "A"..."F": value - 0x41 + 10
        default: 0
        }
    }
}

extension String {
    /// The text of a token inside an error: line ends and tabs are written as escapes.
    var escapedForDisplay: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
