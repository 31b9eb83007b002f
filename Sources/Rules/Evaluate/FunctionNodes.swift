/// `contains`, `startsWith`, `endsWith`.
final class TextNode: Node {
    enum Test: String, CaseIterable, Sendable {
        case contains
        case startsWith
        case endsWith
    }

    private let test: Test
    private let text: any Node
    private let part: any Node

    init(_ test: Test, _ text: any Node, _ part: any Node) {
        self.test = test
        self.text = text
        self.part = part
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        let first = try text.evaluate(event, &frame)
        let second = try part.evaluate(event, &frame)
        guard case .string(let whole) = first, case .string(let part) = second else { throw .noSuchOverload(nil) }
        switch test {
        case .startsWith:
            try frame.pay(bytes: part.utf8.count)
            return .bool(whole.hasSamePrefix(part))
        case .endsWith:
            try frame.pay(bytes: part.utf8.count)
            return .bool(whole.hasSameSuffix(part))
        case .contains:
            try frame.pay(bytes: whole.utf8.count + part.utf8.count)
            return .bool(Native.contains(whole, part))
        }
    }
}

/// `matches` with a constant pattern, which is compiled once; one that does not compile is an error whenever it is used, as in daprd.
final class MatchNode: Node {
    private let text: any Node
    private let expression: Result<RegularExpression, PatternMistake>

    init(_ text: any Node, pattern: String) {
        self.text = text
        expression = Result { () throws(PatternMistake) in try RegularExpression(pattern) }
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        guard case .string(let value) = try text.evaluate(event, &frame) else { throw .noSuchOverload("matches") }
        try frame.pay(bytes: value.utf8.count)
        switch expression {
        case .success(let expression): return .bool(expression.isFound(in: value))
        case .failure(let mistake): throw .other(mistake.message)
        }
    }
}

/// `matches` with a pattern that comes from the event or is computed.
final class DynamicMatchNode: Node {
    private let text: any Node
    private let pattern: any Node

    init(_ text: any Node, _ pattern: any Node) {
        self.text = text
        self.pattern = pattern
    }

    /// What compiling a pattern costs at least: a new pattern for every element of a list must not stop the shard.
    private static let compilation = 1_000

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        let first = try text.evaluate(event, &frame)
        let second = try pattern.evaluate(event, &frame)
        guard case .string(let value) = first else { throw .noSuchOverload("matches") }
        guard case .string(let pattern) = second else { throw .noSuchOverload(nil) }
        try frame.pay(Self.compilation + pattern.utf8.count)
        try frame.pay(bytes: value.utf8.count)
        do throws(PatternMistake) {
            return .bool(try Native.search(value, pattern: pattern))
        } catch {
            throw .computedPattern(error)
        }
    }
}

/// `size(a)`.
final class SizeNode: Node {
    private let operand: any Node

    init(_ operand: any Node) {
        self.operand = operand
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        try operand.evaluate(event, &frame).size(&frame)
    }
}

/// `int(a)`, `string(a)` and their kind.
final class ConversionNode: Node {
    private let type: TypeName
    private let operand: any Node

    init(_ type: TypeName, _ operand: any Node) {
        self.type = type
        self.operand = operand
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        try operand.evaluate(event, &frame).converted(to: type, &frame)
    }
}

/// `type(a)`.
final class TypeNode: Node {
    private let operand: any Node

    init(_ operand: any Node) {
        self.operand = operand
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        .type(try operand.evaluate(event, &frame).typeName)
    }
}

/// `getHours()` and the other getters of timestamps and durations, in UTC or in the time zone of the argument.
final class TimeNode: Node {
    private let part: TimePart
    private let operand: any Node
    private let zone: (any Node)?
    private let constantZone: Result<Zone, Failure>?

    init(_ part: TimePart, _ operand: any Node, zone: (any Node)?) {
        self.part = part
        self.operand = operand
        self.zone = zone
        if case .string(let name) = zone?.constant {
            constantZone = Result { () throws(Failure) in try Zone(name) }
        } else {
            constantZone = zone == nil ? .success(.utc) : nil
        }
    }

    /// What reading the file of a time zone costs.
    private static let reading = 5_000

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        switch try operand.evaluate(event, &frame) {
        case .timestamp(let timestamp):
            let zone = try zone(event, &frame)
            return .int(part.value(of: timestamp, offset: zone.offset(at: timestamp.seconds)))
        case .duration(let value) where zone == nil && part.isOfDuration:
            return .int(part.value(ofDuration: value))
        case let value:
            throw .noSuchOverload("\(part.rawValue)(\(value.typeName.rawValue))")
        }
    }

    private func zone(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Zone {
        if let constantZone { return try constantZone.get() }
        guard let zone, case .string(let name) = try zone.evaluate(event, &frame) else {
            throw .noSuchOverload(part.rawValue)
        }
        try frame.pay(Self.reading)
        return try Zone(name)
    }
}
