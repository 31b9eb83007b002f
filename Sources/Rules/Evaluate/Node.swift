/// One operation of a compiled expression; a tree of them is the expression. Made once by the `Planner`, never changed.
protocol Node: AnyObject, Sendable {
    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value
    /// The value as a boolean, for operators that take nothing else.
    func condition(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Bool
    /// The value, where it is the same for every event.
    var constant: Value? { get }
}

extension Node {
    var constant: Value? { nil }

    func condition(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Bool {
        guard case .bool(let value) = try evaluate(event, &frame) else { throw .noSuchOverload(nil) }
        return value
    }
}

final class ConstantNode: Node {
    private let value: Value

    init(_ value: Value) {
        self.value = value
    }

    var constant: Value? { value }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value { value }
}

/// `dyn(a)`: the same value, but no constant any more.
final class DynamicNode: Node {
    private let operand: any Node

    init(_ operand: any Node) {
        self.operand = operand
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        try operand.evaluate(event, &frame)
    }
}

/// A name that nobody declared: it compiles, and fails whenever it is needed.
final class MissingNode: Node {
    private let name: String

    init(_ name: String) {
        self.name = name
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value { throw .noSuchAttribute(name) }
}

/// The variable of a macro.
final class LocalNode: Node {
    private let slot: Int

    init(slot: Int) {
        self.slot = slot
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value { frame.locals[slot] }
}

/// A variable that is a whole number: the member that holds it is a number of JSON, which everywhere else is a double.
final class WholeNumberNode: Node {
    private let member: any Node

    init(_ member: any Node) {
        self.member = member
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        guard case .double(let number) = try member.evaluate(event, &frame), let whole = Int64(exactly: number) else {
            throw .noSuchOverload(nil)
        }
        return .int(whole)
    }
}
