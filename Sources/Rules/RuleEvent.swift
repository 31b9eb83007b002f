package import Events

/// The event that rules look at. Nothing is converted before a rule asks for it, so making one is free.
package struct RuleEvent: Sendable {
    /// The value of `event`.
    let root: JSONValue

    /// An envelope (or whatever the event is) as a tree.
    package init(_ tree: JSONValue) {
        root = tree
    }

    /// A raw payload in bulk delivery: `event` is this text.
    package init(text: String) {
        root = .string(text)
    }
}
