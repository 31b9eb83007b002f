/// A piece of source: its kind and where it stands.
struct Token: Equatable {
    let kind: Kind
    let range: Range<Int>

    enum Kind: String {
        case end = "<EOF>"
        case identifier = "IDENTIFIER"
        case escapedIdentifier = "ESC_IDENTIFIER"
        case int = "NUM_INT"
        case uint = "NUM_UINT"
        case double = "NUM_FLOAT"
        case string = "STRING"
        case bytes = "BYTES"
        case `true`
        case `false`
        case null
        case `in`
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case and = "&&"
        case or = "||"
        case leftBracket = "["
        case rightBracket = "]"
        case leftBrace = "{"
        case rightBrace = "}"
        case leftParenthesis = "("
        case rightParenthesis = ")"
        case dot = "."
        case comma = ","
        case minus = "-"
        case not = "!"
        case question = "?"
        case colon = ":"
        case plus = "+"
        case star = "*"
        case slash = "/"
        case percent = "%"
    }
}
