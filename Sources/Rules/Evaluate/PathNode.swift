internal import Events

/// `event`, or a member of it at any depth: `event.a.b`, the shape of nearly every rule. It walks the tree without making values of what is between.
final class PathNode: Node {
    private let names: [String]

    init(_ names: [String]) {
        self.names = names
    }

    /// The same path with one more name.
    func appending(_ name: String) -> PathNode {
        PathNode(names + [name])
    }

    func evaluate(_ frame: inout Frame) throws(Failure) -> Value {
        var current = frame.event.root
        for name in names {
            guard case .object(let members) = current else { throw .noMember(name, of: current) }
            try frame.pay(bytes: members.count)
            guard let value = members.value(named: name) else { throw .noSuchKey(.string(name)) }
            current = value
        }
        return Value(current)
    }
}

extension Failure {
    /// What selecting a name from something that has no members means.
    fileprivate static func noMember(_ name: String, of value: JSONValue) -> Failure {
        if case .array = value { return .unsupportedIndex(.string) }
        return .noSuchKey(.string(name))
    }

    static func unsupportedIndex(_ type: TypeName) -> Failure {
        .other("unsupported index type '\(type.rawValue)' in list")
    }
}

extension [JSONMember] {
    /// The value of the last member with exactly these bytes as its name.
    func value(named name: String) -> JSONValue? {
        var index = count
        while index > 0 {
            index &-= 1
            if self[index].name.isSame(as: name) { return self[index].value }
        }
        return nil
    }
}
