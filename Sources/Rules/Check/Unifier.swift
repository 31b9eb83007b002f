/// Finds out what the type variables of an expression stand for.
///
/// Assignability follows cel-go's checker: `dyn`, `any` and the error type go with everything, null with timestamp and duration,
/// any type value with any other, lists and maps element by element.
///
/// Work is bounded: types nested deeper than `deepest` count as `dyn`, and one comparison that takes more than `mostSteps` is taken to go well.
struct Unifier {
    private var bindings: [RuleType?] = []
    /// What the running comparison changed, so that it can be taken back.
    private var trail: [(number: Int, previous: RuleType?)] = []
    private var steps = 0

    private static let deepest = 12
    private static let mostSteps = 10_000

    mutating func freshVariable() -> RuleType {
        bindings.append(nil)
        return .variable(bindings.count - 1)
    }

    /// Whether all types go with their counterparts; what was learned about variables is kept only then.
    mutating func unify(_ left: [RuleType], _ right: [RuleType]) -> Bool {
        guard left.count == right.count else { return false }
        trail.removeAll(keepingCapacity: true)
        steps = 0
        for (first, second) in zip(left, right) where !assign(first, second) {
            for change in trail.reversed() { bindings[change.number] = change.previous }
            return false
        }
        return true
    }

    mutating func unify(_ left: RuleType, _ right: RuleType) -> Bool {
        unify([left], [right])
    }

    /// The more general of two types that go together.
    func moreGeneral(_ left: RuleType, _ right: RuleType) -> RuleType {
        Self.isNotMoreSpecific(left, than: right) ? left : right
    }

    /// The type with its variables replaced; free ones become `dyn` where asked.
    func resolve(_ type: RuleType, freeAsDyn: Bool = false) -> RuleType {
        resolve(type, freeAsDyn, level: 0)
    }

    private func resolve(_ type: RuleType, _ freeAsDyn: Bool, level: Int) -> RuleType {
        guard level < Self.deepest else { return .dyn }
        switch type {
        case .variable(let number):
            if let bound = bindings[number] { return resolve(bound, freeAsDyn, level: level + 1) }
            return freeAsDyn ? .dyn : type
        case .list(let element): return .list(resolve(element, freeAsDyn, level: level + 1))
        case .map(let key, let value):
            return .map(resolve(key, freeAsDyn, level: level + 1), resolve(value, freeAsDyn, level: level + 1))
        case .type(let inner?): return .type(resolve(inner, freeAsDyn, level: level + 1))
        default: return type
        }
    }

    private mutating func assign(_ left: RuleType, _ right: RuleType) -> Bool {
        steps += 1
        guard steps < Self.mostSteps else { return true }
        if case .variable(let number) = right {
            let (isValid, isBound) = bind(number, to: left)
            if isValid { return true }
            if isBound { return false }
        }
        if case .variable(let number) = left { return bind(number, to: right).isValid }
        if left.isDynamicOrError || right.isDynamicOrError { return true }
        switch (left, right) {
        case (.null, _): return right == .null || right == .timestamp || right == .duration
        case (_, .null): return left == .timestamp || left == .duration
        case (.type, .type): return true
        case (.list(let first), .list(let second)): return assign(first, second)
        case (.map(let firstKey, let firstValue), .map(let secondKey, let secondValue)):
            return assign(firstKey, secondKey) && assign(firstValue, secondValue)
        default: return left == right
        }
    }

    private mutating func bind(_ number: Int, to type: RuleType) -> (isValid: Bool, isBound: Bool) {
        if type == .variable(number) { return (true, true) }
        if let bound = bindings[number] {
            if bound == type { return (true, true) }
            guard assign(type, bound) else { return (false, true) }
            let general = moreGeneral(type, bound)
            if !occurs(number, in: general) { set(number, to: general) }
            return (true, true)
        }
        guard !occurs(number, in: type) else { return (false, false) }
        set(number, to: type)
        return (true, false)
    }

    private mutating func set(_ number: Int, to type: RuleType) {
        trail.append((number, bindings[number]))
        bindings[number] = type
    }

    private mutating func occurs(_ number: Int, in type: RuleType) -> Bool {
        steps += 1
        guard steps < Self.mostSteps else { return true }
        switch type {
        case .variable(let other):
            if other == number { return true }
            guard let bound = bindings[other] else { return false }
            return occurs(number, in: bound)
        case .list(let inner), .type(let inner?): return occurs(number, in: inner)
        case .map(let key, let value): return occurs(number, in: key) || occurs(number, in: value)
        default: return false
        }
    }

    private static func isNotMoreSpecific(_ left: RuleType, than right: RuleType) -> Bool {
        if left.isDynamic { return true }
        if case .variable = left { return true }
        if right.isDynamic { return false }
        if case .variable = right { return false }
        switch (left, right) {
        case (.list(let first), .list(let second)): return isNotMoreSpecific(first, than: second)
        case (.map(let firstKey, let firstValue), .map(let secondKey, let secondValue)):
            return isNotMoreSpecific(firstKey, than: secondKey) && isNotMoreSpecific(firstValue, than: secondValue)
        case (.type, .type): return true
        default: return left == right
        }
    }
}
