/// The static type of an expression, as far as it is known.
indirect enum RuleType: Equatable, Sendable {
    /// Known only when evaluated.
    case dyn
    /// The type of `event` and of undeclared names: as `dyn`, but no range of a macro.
    case any
    /// The type of what was refused; goes with everything, so that one mistake is reported once.
    case error
    case null
    case bool
    case int
    case uint
    case double
    case string
    case bytes
    case timestamp
    case duration
    case list(RuleType)
    case map(RuleType, RuleType)
    /// The type of a type value, and of which type it is the value where that is known.
    case type(RuleType?)
    /// Stands for a type that is still to be found.
    case variable(Int)

    var isDynamic: Bool { self == .dyn || self == .any }
    var isCompound: Bool {
        switch self {
        case .list, .map: true
        default: false
        }
    }
    var isDynamicOrError: Bool { isDynamic || self == .error }
}

extension RuleType: CustomStringConvertible {
    var description: String {
        switch self {
        case .dyn: "dyn"
        case .any: "any"
        case .error: "!error!"
        case .null: "null"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .timestamp: "timestamp"
        case .duration: "duration"
        case .list(let element): "list(\(element))"
        case .map(let key, let value): "map(\(key), \(value))"
        case .type(let inner): inner.map { "type(\($0))" } ?? "type"
        case .variable(let number): "_var\(number)"
        }
    }
}
