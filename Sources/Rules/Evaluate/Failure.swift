/// Why an evaluation gave no value; a logical operator may still absorb it, so its text is made only when it is asked for.
enum Failure: Error {
    case noSuchAttribute(String)
    case noSuchKey(Value)
    /// The key was computed, perhaps from the event's data.
    case noSuchComputedKey(Value)
    /// The pattern was computed, perhaps from the event's data.
    case computedPattern(PatternMistake)
    case indexOutOfBounds(Value)
    /// No way to call a function with these values; without a name where the first value knows the function but not the second.
    case noSuchOverload(String?)
    case divisionByZero
    case modulusByZero
    case integerOverflow
    case unsignedOverflow
    case timestampOverflow
    case unordered
    case conversion(from: TypeName, to: TypeName)
    case cost
    case other(String)

    static func unsupportedIndex(_ type: TypeName) -> Failure {
        .other("unsupported index type '\(type.rawValue)' in list")
    }

    /// The text, in the words of cel-go.
    var message: String {
        switch self {
        case .noSuchAttribute(let name): "no such attribute(s): \(name)"
        case .noSuchKey(let key): "no such key: \(key.display)"
        case .noSuchComputedKey(let key): "no such key: \(key.display)"
        case .computedPattern(let mistake): mistake.message
        case .indexOutOfBounds(let index): "index out of bounds: \(index.display)"
        case .noSuchOverload(let name): name.map { "no such overload: \($0)" } ?? "no such overload"
        case .divisionByZero: "division by zero"
        case .modulusByZero: "modulus by zero"
        case .integerOverflow: "integer overflow"
        case .unsignedOverflow: "unsigned integer overflow"
        case .timestampOverflow: "timestamp overflow"
        case .unordered: "NaN values cannot be ordered"
        case .conversion(let from, let to): "type conversion error from '\(from.rawValue)' to '\(to.rawValue)'"
        case .cost: "the evaluation needs more than \(RuleLimits.evaluationCost) steps"
        case .other(let text): text
        }
    }
    /// The text for a log: like `message`, without what may be data of the event.
    var loggedMessage: String {
        switch self {
        case .noSuchComputedKey: "no such key"
        case .computedPattern(let mistake): mistake.reason
        default: message
        }
    }
}
