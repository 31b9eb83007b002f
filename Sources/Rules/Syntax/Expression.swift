/// A parsed expression: what it is, where it stands, how high the tree under it is.
struct Expression: Sendable {
    let kind: Kind
    /// Offset in scalars of what cel-go points at: an operator, a dot, an opening bracket, or the first scalar of a literal or name.
    let offset: Int
    /// Levels of the tree, this one included.
    let height: Int
    /// Nodes of the tree, this one included.
    let size: Int

    indirect enum Kind: Sendable {
        case literal(Value)
        /// A name, with a leading dot where it was written.
        case identifier(String)
        case select(Expression, field: String)
        /// `has(operand.field)`.
        case presence(Expression, field: String)
        /// Operators are called like functions: `_+_`, `_[_]`, `_?_:_`, `!_`. `_&&_` and `_||_` take two or more arguments.
        case call(String, target: Expression?, [Expression])
        case list([Expression])
        case map([(key: Expression, value: Expression)])
        /// A message by its name; there are none here, so it never checks.
        case message(String)
        case comprehension(Comprehension)
        /// Stands where something was refused and reported.
        case refused
    }

    /// A macro over a list or over the keys of a map.
    struct Comprehension: Sendable {
        let macro: Macro
        let range: Expression
        let variable: String
        /// The predicate; for `map` only where it has three arguments.
        let condition: Expression?
        /// What `map` makes of each element.
        let transform: Expression?
    }

    enum Macro: Sendable {
        case all
        case exists
        case existsOne
        case map
        case filter
    }

    init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
        var height = 0
        var size = 1
        for child in Self.children(of: kind) {
            height = max(height, child.height)
            size += child.size
        }
        self.height = height + 1
        self.size = size
    }

    private static func children(of kind: Kind) -> [Expression] {
        switch kind {
        case .literal, .identifier, .message, .refused: []
        case .select(let operand, _), .presence(let operand, _): [operand]
        case .call(_, let target, let arguments): (target.map { [$0] } ?? []) + arguments
        case .list(let elements): elements
        case .map(let entries): entries.flatMap { [$0.key, $0.value] }
        case .comprehension(let loop): [loop.range] + [loop.condition, loop.transform].compactMap(\.self)
        }
    }
}
