internal import Events

/// `all`, `exists`, `exists_one`, `map` and `filter` over the elements of a list or the keys of a map.
final class LoopNode: Node {
    private let macro: Expression.Macro
    private let range: any Node
    private let condition: (any Node)?
    private let transform: (any Node)?
    /// Steps that one turn of the loop costs: the nodes in it.
    private let cost: Int

    init(
        _ macro: Expression.Macro, over range: any Node, condition: (any Node)?, transform: (any Node)?, cost: Int
    ) {
        self.macro = macro
        self.range = range
        self.condition = condition
        self.transform = transform
        self.cost = cost
    }

    func evaluate(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Value {
        let collection = try range.evaluate(event, &frame)
        let elements: Elements
        switch collection {
        case .list(let values): elements = .values(values)
        case .array(let values): elements = .json(values)
        case .map, .object: elements = .values(try collection.mapKeys(&frame))
        default: throw .other("got '\(collection.typeName.goName)', expected iterable type")
        }
        let slot = frame.locals.count
        frame.locals.append(.null)
        defer { frame.locals.removeLast() }
        switch macro {
        case .all: return try quantify(elements, slot, event, &frame, stopsAt: false)
        case .exists: return try quantify(elements, slot, event, &frame, stopsAt: true)
        case .existsOne: return try existsOne(elements, slot, event, &frame)
        case .map, .filter: return try collect(elements, slot, event, &frame)
        }
    }

    private enum Elements {
        case values([Value])
        case json([JSONValue])

        var count: Int {
            switch self {
            case .values(let values): values.count
            case .json(let values): values.count
            }
        }

        subscript(index: Int) -> Value {
            switch self {
            case .values(let values): values[index]
            case .json(let values): Value(values[index])
            }
        }
    }

    /// The first answer that decides wins over every error before it.
    private func quantify(
        _ elements: Elements, _ slot: Int, _ event: RuleEvent, _ frame: inout Frame, stopsAt decisive: Bool
    ) throws(Failure) -> Value {
        var failure: Failure?
        for index in 0..<elements.count {
            try frame.pay(cost)
            frame.locals[slot] = elements[index]
            do throws(Failure) {
                if try holds(event, &frame) == decisive { return .bool(decisive) }
            } catch {
                failure = try error.kept(after: failure)
            }
        }
        if let failure { throw failure }
        return .bool(!decisive)
    }

    private func existsOne(
        _ elements: Elements, _ slot: Int, _ event: RuleEvent, _ frame: inout Frame
    ) throws(Failure) -> Value {
        var count = 0
        for index in 0..<elements.count {
            try frame.pay(cost)
            frame.locals[slot] = elements[index]
            if try holds(event, &frame) { count += 1 }
        }
        return .bool(count == 1)
    }

    private func collect(
        _ elements: Elements, _ slot: Int, _ event: RuleEvent, _ frame: inout Frame
    ) throws(Failure) -> Value {
        var result: [Value] = []
        for index in 0..<elements.count {
            try frame.pay(cost)
            let element = elements[index]
            frame.locals[slot] = element
            guard try holds(event, &frame) else { continue }
            result.append(try transform?.evaluate(event, &frame) ?? element)
        }
        return .list(result)
    }

    private func holds(_ event: RuleEvent, _ frame: inout Frame) throws(Failure) -> Bool {
        try condition?.condition(event, &frame) ?? true
    }
}
