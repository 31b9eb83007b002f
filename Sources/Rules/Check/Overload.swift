/// One way to call a function: with these types it gives that type.
///
/// In a declaration `.variable(0)` and `.variable(1)` stand for any type, the same wherever they occur.
struct Overload: Sendable {
    /// Whether it is called on a value: `a.f(b)`. The value is the first parameter then.
    let isMember: Bool
    let parameters: [RuleType]
    let result: RuleType

    /// All functions and operators of CEL's standard library by name, without cross-type comparison of constants, as in cel-go's default.
    /// `_&&_` and `_||_` are not here: they take any number of terms.
    static let all: [String: [Overload]] = {
        var table: [String: [Overload]] = [:]
        declareOperators(&table)
        declareFunctions(&table)
        declareConversions(&table)
        declareTime(&table)
        return table
    }()

    private static let anyType = RuleType.variable(0)
    private static let list = RuleType.list(.variable(0))
    private static let map = RuleType.map(.variable(0), .variable(1))

    private static func global(_ parameters: RuleType..., to result: RuleType) -> Overload {
        Overload(isMember: false, parameters: parameters, result: result)
    }

    private static func member(_ parameters: RuleType..., to result: RuleType) -> Overload {
        Overload(isMember: true, parameters: parameters, result: result)
    }

    private static func declareOperators(_ table: inout [String: [Overload]]) {
        table["_?_:_"] = [global(.bool, anyType, anyType, to: anyType)]
        table["!_"] = [global(.bool, to: .bool)]
        table["_==_"] = [global(anyType, anyType, to: .bool)]
        table["_!=_"] = [global(anyType, anyType, to: .bool)]
        table["_+_"] =
            [RuleType.bytes, .double, .duration].map { global($0, $0, to: $0) }
            + [global(.duration, .timestamp, to: .timestamp), global(.timestamp, .duration, to: .timestamp)]
            + [RuleType.int, list, .string, .uint].map { global($0, $0, to: $0) }
        table["_-_"] =
            [RuleType.double, .duration, .int].map { global($0, $0, to: $0) }
            + [global(.timestamp, .duration, to: .timestamp), global(.timestamp, .timestamp, to: .duration)]
            + [global(.uint, .uint, to: .uint)]
        for name in ["_*_", "_/_"] { table[name] = [RuleType.double, .int, .uint].map { global($0, $0, to: $0) } }
        table["_%_"] = [RuleType.int, .uint].map { global($0, $0, to: $0) }
        table["-_"] = [RuleType.double, .int].map { global($0, to: $0) }
        let ordered: [RuleType] = [.bool, .int, .uint, .double, .string, .bytes, .timestamp, .duration]
        for name in ["_<_", "_<=_", "_>_", "_>=_"] { table[name] = ordered.map { global($0, $0, to: .bool) } }
        table["_[_]"] = [global(list, .int, to: anyType), global(map, anyType, to: .variable(1))]
        table["@in"] = [global(anyType, list, to: .bool), global(anyType, map, to: .bool)]
    }

    private static func declareFunctions(_ table: inout [String: [Overload]]) {
        table["size"] = [RuleType.bytes, list, map, .string].flatMap { [global($0, to: .int), member($0, to: .int)] }
        for name in ["contains", "startsWith", "endsWith"] { table[name] = [member(.string, .string, to: .bool)] }
        table["matches"] = [global(.string, .string, to: .bool), member(.string, .string, to: .bool)]
        table["type"] = [global(anyType, to: .type(anyType))]
        table["dyn"] = [global(anyType, to: .dyn)]
    }

    private static func declareConversions(_ table: inout [String: [Overload]]) {
        let sources: [(String, RuleType, [RuleType])] = [
            ("bool", .bool, [.bool, .string]),
            ("bytes", .bytes, [.bytes, .string]),
            ("double", .double, [.double, .int, .string, .uint]),
            ("duration", .duration, [.duration, .string]),
            ("int", .int, [.int, .double, .duration, .string, .timestamp, .uint]),
            ("string", .string, [.string, .bool, .bytes, .double, .duration, .int, .timestamp, .uint]),
            ("timestamp", .timestamp, [.timestamp, .int, .string]),
            ("uint", .uint, [.uint, .double, .int, .string]),
        ]
        for (name, result, parameters) in sources { table[name] = parameters.map { global($0, to: result) } }
    }

    private static func declareTime(_ table: inout [String: [Overload]]) {
        for part in TimePart.allCases {
            table[part.rawValue] = [member(.timestamp, to: .int), member(.timestamp, .string, to: .int)]
            if part.isOfDuration { table[part.rawValue]?.append(member(.duration, to: .int)) }
        }
    }
}
