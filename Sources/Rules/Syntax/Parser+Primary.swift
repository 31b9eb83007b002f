/// Members, calls, indexes, literals and everything in brackets.
extension Parser {
    mutating func parseMember() throws(Finding) -> Expression {
        var operand = try parsePrimary()
        while true {
            switch current.kind {
            case .dot: operand = try parseSelection(of: operand)
            case .leftBracket: operand = try parseIndex(of: operand)
            default: return operand
            }
        }
    }

    private mutating func parseSelection(of operand: Expression) throws(Finding) -> Expression {
        let dot = advance().range.lowerBound
        let isOptional = skip(.question)
        guard current.kind == .identifier || current.kind == .escapedIdentifier else {
            throw syntax("mismatched input", expecting: "IDENTIFIER")
        }
        let name = advance()
        if isOptional { return refuse("unsupported syntax '.?'", at: dot) }
        if name.kind == .escapedIdentifier { return refuse("unsupported syntax: '`'", at: name.range.lowerBound) }
        guard current.kind == .leftParenthesis else {
            return try make(.select(operand, field: text(name)), at: dot)
        }
        let bracket = advance().range.lowerBound
        let arguments = try parseArguments()
        return try call(text(name), target: operand, arguments, at: bracket)
    }

    private mutating func parseIndex(of operand: Expression) throws(Finding) -> Expression {
        let bracket = advance().range.lowerBound
        let isOptional = skip(.question)
        let index = try parseExpression()
        try expect(.rightBracket)
        if isOptional { return refuse("unsupported syntax '[?'", at: bracket) }
        return try make(.call("_[_]", target: nil, [operand, index]), at: bracket)
    }

    private mutating func parseArguments() throws(Finding) -> [Expression] {
        var arguments: [Expression] = []
        if skip(.rightParenthesis) { return arguments }
        repeat { arguments.append(try parseExpression()) } while skip(.comma)
        try expect(.rightParenthesis)
        return arguments
    }

    private mutating func parsePrimary() throws(Finding) -> Expression {
        let token = current
        let offset = token.range.lowerBound
        switch token.kind {
        case .dot, .identifier:
            return try parseName()
        case .leftParenthesis:
            _ = advance()
            let inner = try parseExpression()
            try expect(.rightParenthesis)
            return inner
        case .leftBracket:
            return try parseList()
        case .leftBrace:
            return try parseMap()
        case .minus, .int, .uint, .double:
            return try parseNumber()
        case .string, .bytes:
            _ = advance()
            return literal(token)
        case .true, .false:
            _ = advance()
            return Expression(.literal(.bool(token.kind == .true)), at: offset)
        case .null:
            _ = advance()
            return Expression(.literal(.null), at: offset)
        default:
            throw syntax("mismatched input", expecting: Self.startsOfExpression)
        }
    }

    private static let startsOfExpression =
        "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"
    private static let startsInList =
        "{'[', ']', '{', '(', '.', ',', '-', '!', '?', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, "
        + "IDENTIFIER}"

    // MARK: Names

    private mutating func parseName() throws(Finding) -> Expression {
        let start = current.range.lowerBound
        let hasDot = skip(.dot)
        guard current.kind == .identifier else { throw syntax("mismatched input", expecting: "IDENTIFIER") }
        if isMessage { return try parseMessage(hasDot: hasDot) }
        let token = advance()
        let word = text(token)
        let name = hasDot ? "." + word : word
        let isReserved = Self.reserved.contains(word)
        guard current.kind == .leftParenthesis else {
            if isReserved { return refuse("reserved identifier: \(word)", at: start) }
            return Expression(.identifier(name), at: token.range.lowerBound)
        }
        let bracket = advance().range.lowerBound
        let arguments = try parseArguments()
        if isReserved { return refuse("reserved identifier: \(word)", at: start) }
        return try call(name, target: nil, arguments, at: bracket)
    }

    private static let reserved: Set<String> = [
        "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop",
        "package", "namespace", "null", "return", "true", "var", "void", "while",
    ]

    /// Whether `a.b.c{` starts here.
    private var isMessage: Bool {
        var distance = 1
        while peek(distance) == .dot, peek(distance + 1) == .identifier { distance += 2 }
        return peek(distance) == .leftBrace
    }

    private mutating func parseMessage(hasDot: Bool) throws(Finding) -> Expression {
        var name = hasDot ? "." : ""
        while current.kind != .leftBrace { name += text(advance()) }
        let brace = advance().range.lowerBound
        while current.kind != .rightBrace {
            if skip(.comma) { break }
            _ = skip(.question)
            guard current.kind == .identifier || current.kind == .escapedIdentifier else {
                throw syntax("mismatched input", expecting: "'}'")
            }
            _ = advance()
            try expect(.colon)
            _ = try parseExpression()
            if current.kind != .rightBrace { try expect(.comma) }
        }
        try expect(.rightBrace)
        return Expression(.message(name), at: brace)
    }

    // MARK: Lists and maps

    private mutating func parseList() throws(Finding) -> Expression {
        let bracket = advance().range.lowerBound
        var elements: [Expression] = []
        if current.kind == .end { throw syntax("mismatched input", expecting: Self.startsInList) }
        while current.kind != .rightBracket, current.kind != .comma {
            if current.kind == .question { _ = refuse("unsupported syntax '?'", at: advance().range.lowerBound) }
            elements.append(try parseExpression())
            guard current.kind == .comma, peek(1) != .rightBracket else { break }
            _ = advance()
        }
        _ = skip(.comma)
        try expect(.rightBracket)
        return try make(.list(elements), at: bracket)
    }

    private mutating func parseMap() throws(Finding) -> Expression {
        let brace = advance().range.lowerBound
        var entries: [(key: Expression, value: Expression)] = []
        while current.kind != .rightBrace, current.kind != .comma {
            if current.kind == .question { _ = refuse("unsupported syntax '?'", at: advance().range.lowerBound) }
            let key = try parseExpression()
            try expect(.colon)
            entries.append((key, try parseExpression()))
            guard current.kind == .comma, peek(1) != .rightBrace else { break }
            _ = advance()
        }
        _ = skip(.comma)
        try expect(.rightBrace)
        return try make(.map(entries), at: brace)
    }

    // MARK: Literals

    private mutating func parseNumber() throws(Finding) -> Expression {
        let offset = current.range.lowerBound
        let isNegative = skip(.minus)
        let token = current
        var digits = text(token)
        switch token.kind {
        case .int:
            _ = advance()
            let isHex = digits.hasPrefix("0x")
            if isHex { digits.removeFirst(2) }
            guard let value = Int64((isNegative ? "-" : "") + digits, radix: isHex ? 16 : 10) else {
                return refuse("invalid int literal", at: offset)
            }
            return Expression(.literal(.int(value)), at: offset)
        case .uint where !isNegative:
            _ = advance()
            digits.removeLast()
            let isHex = digits.hasPrefix("0x")
            if isHex { digits.removeFirst(2) }
            guard let value = UInt64(digits, radix: isHex ? 16 : 10) else {
                return refuse("invalid uint literal", at: offset)
            }
            return Expression(.literal(.uint(value)), at: offset)
        case .double:
            _ = advance()
            guard let value = Double((isNegative ? "-" : "") + digits), value.isFinite else {
                return refuse("invalid double literal", at: offset)
            }
            return Expression(.literal(.double(value)), at: offset)
        default:
            throw syntax("mismatched input", expecting: Self.startsOfExpression)
        }
    }

    private mutating func literal(_ token: Token) -> Expression {
        let offset = token.range.lowerBound
        let isBytes = token.kind == .bytes
        do throws(Literal.Mistake) {
            let literal = try Literal(token: source.scalars[token.range], isBytes: isBytes)
            let value: Value = isBytes ? .bytes(literal.bytes) : .string(String(decoding: literal.bytes, as: UTF8.self))
            return Expression(.literal(value), at: offset)
        } catch {
            return refuse(error.rawValue, at: offset)
        }
    }
}
