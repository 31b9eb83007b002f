/// Makes the tree of nodes from a checked expression.
struct Planner {
    /// The variables of the macros around; the index is the slot.
    private var locals: [String] = []
    /// Variables that are whole numbers; where there are some, there is no `event`.
    private let numbers: [String]

    init(numbers: [String] = []) { self.numbers = numbers }

    /// - Throws: A finding for the little that only shows here.
    mutating func plan(_ expression: Expression) throws(Finding) -> any Node {
        switch expression.kind {
        case .literal(let value): return ConstantNode(value)
        case .identifier(let name): return planName(name)
        case .select(let operand, let field): return try planSelection(expression, operand, field)
        case .presence(let operand, let field): return PresenceNode(try plan(operand), field)
        case .call(let name, let target, let arguments): return try planCall(name, target, arguments)
        case .list(let elements): return try planList(elements)
        case .map(let entries): return try planMap(entries)
        case .comprehension(let loop): return try planLoop(loop)
        case .message, .refused: throw Finding(offset: expression.offset, message: "unsupported expression")
        }
    }

    private func planName(_ written: String) -> any Node {
        let isAbsolute = written.hasPrefix(".")
        let name = isAbsolute ? String(written.dropFirst()) : written
        if !isAbsolute, let slot = locals.lastIndex(of: name) { return LocalNode(slot: slot) }
        if numbers.contains(name) { return WholeNumberNode(PathNode().appending(name)) }
        if name == "event", numbers.isEmpty { return PathNode() }
        if let type = TypeName(named: name) { return ConstantNode(.type(type)) }
        return MissingNode(name)
    }

    private mutating func planSelection(
        _ whole: Expression, _ operand: Expression, _ field: String
    ) throws(Finding) -> any Node {
        if let type = whole.typeName, !locals.contains("google") { return ConstantNode(.type(type)) }
        return select(field, from: try plan(operand))
    }

    private func select(_ field: String, from operand: any Node) -> any Node {
        if let path = operand as? PathNode { return path.appending(field) }
        return SelectionNode(operand, field)
    }

    // MARK: Lists, maps and loops

    private mutating func planList(_ elements: [Expression]) throws(Finding) -> any Node {
        let nodes = try planAll(elements)
        let constants = nodes.compactMap(\.constant)
        return constants.count == nodes.count ? ConstantNode(.list(constants)) : ListNode(nodes)
    }

    private mutating func planMap(_ entries: [(key: Expression, value: Expression)]) throws(Finding) -> any Node {
        var nodes: [(key: any Node, value: any Node)] = []
        for entry in entries { nodes.append((try plan(entry.key), try plan(entry.value))) }
        var map = MapLiteral()
        for node in nodes {
            guard let key = node.key.constant, key.isKey, let value = node.value.constant else { return MapNode(nodes) }
            map.set(key, to: value)
        }
        return ConstantNode(.map(map))
    }

    private mutating func planAll(_ expressions: [Expression]) throws(Finding) -> [any Node] {
        var nodes: [any Node] = []
        for expression in expressions { nodes.append(try plan(expression)) }
        return nodes
    }

    private mutating func planLoop(_ loop: Expression.Comprehension) throws(Finding) -> any Node {
        let range = try plan(loop.range)
        locals.append(loop.variable)
        defer { locals.removeLast() }
        var condition: (any Node)?
        var transform: (any Node)?
        if let expression = loop.condition { condition = try plan(expression) }
        if let expression = loop.transform { transform = try plan(expression) }
        let cost = 1 + (loop.condition?.size ?? 0) + (loop.transform?.size ?? 0)
        return LoopNode(loop.macro, over: range, condition: condition, transform: transform, cost: cost)
    }

    // MARK: Calls

    private mutating func planCall(
        _ written: String, _ target: Expression?, _ arguments: [Expression]
    ) throws(Finding) -> any Node {
        let name = written.hasPrefix(".") ? String(written.dropFirst()) : written
        let operands = (target.map { [$0] } ?? []) + arguments
        if name == "_[_]" { return try planIndex(operands) }
        let nodes = try planAll(operands)
        if let node = planOperator(name, nodes) ?? planFunction(name, nodes) { return node }
        // The checker knows every function, so a name that is not here is one of ours that was forgotten.
        throw Finding(offset: operands.first?.offset ?? 0, message: "function '\(name)' has no implementation")
    }

    private mutating func planIndex(_ operands: [Expression]) throws(Finding) -> any Node {
        let operand = try plan(operands[0])
        let index = try plan(operands[1])
        guard let constant = index.constant else { return IndexNode(operand, index) }
        if case .string(let name) = constant { return select(name, from: operand) }
        if !constant.isIndex, operands[1].isLiteralOrName {
            throw Finding(offset: operands[1].offset, message: constant.refusedAsIndex)
        }
        return IndexNode(operand, index)
    }

    private func planOperator(_ name: String, _ nodes: [any Node]) -> (any Node)? {
        if let test = planTest(name, nodes) { return test }
        if let order = OrderNode.Operator(rawValue: name) { return OrderNode(order, nodes[0], nodes[1]) }
        if let arithmetic = ArithmeticNode.Operator(rawValue: name) {
            return ArithmeticNode(arithmetic, nodes[0], nodes[1])
        }
        return switch name {
        case "_||_": OrNode(nodes)
        case "_&&_": AndNode(nodes)
        case "!_": NotNode(nodes[0])
        case "-_": NegationNode(nodes[0])
        case "_?_:_": ConditionalNode(nodes[0], nodes[1], nodes[2])
        case "_==_": EqualityNode(nodes[0], nodes[1], isNegated: false)
        case "_!=_": EqualityNode(nodes[0], nodes[1], isNegated: true)
        case "@in": ContainmentNode(nodes[0], nodes[1])
        default: nil
        }
    }

    /// A member of the event compared with a constant text or number, the constant on either side of an equality.
    private func planTest(_ name: String, _ nodes: [any Node]) -> (any Node)? {
        guard nodes.count == 2 else { return nil }
        let isEquality = name == "_==_" || name == "_!=_"
        if isEquality, nodes[0].constant != nil, nodes[1] is PathNode { return planTest(name, [nodes[1], nodes[0]]) }
        guard let path = nodes[0] as? PathNode, let constant = nodes[1].constant else { return nil }
        if isEquality, case .string(let text) = constant {
            return path.test(name == "_==_" ? .isText(Name(text)) : .isNotText(Name(text)))
        }
        guard let number = constant.exactDouble else { return nil }
        if isEquality { return path.test(name == "_==_" ? .isNumber(number) : .isNotNumber(number)) }
        return OrderNode.Operator(rawValue: name).map { path.test(.order($0, number, constant)) }
    }

    private func planFunction(_ name: String, _ nodes: [any Node]) -> (any Node)? {
        if let test = TextNode.Test(rawValue: name) { return TextNode(test, nodes[0], nodes[1]) }
        if let part = TimePart(rawValue: name) {
            return TimeNode(part, nodes[0], zone: nodes.count > 1 ? nodes[1] : nil)
        }
        switch name {
        case "size": return SizeNode(nodes[0])
        case "dyn": return DynamicNode(nodes[0])
        case "type": return TypeNode(nodes[0])
        case "timestamp": return planTime(.timestamp, nodes[0])
        case "duration": return planTime(.duration, nodes[0])
        case "matches":
            if case .string(let pattern) = nodes[1].constant { return MatchNode(nodes[0], pattern: pattern) }
            return DynamicMatchNode(nodes[0], nodes[1])
        default: return TypeName(rawValue: name).map { ConversionNode($0, nodes[0]) }
        }
    }

    /// A constant moment or duration is read once; one that cannot be read is an error whenever it is used.
    private func planTime(_ type: TypeName, _ operand: any Node) -> any Node {
        let node = ConversionNode(type, operand)
        var frame = Frame()
        guard operand.constant != nil, let value = try? node.evaluate(RuleEvent(text: ""), &frame) else { return node }
        return ConstantNode(value)
    }
}

extension Expression {
    /// Whether cel-go sees a constant here when it compiles: a literal or the name of a type.
    fileprivate var isLiteralOrName: Bool {
        switch kind {
        case .literal, .identifier, .select: true
        default: false
        }
    }
}
