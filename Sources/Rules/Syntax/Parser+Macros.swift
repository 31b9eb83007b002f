/// Calls, of which some are macros: `has(a.b)`, and `all`, `exists`, `exists_one`, `existsOne`, `map`, `filter` with a range before the dot.
/// A macro's name with another number of arguments is an ordinary call, of a function that does not exist.
extension Parser {
    mutating func call(
        _ name: String, target: Expression?, _ arguments: [Expression], at offset: Int
    ) throws(Finding) -> Expression {
        if let target {
            if let macro = Self.macros[name], arguments.count == 2 || (arguments.count == 3 && macro == .map) {
                return try comprehension(macro, over: target, arguments, at: offset)
            }
        } else if name == "has", arguments.count == 1 {
            return try presence(arguments[0], at: offset)
        }
        return try make(.call(name, target: target, arguments), at: offset)
    }

    private static let macros: [String: Expression.Macro] = [
        "all": .all, "exists": .exists, "exists_one": .existsOne, "existsOne": .existsOne, "map": .map,
        "filter": .filter,
    ]

    private mutating func presence(_ argument: Expression, at offset: Int) throws(Finding) -> Expression {
        guard case .select(let operand, let field) = argument.kind else {
            return refuse("invalid argument to has() macro", at: argument.offset)
        }
        return try make(.presence(operand, field: field), at: offset)
    }

    private mutating func comprehension(
        _ macro: Expression.Macro, over range: Expression, _ arguments: [Expression], at offset: Int
    ) throws(Finding) -> Expression {
        guard case .identifier(let variable) = arguments[0].kind, !variable.hasPrefix(".") else {
            let message =
                macro == .map || macro == .filter ? "argument is not an identifier" : "argument must be a simple name"
            return refuse(message, at: arguments[0].offset)
        }
        let isMap = macro == .map
        let condition = !isMap || arguments.count == 3 ? arguments[1] : nil
        let loop = Expression.Comprehension(
            macro: macro, range: range, variable: variable, condition: condition,
            transform: isMap ? arguments.last : nil)
        return try make(.comprehension(loop), at: offset)
    }
}
