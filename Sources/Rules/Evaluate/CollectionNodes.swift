/// `[a, b]`.
final class ListNode: Node {
    private let elements: [any Node]

    init(_ elements: [any Node]) {
        self.elements = elements
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        var values: [Value] = []
        values.reserveCapacity(elements.count)
        for element in elements { values.append(try element.evaluate(event, &frame)) }
        return .list(values)
    }
}

/// `{a: b}`.
final class MapNode: Node {
    private let entries: [(key: any Node, value: any Node)]

    init(_ entries: [(key: any Node, value: any Node)]) {
        self.entries = entries
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        var map = MapLiteral()
        for entry in entries {
            let key = try entry.key.evaluate(event, &frame)
            guard key.isKey else { throw .other("unsupported key type: \(key.typeName.rawValue)") }
            try frame.pay(bytes: map.entries.count)
            map.set(key, to: try entry.value.evaluate(event, &frame))
        }
        return .map(map)
    }
}

/// `a.name` and `a["name"]`, of anything but the event itself.
final class SelectionNode: Node {
    private let operand: any Node
    private let name: Value

    init(_ operand: any Node, _ name: String) {
        self.operand = operand
        self.name = .string(name)
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        try operand.evaluate(event, &frame).member(name, &frame)
    }
}

/// `has(a.name)`.
final class PresenceNode: Node {
    private let operand: any Node
    private let name: String

    init(_ operand: any Node, _ name: String) {
        self.operand = operand
        self.name = name
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        .bool(try operand.evaluate(event, &frame).hasMember(name, &frame))
    }
}

/// `a[b]`.
final class IndexNode: Node {
    private let operand: any Node
    private let index: any Node

    init(_ operand: any Node, _ index: any Node) {
        self.operand = operand
        self.index = index
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        let value = try operand.evaluate(event, &frame)
        let index = try index.evaluate(event, &frame)
        guard index.isIndex else { throw .other(index.refusedAsIndex) }
        return try value.member(index, &frame)
    }
}

extension Value {
    /// Whether the value can stand in brackets at all.
    var isIndex: Bool {
        switch self {
        case .string, .int, .uint, .double, .bool: true
        default: false
        }
    }

    var refusedAsIndex: String { "invalid qualifier type: \(typeName.goName)" }
}

/// `a in b`.
final class ContainmentNode: Node {
    private let needle: any Node
    private let collection: any Node

    init(_ needle: any Node, _ collection: any Node) {
        self.needle = needle
        self.collection = collection
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        let value = try needle.evaluate(event, &frame)
        return .bool(try collection.evaluate(event, &frame).contains(value, &frame))
    }
}
