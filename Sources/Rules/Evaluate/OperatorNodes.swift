/// `a || b || …`: the first true term wins over every error before it; with none, the first error counts.
final class OrNode: Node {
    private let terms: [any Node]

    init(_ terms: [any Node]) {
        self.terms = terms
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        .bool(try condition(event, &frame))
    }

    func condition(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Bool {
        var failure: Failure?
        for term in terms {
            do throws(Failure) {
                if try term.condition(event, &frame) { return true }
            } catch {
                failure = try error.kept(after: failure)
            }
        }
        if let failure { throw failure }
        return false
    }
}

/// `a && b && …`: the first false term wins over every error before it; with none, the first error counts.
final class AndNode: Node {
    private let terms: [any Node]

    init(_ terms: [any Node]) {
        self.terms = terms
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        .bool(try condition(event, &frame))
    }

    func condition(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Bool {
        var failure: Failure?
        for term in terms {
            do {
                if try !term.condition(event, &frame) { return false }
            } catch {
                failure = try error.kept(after: failure)
            }
        }
        if let failure { throw failure }
        return true
    }
}

extension Failure {
    /// The error that an operator keeps while it looks for a term that makes it unimportant. The bound of the evaluation is never absorbed.
    func kept(after earlier: Failure?) throws(Failure) -> Failure {
        if case .cost = self { throw self }
        return earlier ?? self
    }
}

/// `!a`.
final class NotNode: Node {
    private let operand: any Node

    init(_ operand: any Node) {
        self.operand = operand
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        .bool(try !operand.condition(event, &frame))
    }
}

/// `a ? b : c`.
final class ConditionalNode: Node {
    private let condition: any Node
    private let whenTrue: any Node
    private let whenFalse: any Node

    init(_ condition: any Node, _ whenTrue: any Node, _ whenFalse: any Node) {
        self.condition = condition
        self.whenTrue = whenTrue
        self.whenFalse = whenFalse
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        try condition.condition(event, &frame) ? whenTrue.evaluate(event, &frame) : whenFalse.evaluate(event, &frame)
    }
}

/// `a == b`, `a != b`.
final class EqualityNode: Node {
    private let left: any Node
    private let right: any Node
    private let isNegated: Bool

    init(_ left: any Node, _ right: any Node, isNegated: Bool) {
        self.left = left
        self.right = right
        self.isNegated = isNegated
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        let first = try left.evaluate(event, &frame)
        let second = try right.evaluate(event, &frame)
        return .bool(try first.isEqual(to: second, &frame) != isNegated)
    }
}

/// `<`, `<=`, `>`, `>=`.
final class OrderNode: Node {
    enum Operator: String, CaseIterable, Sendable {
        case less = "_<_"
        case lessOrEqual = "_<=_"
        case greater = "_>_"
        case greaterOrEqual = "_>=_"

        func holds(_ order: Order) -> Bool {
            switch self {
            case .less: order == .less
            case .lessOrEqual: order != .greater
            case .greater: order == .greater
            case .greaterOrEqual: order != .less
            }
        }
    }

    private let left: any Node
    private let right: any Node
    private let `operator`: Operator

    init(_ operator: Operator, _ left: any Node, _ right: any Node) {
        self.operator = `operator`
        self.left = left
        self.right = right
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        let first = try left.evaluate(event, &frame)
        let order = try first.order(to: right.evaluate(event, &frame), `operator`.rawValue, &frame)
        return .bool(`operator`.holds(order))
    }
}

/// `+`, `-`, `*`, `/`, `%`.
final class ArithmeticNode: Node {
    enum Operator: String, CaseIterable, Sendable {
        case add = "_+_"
        case subtract = "_-_"
        case multiply = "_*_"
        case divide = "_/_"
        case modulo = "_%_"
    }

    private let left: any Node
    private let right: any Node
    private let `operator`: Operator

    init(_ operator: Operator, _ left: any Node, _ right: any Node) {
        self.operator = `operator`
        self.left = left
        self.right = right
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        let first = try left.evaluate(event, &frame)
        let second = try right.evaluate(event, &frame)
        return switch `operator` {
        case .add: try first.adding(second, &frame)
        case .subtract: try first.subtracting(second)
        case .multiply: try first.multiplied(by: second)
        case .divide: try first.divided(by: second)
        case .modulo: try first.remainder(by: second)
        }
    }
}

/// `-a`.
final class NegationNode: Node {
    private let operand: any Node

    init(_ operand: any Node) {
        self.operand = operand
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        try operand.evaluate(event, &frame).negated()
    }
}
