/// Finds the type of every part of an expression and what does not fit together.
///
/// It runs as daprd does it: once with nothing declared, where anything but an undeclared name is final, and again with every name that
/// was missing declared as `any`, `event` among them. A missing function is final here (daprd declares it as a variable and tries for ever).
struct Checker {
    private let declared: Set<String>
    private var unifier = Unifier()
    private var locals: [(name: String, type: RuleType)] = []
    private var findings: [Finding] = []
    private var undeclared: Set<String> = []

    /// - Returns: Everything that is wrong; empty when the expression may be evaluated.
    static func check(_ expression: Expression) -> [Finding] {
        var first = Checker(declared: [])
        _ = first.type(of: expression)
        let isFinal = first.findings.contains { !$0.message.hasPrefix(undeclaredName) }
        if isFinal { return first.findings }
        var second = Checker(declared: first.undeclared)
        _ = second.type(of: expression)
        return second.findings
    }

    private init(declared: Set<String>) {
        self.declared = declared
    }

    private static let undeclaredName = "undeclared reference to '"

    private mutating func report(_ message: String, at offset: Int) {
        findings.append(Finding(offset: offset, message: message))
    }

    private mutating func reportUndeclared(_ name: String, at offset: Int) {
        report("\(Self.undeclaredName)\(name)' (in container '')", at: offset)
    }

    private mutating func type(of expression: Expression) -> RuleType {
        switch expression.kind {
        case .literal(let value): return value.staticType
        case .identifier(let name): return typeOfName(name, at: expression.offset)
        case .select(let operand, let field): return typeOfSelection(expression, operand, field)
        case .presence(let operand, _):
            _ = typeOfField(of: operand, at: expression.offset)
            return .bool
        case .call(let name, let target, let arguments):
            return typeOfCall(name, target, arguments, at: expression.offset)
        case .list(let elements): return typeOfList(elements)
        case .map(let entries): return typeOfMap(entries)
        case .message(let name):
            reportUndeclared(name, at: expression.offset)
            return .error
        case .comprehension(let loop): return typeOfComprehension(loop, at: expression.offset)
        case .refused: return .error
        }
    }

    // MARK: Names and members

    private mutating func typeOfName(_ written: String, at offset: Int) -> RuleType {
        let isAbsolute = written.hasPrefix(".")
        let name = isAbsolute ? String(written.dropFirst()) : written
        if !isAbsolute, let local = locals.last(where: { $0.name == name }) { return local.type }
        if declared.contains(name) { return .any }
        if let type = TypeName(named: name) { return .type(type.staticType) }
        undeclared.insert(name)
        reportUndeclared(written, at: offset)
        return .error
    }

    private mutating func typeOfSelection(_ whole: Expression, _ operand: Expression, _ field: String) -> RuleType {
        if let type = whole.typeName, !locals.contains(where: { $0.name == "google" }) { return .type(type.staticType) }
        return unifier.resolve(typeOfField(of: operand, at: whole.offset))
    }

    private mutating func typeOfField(of operand: Expression, at offset: Int) -> RuleType {
        let found = type(of: operand)
        let operandType = unifier.resolve(found)
        switch operandType {
        case .map(_, let value): return value
        case .variable:
            _ = unifier.unify(.dyn, operandType)
            return .dyn
        case _ where operandType.isDynamicOrError: return .dyn
        default:
            report("type '\(operandType)' does not support field selection", at: offset)
            return .dyn
        }
    }

    // MARK: Calls

    private mutating func typeOfCall(
        _ written: String, _ target: Expression?, _ arguments: [Expression], at offset: Int
    ) -> RuleType {
        if written == "_&&_" || written == "_||_" { return typeOfLogic(arguments) }
        var types = arguments.map { type(of: $0) }
        if let target { types.insert(type(of: target), at: 0) }
        let name = written.hasPrefix(".") ? String(written.dropFirst()) : written
        guard let overloads = Overload.all[name] else {
            reportUndeclared(written, at: offset)
            return .error
        }
        if let result = resolve(overloads, isMember: target != nil, types) { return result }
        reportNoOverload(name, isMember: target != nil, types, at: offset)
        return .error
    }

    private mutating func resolve(_ overloads: [Overload], isMember: Bool, _ types: [RuleType]) -> RuleType? {
        var result: RuleType?
        for overload in overloads where overload.isMember == isMember {
            let variables = [unifier.freshVariable(), unifier.freshVariable()]
            let parameters = overload.parameters.map { $0.instantiated(with: variables) }
            guard unifier.unify(types, parameters) else { continue }
            let candidate = unifier.resolve(overload.result.instantiated(with: variables))
            if let known = result {
                if !known.isDynamic, candidate != known { result = .dyn }
            } else {
                result = candidate
            }
        }
        return result
    }

    private mutating func reportNoOverload(_ name: String, isMember: Bool, _ types: [RuleType], at offset: Int) {
        var shown = types.map { unifier.resolve($0, freeAsDyn: true).description }
        let receiver = isMember ? shown.removeFirst() + "." : ""
        let signature = "\(receiver)(\(shown.joined(separator: ", ")))"
        report("found no matching overload for '\(name)' applied to '\(signature)'", at: offset)
    }

    private mutating func typeOfLogic(_ terms: [Expression]) -> RuleType {
        let types = terms.map { type(of: $0) }
        var result = RuleType.bool
        for (term, type) in zip(terms, types) where !expectBool(type, at: term.offset) { result = .error }
        return result
    }

    private mutating func expectBool(_ type: RuleType, at offset: Int) -> Bool {
        if unifier.unify(type, .bool) { return true }
        report("expected type 'bool' but found '\(type)'", at: offset)
        return false
    }

    // MARK: Lists, maps and macros

    private mutating func typeOfList(_ elements: [Expression]) -> RuleType {
        var joined: RuleType?
        for element in elements { joined = join(joined, type(of: element)) }
        return .list(bounded(joined ?? unifier.freshVariable()))
    }

    private mutating func typeOfMap(_ entries: [(key: Expression, value: Expression)]) -> RuleType {
        var key: RuleType?
        var value: RuleType?
        for entry in entries {
            key = join(key, type(of: entry.key))
            value = join(value, type(of: entry.value))
        }
        return .map(bounded(key ?? unifier.freshVariable()), bounded(value ?? unifier.freshVariable()))
    }

    /// Resolving cuts types that are nested very deeply, as types of types of types would grow without end.
    private func bounded(_ type: RuleType) -> RuleType {
        type.isCompound ? unifier.resolve(type) : type
    }

    private mutating func join(_ previous: RuleType?, _ current: RuleType) -> RuleType {
        guard let previous else { return current }
        return unifier.unify(previous, current) ? unifier.moreGeneral(previous, current) : .dyn
    }

    private mutating func typeOfComprehension(_ loop: Expression.Comprehension, at offset: Int) -> RuleType {
        let element = typeOfElement(of: loop.range)
        locals.append((loop.variable, element))
        defer { locals.removeLast() }
        let condition = loop.condition.map { type(of: $0) }
        switch loop.macro {
        case .all, .exists:
            guard let condition, let term = loop.condition else { return .bool }
            _ = expectBool(condition, at: term.offset)
            return .bool
        case .existsOne:
            expectCondition(condition, giving: .int, at: offset)
            return .bool
        case .filter:
            let result = RuleType.list(unifier.resolve(element))
            expectCondition(condition, giving: result, at: offset)
            return result
        case .map:
            let transformed = loop.transform.map { type(of: $0) } ?? .dyn
            let result = RuleType.list(unifier.resolve(transformed))
            expectCondition(condition, giving: result, at: offset)
            return result
        }
    }

    /// A macro that tests each element is a conditional underneath, and reported as one.
    private mutating func expectCondition(_ condition: RuleType?, giving result: RuleType, at offset: Int) {
        guard let condition, !unifier.unify(condition, .bool) else { return }
        reportNoOverload("_?_:_", isMember: false, [condition, result, result], at: offset)
    }

    private mutating func typeOfElement(of range: Expression) -> RuleType {
        let found = type(of: range)
        let rangeType = unifier.resolve(found)
        switch rangeType {
        case .list(let element): return element
        case .map(let key, _): return key
        case .dyn, .error: return .dyn
        case .variable:
            _ = unifier.unify(.dyn, rangeType)
            return .dyn
        default:
            report(
                "expression of type '\(rangeType)' cannot be range of a comprehension (must be list, map, or dynamic)",
                at: range.offset)
            return .error
        }
    }
}

extension RuleType {
    /// The type of a declaration with its variables replaced.
    fileprivate func instantiated(with variables: [RuleType]) -> RuleType {
        switch self {
        case .variable(let number): variables[number]
        case .list(let element): .list(element.instantiated(with: variables))
        case .map(let key, let value): .map(key.instantiated(with: variables), value.instantiated(with: variables))
        case .type(let inner): .type(inner?.instantiated(with: variables))
        default: self
        }
    }
}
