/// Cuts a source into tokens, the longest first, as the grammar of CEL says; spaces and comments are dropped.
///
/// What is no token becomes a finding and is skipped, so that the parser can still tell what is wrong behind it.
struct Lexer {
    private let source: SourceText
    private let scalars: [Unicode.Scalar]
    private var offset = 0
    private(set) var tokens: [Token] = []
    private(set) var findings: [Finding] = []

    init(_ source: SourceText) {
        self.source = source
        scalars = source.scalars
    }

    /// Reads the whole source; the last token is `.end`.
    mutating func run() {
        while offset < scalars.count { scan() }
        tokens.append(Token(kind: .end, range: scalars.count..<scalars.count))
    }

    private func scalar(_ index: Int) -> Unicode.Scalar {
        index < scalars.count ? scalars[index] : "\0"
    }

    private mutating func add(_ kind: Token.Kind, until end: Int) {
        tokens.append(Token(kind: kind, range: offset..<end))
        offset = end
    }

    private mutating func scan() {
        let first = scalars[offset]
        switch first {
        case " ", "\t", "\r", "\n", "\u{0C}":
            offset += 1
        case "/" where scalar(offset + 1) == "/":
            while offset < scalars.count, scalars[offset] != "\n" { offset += 1 }
        case "\"", "'":
            scanString(prefix: 0)
        case "r", "R", "b", "B":
            scanPrefixed()
        case "`":
            scanEscapedIdentifier()
        case _ where first.isLetter || first == "_":
            scanIdentifier()
        case _ where first.isDigit:
            scanNumber()
        case "." where scalar(offset + 1).isDigit:
            scanNumber()
        default:
            scanOperator(first)
        }
    }

    /// The lexer saw a beginning of a token and then, at `index`, something that cannot follow.
    private mutating func fail(at index: Int) {
        let end = min(index + 1, scalars.count)
        findings.append(
            Finding(
                offset: offset,
                message: "Syntax error: token recognition error at: '\(source.text(offset..<end).escapedForDisplay)'"))
        offset = end
    }

    // MARK: Words and operators

    private mutating func scanIdentifier() {
        var end = offset + 1
        while scalar(end).isLetter || scalar(end).isDigit || scalar(end) == "_" { end += 1 }
        switch source.text(offset..<end) {
        case "true": add(.true, until: end)
        case "false": add(.false, until: end)
        case "null": add(.null, until: end)
        case "in": add(.in, until: end)
        default: add(.identifier, until: end)
        }
    }

    private mutating func scanEscapedIdentifier() {
        var end = offset + 1
        while scalar(end).isLetter || scalar(end).isDigit || "_.-/ ".unicodeScalars.contains(scalar(end)) { end += 1 }
        guard scalar(end) == "`", end > offset + 1 else { return fail(at: end) }
        add(.escapedIdentifier, until: end + 1)
    }

    private mutating func scanOperator(_ first: Unicode.Scalar) {
        let second = scalar(offset + 1)
        switch (first, second) {
        case ("=", "="): add(.equal, until: offset + 2)
        case ("!", "="): add(.notEqual, until: offset + 2)
        case ("<", "="): add(.lessOrEqual, until: offset + 2)
        case (">", "="): add(.greaterOrEqual, until: offset + 2)
        case ("&", "&"): add(.and, until: offset + 2)
        case ("|", "|"): add(.or, until: offset + 2)
        case ("=", _), ("&", _), ("|", _): fail(at: offset + 1)
        default:
            if let kind = Token.Kind(rawValue: String(first)), first.isASCII {
                add(kind, until: offset + 1)
            } else {
                fail(at: offset)
            }
        }
    }

    // MARK: Numbers

    private mutating func scanNumber() {
        var end = offset
        if scalar(end) == "0", scalar(end + 1) == "x", scalar(end + 2).isHexDigit {
            end += 2
            while scalar(end).isHexDigit { end += 1 }
            return addInteger(until: end)
        }
        while scalar(end).isDigit { end += 1 }
        var isDouble = false
        if scalar(end) == ".", scalar(end + 1).isDigit {
            isDouble = true
            end += 1
            while scalar(end).isDigit { end += 1 }
        }
        if scalar(end) == "e" || scalar(end) == "E" {
            var digits = end + 1
            if scalar(digits) == "+" || scalar(digits) == "-" { digits += 1 }
            if scalar(digits).isDigit {
                isDouble = true
                end = digits
                while scalar(end).isDigit { end += 1 }
            }
        }
        if isDouble { add(.double, until: end) } else { addInteger(until: end) }
    }

    private mutating func addInteger(until end: Int) {
        if scalar(end) == "u" || scalar(end) == "U" {
            add(.uint, until: end + 1)
        } else {
            add(.int, until: end)
        }
    }

    // MARK: Strings

    /// A word that may be the prefix of a string: `r`, `b` or `br`. Where no whole string follows it is a name.
    private mutating func scanPrefixed() {
        var prefix = 1
        if scalar(offset).isByteMark, scalar(offset + 1).isRawMark { prefix = 2 }
        let quote = scalar(offset + prefix)
        if quote == "\"" || quote == "'" { scanString(prefix: prefix) } else { scanIdentifier() }
    }

    private mutating func scanString(prefix: Int) {
        let isBytes = prefix > 0 && scalar(offset).isByteMark
        let isRaw = prefix > 0 && scalar(offset + prefix - 1).isRawMark
        let kind: Token.Kind = isBytes ? .bytes : .string
        let start = offset + prefix
        let quote = scalar(start)
        if scalar(start + 1) == quote, scalar(start + 2) == quote {
            // A triple quote that never closes is an empty string and what follows it.
            return add(kind, until: endOfTriple(from: start + 3, quote: quote, isRaw: isRaw) ?? start + 2)
        }
        var index = start + 1
        while true {
            guard index < scalars.count, scalars[index] != "\n", scalars[index] != "\r" else { break }
            if scalars[index] == quote { return add(kind, until: index + 1) }
            if scalars[index] == "\\", !isRaw {
                guard let next = endOfEscape(from: index) else {
                    index += 1
                    break
                }
                index = next
            } else {
                index += 1
            }
        }
        if prefix > 0 { scanIdentifier() } else { fail(at: index) }
    }

    private func endOfTriple(from start: Int, quote: Unicode.Scalar, isRaw: Bool) -> Int? {
        var index = start
        while index < scalars.count {
            if scalars[index] == quote, scalar(index + 1) == quote, scalar(index + 2) == quote { return index + 3 }
            if scalars[index] == "\\", !isRaw {
                guard let next = endOfEscape(from: index) else { return nil }
                index = next
            } else {
                index += 1
            }
        }
        return nil
    }

    /// The offset behind an escape sequence of the grammar, or `nil` where there is none.
    private func endOfEscape(from start: Int) -> Int? {
        let mark = scalar(start + 1)
        let digits: Int
        switch mark {
        case "a", "b", "f", "n", "r", "t", "v", "\"", "'", "\\", "?", "`": return start + 2
        case "x", "X": digits = 2
        case "u": digits = 4
        case "U": digits = 8
        case "0", "1", "2", "3":
            return scalar(start + 2).isOctalDigit && scalar(start + 3).isOctalDigit ? start + 4 : nil
        default: return nil
        }
        for index in 0..<digits where !scalar(start + 2 + index).isHexDigit { return nil }
        return start + 2 + digits
    }
}
