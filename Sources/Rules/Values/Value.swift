internal import Events

/// A value while an expression is evaluated. What comes from the event stays as it is (`array`, `object`) until something looks inside.
enum Value: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case timestamp(Timestamp)
    /// Nanoseconds.
    case duration(Int64)
    case type(TypeName)
    /// A list that the expression made.
    case list([Value])
    /// A list of the event.
    case array([JSONValue])
    /// A map that the expression made.
    case map(MapLiteral)
    /// A map of the event.
    case object([JSONMember])

    /// A value of the event; its numbers are doubles, whatever they look like.
    init(_ json: JSONValue) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .number(let literal): self = .double(JSONNumber.double(literal))
        case .string(let text): self = .string(text)
        case .array(let elements): self = .array(elements)
        case .object(let members): self = .object(members)
        }
    }

    var typeName: TypeName {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        case .timestamp: .timestamp
        case .duration: .duration
        case .type: .type
        case .list, .array: .list
        case .map, .object: .map
        }
    }

    /// The type of a literal, as the checker sees it.
    var staticType: RuleType { typeName.staticType }

    /// As Go prints it inside an error; only what can be a key or an index needs to look right.
    var display: String {
        switch self {
        case .null: "NULL_VALUE"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .uint(let value): String(value)
        case .double(let value): DoubleText.text(value)
        case .string(let value): value
        default: typeName.rawValue
        }
    }
}

/// A map that the expression made: few entries, looked up one after the other.
struct MapLiteral: Sendable {
    private(set) var entries: [(key: Value, value: Value)] = []

    /// Of two equal keys of the same type the later one counts, as in cel-go.
    mutating func set(_ key: Value, to value: Value) {
        if let index = entries.firstIndex(where: { $0.key.isSameKey(as: key) }) {
            entries[index].value = value
        } else {
            entries.append((key, value))
        }
    }

    /// The value of a key; numbers of different types find each other when they are equal.
    func value(of key: Value) -> Value? {
        (entries.first { $0.key.isSameKey(as: key) } ?? entries.first { $0.key.isEqualKey(to: key) })?.value
    }
}

extension Value {
    /// Whether the value can be the key of a map literal.
    var isKey: Bool {
        switch self {
        case .list, .array, .map, .object, .bytes: false
        default: true
        }
    }

    fileprivate func isSameKey(as other: Value) -> Bool {
        typeName == other.typeName && isEqualKey(to: other)
    }

    fileprivate func isEqualKey(to other: Value) -> Bool {
        isScalarEqual(to: other) ?? false
    }
}
