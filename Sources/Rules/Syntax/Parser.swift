/// Reads tokens into an `Expression`.
///
/// A mistake of syntax ends the reading; what is syntax but not allowed (a reserved word, a number too large, a wrong macro) is noted and read on.
/// The grammar is that of CEL without optional syntax; operators bind, from loose to tight: `?:`, `||`, `&&`, comparisons and `in`, `+ -`, `* / %`,
/// the unary ones, then members, calls and indexes.
struct Parser {
    let source: SourceText
    private let tokens: [Token]
    private var index = 0
    private var depth = 0
    private(set) var findings: [Finding]

    init(_ source: SourceText) {
        self.source = source
        var lexer = Lexer(source)
        lexer.run()
        tokens = lexer.tokens
        findings = lexer.findings
    }

    /// Reads the whole source; `nil` where a mistake of syntax ended it. All findings are in `findings` then.
    mutating func parse() -> Expression? {
        do throws(Finding) {
            let expression = try parseExpression()
            guard current.kind == .end else {
                let isLast = tokens[index + 1].kind == .end
                throw syntax(isLast ? "extraneous input" : "mismatched input", expecting: "<EOF>")
            }
            return expression
        } catch {
            findings.append(error)
            return nil
        }
    }

    // MARK: Tokens

    var current: Token { tokens[index] }

    func text(_ token: Token) -> String {
        token.kind == .end ? Token.Kind.end.rawValue : source.text(token.range)
    }

    mutating func advance() -> Token {
        let token = tokens[index]
        if token.kind != .end { index += 1 }
        return token
    }

    mutating func skip(_ kind: Token.Kind) -> Bool {
        guard current.kind == kind else { return false }
        _ = advance()
        return true
    }

    func peek(_ distance: Int) -> Token.Kind {
        index + distance < tokens.count ? tokens[index + distance].kind : .end
    }

    /// Takes a token that must come here.
    mutating func expect(_ kind: Token.Kind) throws(Finding) {
        guard !skip(kind) else { return }
        if current.kind == .end {
            throw Finding(
                offset: current.range.lowerBound,
                message: "Syntax error: missing '\(kind.rawValue)' at '\(text(current))'")
        }
        throw syntax("mismatched input", expecting: "'\(kind.rawValue)'")
    }

    func syntax(_ what: String, expecting: String) -> Finding {
        Finding(
            offset: current.range.lowerBound,
            message: "Syntax error: \(what) '\(text(current).escapedForDisplay)' expecting \(expecting)")
    }

    mutating func refuse(_ message: String, at offset: Int) -> Expression {
        findings.append(Finding(offset: offset, message: message))
        return Expression(.refused, at: offset)
    }

    /// Makes a node; a tree that got too high ends the reading, as everything behind walks it by recursion.
    func make(_ kind: Expression.Kind, at offset: Int) throws(Finding) -> Expression {
        let expression = Expression(kind, at: offset)
        guard expression.height <= RuleLimits.depth else { throw Self.tooDeep(at: offset) }
        return expression
    }

    private static func tooDeep(at offset: Int) -> Finding {
        Finding(offset: offset, message: "expression recursion limit exceeded: \(RuleLimits.depth)")
    }

    // MARK: Operators

    mutating func parseExpression() throws(Finding) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= RuleLimits.depth else { throw Self.tooDeep(at: current.range.lowerBound) }
        let condition = try parseLogic(.or, function: "_||_")
        guard current.kind == .question else { return condition }
        let mark = advance()
        let first = try parseLogic(.or, function: "_||_")
        try expect(.colon)
        let second = try parseExpression()
        return try make(.call("_?_:_", target: nil, [condition, first, second]), at: mark.range.lowerBound)
    }

    /// A chain of one logical operator is one node, however long it is.
    private mutating func parseLogic(_ kind: Token.Kind, function: String) throws(Finding) -> Expression {
        var terms = [try parseTerm(of: kind)]
        var offset = 0
        while current.kind == kind {
            offset = advance().range.lowerBound
            terms.append(try parseTerm(of: kind))
        }
        return terms.count == 1 ? terms[0] : try make(.call(function, target: nil, terms), at: offset)
    }

    private mutating func parseTerm(of kind: Token.Kind) throws(Finding) -> Expression {
        kind == .or ? try parseLogic(.and, function: "_&&_") : try parseBinary(above: 0)
    }

    private mutating func parseBinary(above level: Int) throws(Finding) -> Expression {
        var left = try parseUnary()
        while let next = Self.binary[current.kind], next.level > level {
            let offset = advance().range.lowerBound
            let right = try parseBinary(above: next.level)
            left = try make(.call(next.function, target: nil, [left, right]), at: offset)
        }
        return left
    }

    private static let binary: [Token.Kind: (level: Int, function: String)] = [
        .equal: (1, "_==_"), .notEqual: (1, "_!=_"), .less: (1, "_<_"), .lessOrEqual: (1, "_<=_"),
        .greater: (1, "_>_"), .greaterOrEqual: (1, "_>=_"), .in: (1, "@in"),
        .plus: (2, "_+_"), .minus: (2, "_-_"), .star: (3, "_*_"), .slash: (3, "_/_"), .percent: (3, "_%_"),
    ]

    private mutating func parseUnary() throws(Finding) -> Expression {
        let kind = current.kind
        guard kind == .not || kind == .minus else { return try parseMember() }
        if kind == .minus, peek(1) == .int || peek(1) == .double { return try parseMember() }
        let offset = current.range.lowerBound
        var isOdd = false
        while skip(kind) { isOdd.toggle() }
        let operand = try parseMember()
        // An even number of signs is none.
        return isOdd ? try make(.call(kind == .not ? "!_" : "-_", target: nil, [operand]), at: offset) : operand
    }
}
