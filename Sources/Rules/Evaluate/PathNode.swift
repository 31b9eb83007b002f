internal import Events

/// `event`, or a member of it at any depth: `event.a.b`, the shape of nearly every rule. It walks the tree without making values of what is between.
final class PathNode: Node {
    private let path: Path

    init(_ path: Path = Path()) {
        self.path = path
    }

    /// The same path with one more name.
    func appending(_ name: String) -> PathNode {
        PathNode(path.appending(name))
    }

    /// A comparison with a constant, which needs no value at all.
    func test(_ test: PathTestNode.Test) -> PathTestNode {
        PathTestNode(path, test)
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        try value(in: event.root, from: 0, &frame)
    }

    /// Recursion, as a parameter needs no reference counting where a variable of a loop would.
    private func value(in tree: JSONValue, from index: Int, _ frame: inout Frame) throws(Failure) -> Value {
        guard index < path.count else { return Value(tree) }
        guard case .object(let members) = tree else { throw path.missing(index, in: tree) }
        let place = try path.place(of: index, in: members, &frame)
        return try value(in: members.span[place].value, from: index &+ 1, &frame)
    }
}

/// A member of the event compared with a constant: `event.type == "order.created"`, `event.data.total > 100`.
final class PathTestNode: Node {
    enum Test: Sendable {
        case isText(Name)
        case isNotText(Name)
        case isNumber(Double)
        case isNotNumber(Double)
        /// The constant as a value too, for what is no number.
        case order(OrderNode.Operator, Double, Value)
    }

    private let path: Path
    private let test: Test

    init(_ path: Path, _ test: Test) {
        self.path = path
        self.test = test
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        .bool(try holds(in: event.root, from: 0, &frame))
    }

    func condition(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Bool {
        try holds(in: event.root, from: 0, &frame)
    }

    private func holds(in tree: JSONValue, from index: Int, _ frame: inout Frame) throws(Failure) -> Bool {
        guard index < path.count else { return try holds(for: tree, &frame) }
        guard case .object(let members) = tree else { throw path.missing(index, in: tree) }
        let place = try path.place(of: index, in: members, &frame)
        return try holds(in: members.span[place].value, from: index &+ 1, &frame)
    }

    private func holds(for tree: JSONValue, _ frame: inout Frame) throws(Failure) -> Bool {
        switch test {
        case .isText(let name):
            guard case .string(let text) = tree else { return false }
            return name.isSame(as: text)
        case .isNotText(let name):
            guard case .string(let text) = tree else { return true }
            return !name.isSame(as: text)
        case .isNumber(let number):
            guard case .number(let literal) = tree else { return false }
            return JSONNumber.double(literal) == number
        case .isNotNumber(let number):
            guard case .number(let literal) = tree else { return true }
            return JSONNumber.double(literal) != number
        case .order(let order, let number, let constant):
            guard case .number(let literal) = tree else {
                return order.holds(try Value(tree).order(to: constant, order.rawValue, &frame))
            }
            return order.holds(Order(JSONNumber.double(literal), number))
        }
    }
}

/// The names on the way from the event to a member.
struct Path: Sendable {
    private var names: [Name] = []

    var count: Int { names.count }

    func appending(_ name: String) -> Path {
        var longer = self
        longer.names.append(Name(name))
        return longer
    }

    /// Where the last member stands that has the name at `index`.
    func place(of index: Int, in members: [JSONMember], _ frame: inout Frame) throws(Failure) -> Int {
        try frame.pay(bytes: members.count)
        guard let place = members.place(of: names[index]) else { throw .noSuchKey(.string(names[index].text)) }
        return place
    }

    /// What selecting the name at `index` from something that has no members means.
    func missing(_ index: Int, in value: JSONValue) -> Failure {
        if case .array = value { return .unsupportedIndex(.string) }
        return .noSuchKey(.string(names[index].text))
    }
}

extension [JSONMember] {
    /// Where the last member stands that has exactly this name.
    @inline(__always)
    func place(of name: Name) -> Int? {
        let members = span
        var index = members.count
        while index > 0 {
            index &-= 1
            if name.isSame(as: members[index].name) { return index }
        }
        return nil
    }
}
