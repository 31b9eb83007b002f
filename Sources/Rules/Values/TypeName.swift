/// The types that have a name in the language; `type(x)` gives one of them.
enum TypeName: String, Sendable, CaseIterable {
    case null = "null_type"
    case bool
    case int
    case uint
    case double
    case string
    case bytes
    case list
    case map
    case timestamp = "google.protobuf.Timestamp"
    case duration = "google.protobuf.Duration"
    case type

    /// The type that an identifier names; the two with dots are selections.
    init?(named name: String) {
        self.init(rawValue: name)
    }

    var staticType: RuleType {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        case .list: .list(.dyn)
        case .map: .map(.dyn, .dyn)
        case .timestamp: .timestamp
        case .duration: .duration
        case .type: .type(nil)
        }
    }

    /// How cel-go's errors call the implementation of the type.
    var goName: String {
        switch self {
        case .null: "types.Null"
        case .bool: "types.Bool"
        case .int: "types.Int"
        case .uint: "types.Uint"
        case .double: "types.Double"
        case .string: "types.String"
        case .bytes: "types.Bytes"
        case .list: "*types.baseList"
        case .map: "*types.baseMap"
        case .timestamp: "types.Timestamp"
        case .duration: "types.Duration"
        case .type: "*types.Type"
        }
    }
}

extension Expression {
    /// The type behind `google.protobuf.Timestamp` and `google.protobuf.Duration`, with or without a leading dot.
    var typeName: TypeName? {
        guard case .select(let package, let last) = kind, last == "Timestamp" || last == "Duration",
            case .select(let root, "protobuf") = package.kind, case .identifier(let name) = root.kind,
            name == "google" || name == ".google"
        else { return nil }
        return last == "Timestamp" ? .timestamp : .duration
    }
}
